// The addons that scripts/build-prebuilt.mjs made at a release, and whether one of them fits: prebuilt/prebuilt.json
// names them with their hashes and that of the C sources they were made from. In a clone they lie beside it; from a
// registry each comes as a package of its own (scripts/build-packages.mjs), of which npm installs the one that fits.

import { z } from 'zod';

/**
 * prebuilt/prebuilt.json. `sources`: SHA-256 of names and contents of the C sources. `addons`: by platform, e.g.
 * `linux-x64-glibc`, the SHA-256 of its file.
 */
const manifestSchema = z.object({
  sources: z.string(),
  addons: z.record(z.string(), z.object({ sha256: z.string() })),
});

function readManifest(text: string): z.infer<typeof manifestSchema> | undefined {
  try {
    return manifestSchema.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}

/** SHA-256 of names and contents of all C sources of the addon, as scripts/compile-kernels.mjs has it. */
function hashSources(root: string): string {
  const { readFileSync, readdirSync } = process.getBuiltinModule('node:fs');
  const { createHash } = process.getBuiltinModule('node:crypto');
  const hash = createHash('sha256');
  for (const folder of [`${root}/src/kernels/c`, `${root}/src/kernels/native`]) {
    const names = readdirSync(folder).filter((name) => /\.[ch]$/.test(name));
    for (const name of names.sort()) hash.update(`\0${name}\0`).update(readFileSync(`${folder}/${name}`));
  }
  return hash.digest('hex');
}

/** The package that holds the addon of a platform. */
const packageOf = (platform: string) => `@tinypoison/${platform}`;

/** The file of a platform's addon, relative to the root: that of a clone, else that of its package. */
function findFile(root: string, platform: string): { readonly file: string } | { readonly reason: string } {
  const { existsSync, realpathSync } = process.getBuiltinModule('node:fs');
  const { createRequire } = process.getBuiltinModule('node:module');
  const { relative, sep } = process.getBuiltinModule('node:path');
  const file = `prebuilt/${platform}.node`;
  if (existsSync(`${root}/${file}`)) return { file };
  try {
    const path = createRequire(`${root}/package.json`).resolve(`${packageOf(platform)}/tinypoison.node`);
    return { file: relative(realpathSync(root), path).split(sep).join('/') };
  } catch {
    return {
      reason: `there is neither ${file} nor the package ${packageOf(platform)}, which npm leaves out with --omit=optional`,
    };
  }
}

/**
 * The prebuilt addon of a platform, relative to the root, or why it is not to be used. A stale one is not: its bits may
 * be others.
 * @param root folder of the program
 * @param platform e.g. `linux-x64-glibc`
 */
export function readPrebuilt(
  root: string,
  platform: string,
): { readonly file: string } | { readonly reason: string } {
  const { readFileSync } = process.getBuiltinModule('node:fs');
  const { createHash } = process.getBuiltinModule('node:crypto');
  let text: string;
  try {
    text = readFileSync(`${root}/prebuilt/prebuilt.json`, 'utf8');
  } catch {
    return { reason: 'no native kernels came prebuilt' };
  }
  const manifest = readManifest(text);
  if (manifest === undefined) return { reason: 'prebuilt/prebuilt.json is damaged' };
  const entry = Object.hasOwn(manifest.addons, platform) ? manifest.addons[platform] : undefined;
  if (entry === undefined) return { reason: `no native kernels were prebuilt for ${platform}` };
  const found = findFile(root, platform);
  if ('reason' in found) return found;
  const { file } = found;
  try {
    if (hashSources(root) !== manifest.sources) {
      return { reason: 'the prebuilt native kernels are of older sources than this program' };
    }
    const sha256 = createHash('sha256')
      .update(readFileSync(`${root}/${file}`))
      .digest('hex');
    return sha256 === entry.sha256 ? { file } : { reason: `${file} is damaged, or of another release` };
  } catch (error) {
    return {
      reason: `the prebuilt native kernels cannot be read (${error instanceof Error ? error.message : error})`,
    };
  }
}

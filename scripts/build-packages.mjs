// The packages of a release, as folders that `npm publish` takes: the program, and for each platform its prebuilt kernels
// as an optional dependency, of which npm installs the one that fits (`os`, `cpu`, `libc`). Publishes nothing.
//   npm run build:packages [-- folder, new or empty; default: build/packages, which is made anew]
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join, resolve } from 'node:path';
import { hashSources, root } from './compile-kernels.mjs';

const own = join(root, 'build', 'packages');
const output = resolve(process.argv[2] ?? own);
const readJson = (path) => JSON.parse(readFileSync(path, 'utf8'));
const program = readJson(join(root, 'package.json'));
const manifest = readJson(join(root, 'prebuilt', 'prebuilt.json'));

const json = (value) => `${JSON.stringify(value, null, 2)}\n`;

/** The packages are what a release is made of: kernels of other sources would never be used. */
function checkPrebuilt() {
  if (hashSources().digest('hex') !== manifest.sources)
    throw new Error('the prebuilt kernels are of other sources than src/kernels: npm run build:prebuilt');
  for (const [platform, { sha256 }] of Object.entries(manifest.addons)) {
    const addon = readFileSync(join(root, 'prebuilt', `${platform}.node`));
    if (createHash('sha256').update(addon).digest('hex') !== sha256)
      throw new Error(`prebuilt/${platform}.node is not what prebuilt.json names: npm run build:prebuilt`);
  }
}

/** Writes the package of a platform, e.g. `linux-x64-glibc`; gives back its name. */
function writePlatform(platform) {
  const [os, cpu, libc] = platform.split('-');
  const name = `@tinypoison/${platform}`;
  const folder = join(output, platform);
  mkdirSync(folder, { recursive: true });
  const { version, license, engines } = program;
  writeFileSync(
    join(folder, 'package.json'),
    json({
      ...{ name, version, license, engines },
      description: `Prebuilt kernels of tinypoison for ${platform}.`,
      files: ['tinypoison.node'],
      ...{ os: [os], cpu: [cpu], ...(libc === undefined ? {} : { libc: [libc] }) },
      preferUnplugged: true,
    }),
  );
  const levels = manifest.addons[platform].levels.join(', ');
  writeFileSync(
    join(folder, 'README.md'),
    `# ${name}

The kernels of tinypoison ${version} for ${platform} (${levels}), compiled by ${manifest.compiler}. tinypoison
installs it where it fits: there is no reason to install it by itself. Its SHA-256 stands in tinypoison's
\`prebuilt/prebuilt.json\`; a file with another one is not loaded.
`,
  );
  copyFileSync(join(root, 'LICENSE'), join(folder, 'LICENSE'));
  copyFileSync(join(root, 'prebuilt', `${platform}.node`), join(folder, 'tinypoison.node'));
  return name;
}

function run(command, args, folder) {
  const shell = process.platform === 'win32';
  const { status, stdout, stderr } = spawnSync(command, args, { cwd: folder, encoding: 'utf8', shell });
  if (status !== 0) throw new Error(`\`${command} ${args.join(' ')}\` failed: ${stderr}`);
  return stdout;
}

/** Writes the program's package: what `npm pack` takes of this clone, which is built, without kernels that are packages of their own. */
function writeProgram(platforms) {
  // Below the output, so that what was unpacked there is renamed into its place.
  const work = mkdtempSync(join(output, 'making-'));
  try {
    const packed = run('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', work], root);
    const [{ filename }] = JSON.parse(packed);
    run('tar', ['-xzf', filename], work);
    for (const platform of Object.keys(manifest.addons))
      rmSync(join(work, 'package', 'prebuilt', `${platform}.node`));
    const { devDependencies: _, scripts, ...kept } = program;
    const { install } = scripts;
    const versions = Object.fromEntries(platforms.map((name) => [name, program.version]));
    const optionalDependencies = { ...kept.optionalDependencies, ...versions };
    const description = json({ ...kept, scripts: { install }, optionalDependencies });
    writeFileSync(join(work, 'package', 'package.json'), description);
    renameSync(join(work, 'package'), join(output, 'tinypoison'));
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

checkPrebuilt();
if (output === own) rmSync(output, { recursive: true, force: true });
else if (existsSync(output) && readdirSync(output).length > 0) throw new Error(`${output} is not empty`);
mkdirSync(output, { recursive: true });
const platforms = Object.keys(manifest.addons).map(writePlatform);
writeProgram(platforms);
console.log(`${platforms.length} packages of kernels and tinypoison ${program.version} in ${output}`);

// Bundles the worker process: of 330 files, one, and two more for TensorFlow.js, which loads in less than half of the time. Part of `npm run prepare`.
//   node scripts/build-worker.mjs [folder of dist; default: dist]
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'vite';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const dist = resolve(process.argv[2] ?? join(root, 'dist'));
const folder = join(dist, 'worker');

/** With slashes, as the bundler names modules on every system. */
const slashed = (path) => path.split(sep).join('/');

/** Folders of the libraries that went into the bundle, and how many modules were told their place. */
const bundled = new Set();
let told = 0;

/** Modules look for kernels, the addon and sources beside themselves: they are told where they lay before. */
const ownPlaces = {
  name: 'tinypoison-own-places',
  transform(code, id) {
    const library = /^.*\/node_modules\/(?:@[^/]+\/)?[^/]+/.exec(slashed(id))?.[0];
    if (library !== undefined) bundled.add(library);
    if (!slashed(id).startsWith(`${slashed(dist)}/`) || !code.includes('import.meta.url')) return undefined;
    told += 1;
    const place = JSON.stringify(slashed(relative(folder, id)));
    return { code: code.replaceAll('import.meta.url', `new URL(${place}, import.meta.url).href`), map: null };
  },
};

await build({
  root,
  configFile: false,
  logLevel: 'warn',
  publicDir: false,
  plugins: [ownPlaces],
  // Small, and loaded by every worker; other libraries stay where npm put them.
  ssr: { noExternal: ['zod', 'yaml', 'seedrandom', /^@noble\/hashes/] },
  build: {
    ssr: join(dist, 'run/pool/worker.js'),
    outDir: folder,
    emptyOutDir: true,
    target: 'node20',
    // Readable stack traces; a kilobyte more or less is nothing here.
    minify: false,
    rollupOptions: { output: { entryFileNames: 'worker.js', chunkFileNames: '[name].js' } },
  },
});

if (told === 0)
  throw new Error('no module of the worker was told where it lay: its kernels would not be found');

/** The licence of a library: its file, else what stands under that heading of its README. */
function licenceOf(library) {
  const file = readdirSync(library).find((name) => /^licen[cs]e/i.test(name));
  if (file !== undefined) return readFileSync(join(library, file), 'utf8');
  const readme = existsSync(join(library, 'README.md'))
    ? readFileSync(join(library, 'README.md'), 'utf8')
    : '';
  const start = readme.search(/^licen[cs]e\b/im);
  if (start < 0) throw new Error(`${library} states no licence: it cannot be bundled`);
  return readme.slice(start);
}

const notices = [...bundled].sort().map((library) => {
  const { name, version, license } = JSON.parse(readFileSync(join(library, 'package.json'), 'utf8'));
  return `${name} ${version} (${license})\n\n${licenceOf(library).trim()}\n`;
});
writeFileSync(join(folder, 'licences.txt'), `worker.js holds these libraries.\n\n${notices.join('\n\n')}`);

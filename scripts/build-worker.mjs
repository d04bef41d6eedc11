// Bundles the worker process: of 330 files, one, and two more for TensorFlow.js, which loads in less than half of the time. Part of `npm run prepare`.
//   node scripts/build-worker.mjs [folder of dist; default: dist]
import { dirname, join, relative, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'vite';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const dist = resolve(process.argv[2] ?? join(root, 'dist'));
const folder = join(dist, 'worker');

/** Modules look for kernels, the addon and sources beside themselves: they are told where they lay before. */
const ownPlaces = {
  name: 'tinypoison-own-places',
  transform(code, id) {
    if (!id.startsWith(dist + sep) || !code.includes('import.meta.url')) return undefined;
    const place = JSON.stringify(relative(folder, id).split(sep).join('/'));
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

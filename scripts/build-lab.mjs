// Builds the browser lab: as a folder, and as one file. Part of `npm run prepare`.
//   node scripts/build-lab.mjs [folder of dist; default: dist]
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildFolder } from './lab/build-folder.mjs';
import { buildSingle } from './lab/build-single.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const dist = resolve(process.argv[2] ?? join(root, 'dist'));
await buildFolder({ root, folder: join(dist, 'lab') });
await buildSingle({ root, file: join(dist, 'lab-single.html') });

// Type-checks sources and tests with checked indexing. In the folders that are numeric throughout, where every
// access is to an array of known length, complaints about a possibly missing element are left out.
import { spawnSync } from 'node:child_process';

const numeric = /^(src|test)\/(kernels|model|train|tokens|evaluate|analyse)\//;
const aboutMissingElement =
  /error TS(2532|2322|2345|18048|2488|2769|2538|2339|2722):.*undefined|error TS(2532|18048|2538)/;

const { stdout, status } = spawnSync(
  process.execPath,
  ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.check.json', '--pretty', 'false'],
  { encoding: 'utf8', maxBuffer: 1 << 28 },
);
const problems = stdout
  .split(/\n(?=\S)/)
  .filter((problem) => problem.trim() !== '')
  .filter((problem) => !(numeric.test(problem) && aboutMissingElement.test(problem.split('\n')[0])));
if (status !== 0 && problems.length > 0) {
  console.error(problems.join('\n'));
  process.exit(1);
}

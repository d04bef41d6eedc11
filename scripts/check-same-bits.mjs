// Trains small models on everything at hand that can run the kernels, and compares the bits: every engine, native
// level, tile shape and number of threads, under several versions of Node, in headless Chromium, by other compilers
// and for AArch64 under emulation; and the results of a small sweep under each version of Node. Prints one line a
// check, and says what it skipped and why.
//   node scripts/check-same-bits.mjs [--only nodes,prebuilt,sweeps,browser,replay]
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { hashInBrowser } from './same-bits/browser.mjs';
import { findNode, prebuiltNodes } from './same-bits/other-nodes.mjs';
import { hashSweep } from './same-bits/sweep.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const NODES = [20, 22, 24, 26];
const { values: options } = parseArgs({
  options: {
    only: { type: 'string', default: 'nodes,prebuilt,sweeps,browser,replay' },
    // under another Node, by this script itself
    'hash-engines': { type: 'boolean' },
  },
});
const parts = options.only.split(',');

let passed = 0;
let failed = 0;
let skipped = 0;
/** Hashes by shape that all others must equal: the first that were computed. */
let expected;

function print(word, name, text) {
  console.log(`${word.padEnd(7)} ${name}${text ? `: ${text}` : ''}`);
}

function fail(name, text) {
  failed += 1;
  print('FAILED', name, text);
}

function skip(name, text) {
  skipped += 1;
  print('skipped', name, text);
}

function pass(name, text) {
  passed += 1;
  print('same', name, text);
}

/** Compares one engine's hashes with the first ones. */
function compare(name, { hashes, failed: error, skipped: reason }) {
  if (reason !== undefined) return skip(name, reason);
  if (error !== undefined) return fail(name, error);
  expected ??= hashes;
  const different = Object.keys(expected).filter((shape) => hashes[shape] !== expected[shape]);
  if (different.length > 0) return fail(name, `different parameters or text for ${different.join('; ')}`);
  return pass(name);
}

/** Compares what a Node that is started by `command` computes on every engine that it has. */
function checkEngines(title, command, environment = {}) {
  const [program, ...args] = [...command, fileURLToPath(import.meta.url), '--hash-engines'];
  const env = { ...process.env, ...environment };
  const { status, stdout, stderr } = spawnSync(program, args, { encoding: 'utf8', timeout: 600_000, env });
  for (const line of stdout.split('\n').filter(Boolean)) {
    const result = JSON.parse(line);
    compare(`${title}, ${result.name}`, result);
  }
  if (status !== 0) fail(title, stderr.split('\n').find((line) => /Error/.test(line)) ?? `exit ${status}`);
}

/** The prebuilt kernels under this Node, and under those of other platforms that run here. */
function checkPrebuilt() {
  for (const { name, command, reason } of prebuiltNodes(root)) {
    if (reason !== undefined) skip(name, reason);
    else checkEngines(name, command, { TINYPOISON_PREBUILT: 'only', TINYPOISON_HASH_ENGINES: 'native' });
  }
}

function checkNode(major) {
  const node = findNode(root, major);
  if ('reason' in node) return skip(`Node ${major}`, node.reason);
  checkEngines(`Node ${major}`, [node.path]);
}

function checkSweeps() {
  let first;
  for (const major of NODES) {
    const name = `a sweep's results under Node ${major}`;
    const node = findNode(root, major);
    if ('reason' in node) {
      skip(name, node.reason);
      continue;
    }
    const { hash, failed: error } = hashSweep(root, node.path);
    first ??= hash;
    if (error !== undefined) fail(name, error);
    else if (hash !== first) fail(name, `${hash}, not ${first}`);
    else pass(name, hash.slice(0, 16));
  }
}

async function checkReplays() {
  const { replayElsewhere } = await import('./same-bits/replay.mjs');
  for (const { name, passed: text, failed: error, skipped: reason } of replayElsewhere(root)) {
    if (reason !== undefined) skip(name, reason);
    else if (error !== undefined) fail(name, error);
    else pass(name, text);
  }
}

async function main() {
  if (!existsSync(join(root, 'dist'))) {
    console.error('dist/ is not there: run `npm run prepare` first.');
    process.exitCode = 2;
    return;
  }
  if (options['hash-engines']) {
    const { hashEngines } = await import('./same-bits/hash-engines.mjs');
    hashEngines();
    return;
  }
  if (parts.includes('nodes')) for (const major of NODES) checkNode(major);
  if (parts.includes('prebuilt')) {
    if (expected === undefined) checkNode(Number(process.version.slice(1).split('.')[0]));
    checkPrebuilt();
  }
  if (parts.includes('sweeps')) checkSweeps();
  if (parts.includes('browser')) {
    if (expected === undefined) checkNode(Number(process.version.slice(1).split('.')[0]));
    compare('Chromium, wasm', await hashInBrowser(root));
  }
  if (parts.includes('replay')) await checkReplays();
  console.log(`${passed} the same, ${failed} different, ${skipped} skipped`);
  process.exitCode = failed === 0 && passed > 0 ? 0 : 1;
}

await main();

// Records what an engine is told to do, so that replay.c can do it again on another machine: every write into the
// arena, every program, and a hash of each buffer that an update of the parameters or a draw of tokens leaves.
import { operations } from '../../dist/kernels/operations.js';

const Kind = { end: 0, arena: 1, write: 2, run: 3, expect: 4 };
const names = Object.keys(operations);

/** FNV-1a over words, as replay.c computes it. */
function hashWords(words) {
  let hash = 0x811c9dc5;
  for (const word of words) {
    hash = Math.imul(hash ^ word, 0x01000193);
    hash ^= hash >>> 15;
  }
  return hash | 0;
}

/** [offset, count] of what an operation leaves for good. */
function resultsOf(name, args) {
  const value = (key) => args[operations[name].indexOf(key)];
  switch (name) {
    case 'adamw':
      return ['p', 'm', 'v'].map((key) => [value(key), value('count')]);
    case 'headLossBackward':
      return [[value('losses'), value('rows')]];
    case 'sample':
      return ['tokens', 'nats', 'entropy'].map((key) => [value(key), value('rows')]);
    default:
      return [];
  }
}

/** An engine that does what `inner` does and appends it to `records`, a list of 32-bit words. */
export function recordingEngine(inner, records) {
  const createArena = (request) => {
    const arena = inner.createArena(request);
    const known = new Int32Array(request.words);
    records.push(Kind.arena, request.words);
    const recordWrites = () => {
      for (let i = 0; i < known.length; i++) {
        if (arena.integers[i] === known[i]) continue;
        let end = i;
        while (end < known.length && end < i + 4096 && arena.integers[end] !== known[end]) end++;
        records.push(Kind.write, i, end - i, ...arena.integers.subarray(i, end));
        i = end - 1;
      }
    };
    const recordResults = (start, length) => {
      for (let at = start; at < start + length; ) {
        const name = names[arena.integers[at]];
        const count = operations[name].length;
        for (const [offset, words] of resultsOf(name, arena.integers.subarray(at + 1, at + 1 + count))) {
          records.push(
            Kind.expect,
            offset,
            words,
            hashWords(arena.integers.subarray(offset, offset + words)),
          );
        }
        at += 1 + count;
      }
    };
    const run = (start, length) => {
      recordWrites();
      records.push(Kind.run, start, length);
      arena.run(start, length);
      recordResults(start, length);
      known.set(arena.integers);
    };
    return { floats: arena.floats, integers: arena.integers, run, release: () => arena.release() };
  };
  return { ...inner, createArena };
}

// The reference engine: the definition of every kernel in plain TypeScript, for any shape. Slow, and right.
import { attentionScratchWords } from '../attention-scratch.ts';
import type { Arena, Engine } from '../engine.ts';
import { type Operation, operations } from '../operations.ts';
import {
  type Arithmetic,
  doublePrecision,
  type Kernels,
  type Memory,
  singlePrecision,
} from './arithmetic.ts';
import { attentionKernels } from './attention.ts';
import { embedKernels } from './embed.ts';
import { headKernels } from './head.ts';
import { matmulKernels } from './matmul.ts';
import { normaliseKernels } from './normalise.ts';
import { optimiseKernels } from './optimise.ts';
import { sampleKernels } from './sample.ts';

const kernels: Kernels<Operation> = {
  ...embedKernels,
  ...normaliseKernels,
  ...matmulKernels,
  ...attentionKernels,
  ...headKernels,
  ...sampleKernels,
  ...optimiseKernels,
};

type AnyKernel = (memory: Memory, args: Readonly<Record<string, number>>) => void;

/** Operations by code: the names of their arguments, and what they do. */
const table = Object.entries(operations).map(([name, names]) => ({
  names: names as readonly string[],
  kernel: kernels[name as Operation] as AnyKernel,
}));

function runProgram(memory: Memory, start: number, length: number): void {
  let at = start;
  while (at < start + length) {
    const entry = table[memory.integers[at]];
    if (entry === undefined) throw new RangeError(`no operation has code ${memory.integers[at]}`);
    const args: Record<string, number> = {};
    for (const [i, name] of entry.names.entries()) args[name] = memory.integers[at + 1 + i];
    entry.kernel(memory, args);
    at += 1 + entry.names.length;
  }
}

function createMemory(words: number, arithmetic: Arithmetic, precision: 'f32' | 'f64'): Memory {
  if (precision === 'f64') {
    return { ...arithmetic, floats: new Float64Array(words), integers: new Int32Array(words) };
  }
  const buffer = new ArrayBuffer(words * 4);
  return { ...arithmetic, floats: new Float32Array(buffer), integers: new Int32Array(buffer) };
}

/**
 * The engine that defines the others.
 * @param precision f32: every operation rounded to single precision, the bits that all engines give;
 * f64: the same formulas in double precision, for finite differences
 */
export function createReferenceEngine({ precision }: { precision: 'f32' | 'f64' }): Engine {
  const arithmetic = precision === 'f32' ? singlePrecision : doublePrecision;
  return {
    name: precision === 'f32' ? 'reference' : 'reference-f64',
    detail: `reference, plain TypeScript, ${precision === 'f32' ? 'single' : 'double'} precision`,
    createArena({ words }): Arena {
      const memory = createMemory(words, arithmetic, precision);
      return {
        floats: memory.floats,
        integers: memory.integers,
        run: (start, length) => runProgram(memory, start, length),
        release: () => {},
      };
    },
    attentionScratchWords,
  };
}

// Writes src/kernels/c/operations.h from src/kernels/operations.ts: the table of operations, their arguments, and
// the numbers that C and TypeScript must agree on. Run after a build; `npm run build:wasm` does it.
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** SUM_SQUARES_BLOCK of sumSquaresBlock. */
const macroName = (name) => name.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase();

/**
 * The text of operations.h.
 * @param table what operations.ts exports
 */
export function operationsHeader({ operations, Epilogue, OptimizerScalar, Limits }) {
  const rows = Object.entries(operations).map(([name, args]) => `  OPERATION(${[name, ...args].join(', ')})`);
  const finishes = Object.entries(Epilogue).map(
    ([name, value]) => `  FINISH_${macroName(name)} = ${value},\n`,
  );
  const limits = Object.entries(Limits).map(([name, value]) => `  ${macroName(name)} = ${value},\n`);
  const scalars = Object.entries(OptimizerScalar).sort(([, a], [, b]) => a - b);
  return `// Written by scripts/generate-operations.mjs from src/kernels/operations.ts: change that, and run it.
// Every argument is a word of the program: a dimension, a flag, or a word offset into the arena (0: none).
#ifndef TP_OPERATIONS_H
#define TP_OPERATIONS_H

#include <stdint.h>

// clang-format off
#define TP_OPERATIONS(OPERATION) \\
${rows.join(' \\\n')}

// Epilogue: what a product does with its sums.
enum {
${finishes.join('')}};

// Limits.
enum {
${limits.join('')}};

// OptimizerScalar: the scalars block of the optimisers.
typedef struct {
  float ${scalars.map(([name]) => name).join(', ')};
} optimizer_scalars;
// clang-format on

#define TP_ARGUMENTS(name, ...)  \\
  typedef struct {               \\
    int32_t __VA_ARGS__;         \\
  } name##_arguments;
TP_OPERATIONS(TP_ARGUMENTS)
#undef TP_ARGUMENTS

enum {
#define TP_CODE(name, ...) code_##name,
  TP_OPERATIONS(TP_CODE)
#undef TP_CODE
};

#endif
`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const header = operationsHeader(await import('../dist/kernels/operations.js'));
  writeFileSync(new URL('../src/kernels/c/operations.h', import.meta.url), header);
}

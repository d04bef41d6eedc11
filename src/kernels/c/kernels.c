// The kernels as one translation unit: the interpreter of programs, and the families that it calls.
// kernels.h says how it is compiled. operations.ts defines what each operation computes, to the bit.
#include "kernels.h"

#include "common.h"

#include "run.h"

#include "tiles.c"

#include "product.c"

#include "matmul.c"

#include "embed.c"

#include "normalise.c"

#include "attention.c"

#include "head.c"

#include "sample.c"

#include "optimise.c"

#ifndef TP_SUFFIX
#error "compile with -DTP_SUFFIX=<name of the instruction set>"
#endif
#define EXPORTED(name) TP_JOIN(name, TP_SUFFIX)

void EXPORTED(tp_run)(float *arena, const int32_t *program, int32_t length, int32_t thread, int32_t threads,
                      void (*barrier)(void *), void *barrier_data) {
#ifdef TP_SINGLE_THREAD
  const context run = {arena};
  (void)thread, (void)threads, (void)barrier, (void)barrier_data;
#else
  const context run = {arena, thread, threads, barrier, barrier_data};
#endif
  const int32_t *const end = program + length;
  while (program < end) {
    switch (*program++) {
#define RUN_OPERATION(name, ...)                                \
  case code_##name:                                             \
    run_##name(&run, (const name##_arguments *)program);        \
    program += sizeof(name##_arguments) / sizeof(int32_t);      \
    break;
      TP_OPERATIONS(RUN_OPERATION)
#undef RUN_OPERATION
      default:
        return;
    }
    wait_for_all(&run);
  }
}

int32_t EXPORTED(tp_tile_count)(void) { return TILE_SHAPES; }

const char *EXPORTED(tp_tile_name)(int32_t tile) { return tile_shapes[tile].name; }

void EXPORTED(tp_set_tile)(int32_t tile) { current_shape = tile_shapes[tile]; }

#ifndef __wasm__
// Shape of the trial product, and how often each shape runs it: the minimum is robust to a noisy neighbour.
enum { TRIAL_ROWS = 96, TRIAL_COLUMNS = 128, TRIAL_K = 64, TRIALS = 40 };

int32_t EXPORTED(tp_choose_tile)(double (*seconds)(void)) {
  static float a[TRIAL_ROWS * TRIAL_K], b[TRIAL_COLUMNS * TRIAL_K], c[TRIAL_ROWS * TRIAL_COLUMNS];
  for (int32_t i = 0; i < TRIAL_ROWS * TRIAL_K; i++) a[i] = (float)(i % 17) * 0.125f;
  for (int32_t i = 0; i < TRIAL_COLUMNS * TRIAL_K; i++) b[i] = (float)(i % 13) * 0.25f;
  const product trial = {
      .rows = TRIAL_ROWS, .columns = TRIAL_COLUMNS, .K = TRIAL_K, .a = a, .a_row = TRIAL_K, .a_k = 1,
      .b = b, .b_k = 16, .b_panel = 16 * TRIAL_K, .c = c, .ldc = TRIAL_COLUMNS, .finish = FINISH_STORE,
  };
  double fastest[TILE_SHAPES];
  for (int32_t repeat = 0; repeat < TRIALS; repeat++) {
    for (int32_t tile = 0; tile < TILE_SHAPES; tile++) {
      current_shape = tile_shapes[tile];
      const double start = seconds();
      multiply(&trial);
      const double duration = seconds() - start;
      if (repeat == 0 || duration < fastest[tile]) fastest[tile] = duration;
    }
  }
  int32_t best = 0;
  for (int32_t tile = 1; tile < TILE_SHAPES; tile++) {
    if (fastest[tile] < fastest[best]) best = tile;
  }
  current_shape = tile_shapes[best];
  return best;
}
#endif

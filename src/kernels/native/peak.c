// The peak rate of separate multiplications and additions of one core, against which the benchmark holds a training
// step: independent chains in registers, nothing else. Compiled once for each instruction set, as the kernels are.
#include "peak.h"

#if defined(__AVX512F__)
#define LANES 16
#define CHAINS 14
#elif defined(__AVX2__)
#define LANES 8
#define CHAINS 7
#elif defined(__aarch64__)
#define LANES 4
#define CHAINS 14
#else
#define LANES 4
#define CHAINS 7
#endif

typedef float Vector __attribute__((vector_size(4 * LANES)));

#define REPETITIONS 4096

static float measure_once(double *flops) {
  volatile float one = 1.0f;
  Vector factor, product[CHAINS], total[CHAINS];
  for (int lane = 0; lane < LANES; lane++) factor[lane] = one;
  // Each chain starts from a value of its own, as far as the compiler knows.
  for (int chain = 0; chain < CHAINS; chain++) product[chain] = total[chain] = factor * one;
  for (int repetition = 0; repetition < REPETITIONS; repetition++) {
#pragma GCC unroll 16
    for (int chain = 0; chain < CHAINS; chain++) {
      product[chain] = product[chain] * factor;
      total[chain] = total[chain] + product[chain];
    }
  }
  float sum = 0;
  for (int chain = 0; chain < CHAINS; chain++) sum += total[chain][0];
  *flops = 2.0 * CHAINS * LANES * REPETITIONS;
  return sum;
}

double TP_JOIN(tp_peak, TP_SUFFIX)(double (*seconds)(void), double duration) {
  double best = 0, begin = seconds();
  volatile float sink = 0;
  while (seconds() - begin < duration) {
    double flops, start = seconds();
    sink = sink + measure_once(&flops);
    double rate = flops / (seconds() - start);
    if (rate > best) best = rate;
  }
  return best;
}

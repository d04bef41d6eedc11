// What an engine calls: the interpreter of programs, and the choice of a tile shape at load.
//
// kernels.c is one translation unit. It is compiled once for each instruction set with -DTP_SUFFIX=<name>, which
// suffixes every exported symbol (tp_run_avx2), so that all of them can be linked into one addon. Flags that the
// promise of equal bits needs, whatever the compiler and instruction set:
//   -O3 -ffp-contract=off -fno-math-errno -fno-trapping-math   (never -ffast-math, -Ofast or flush to zero)
// and for the instruction sets, on x86-64:
//   TP_SUFFIX=sse2    (none)
//   TP_SUFFIX=avx2    -march=x86-64-v3
//   TP_SUFFIX=avx512  -march=x86-64-v4 -mprefer-vector-width=512
// on AArch64: TP_SUFFIX=neon (none). The source needs no C library but memcpy and memset.
#ifndef TP_KERNELS_H
#define TP_KERNELS_H

#include <stdint.h>

#define TP_JOIN2(a, b) a##_##b
#define TP_JOIN(a, b) TP_JOIN2(a, b)

// run:       Runs `length` words of `program` on the arena, as thread `thread` of `threads`. All threads call it with
//            the same program. Each computes its share of the outputs of an operation, then waits in
//            barrier(barrier_data), which must order memory; with threads = 1 the barrier is never called and may
//            be NULL. Needs 128 KiB of stack.
// tile_count, tile_name: the tile shapes of matrix products that this build can use, e.g. "8x32". All give the same bits.
// set_tile:  Uses a shape from now on (all threads; not while a program runs). The first is the default.
// choose_tile: Times the shapes against each other (about a millisecond), sets the fastest and returns its index.
//            `seconds` is any monotonic clock.
#define TP_DECLARE(suffix)                                                                                          \
  void TP_JOIN(tp_run, suffix)(float *arena, const int32_t *program, int32_t length, int32_t thread,                \
                               int32_t threads, void (*barrier)(void *), void *barrier_data);                       \
  int32_t TP_JOIN(tp_tile_count, suffix)(void);                                                                     \
  const char *TP_JOIN(tp_tile_name, suffix)(int32_t tile);                                                          \
  void TP_JOIN(tp_set_tile, suffix)(int32_t tile);                                                                  \
  int32_t TP_JOIN(tp_choose_tile, suffix)(double (*seconds)(void));

#if defined(__x86_64__) || defined(_M_X64)
TP_DECLARE(sse2)
TP_DECLARE(avx2)
TP_DECLARE(avx512)
#elif defined(__aarch64__)
TP_DECLARE(neon)
#endif

#endif

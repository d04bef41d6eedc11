// What a kernel gets besides its arguments: the arena, and which share of the outputs is its own.
#ifndef TP_RUN_H
#define TP_RUN_H

#include "operations.h"
#include "vector.h"

typedef struct {
  float *arena;
#ifndef TP_SINGLE_THREAD
  int32_t thread_index, thread_total;
  void (*barrier)(void *);
  void *barrier_data;
#endif
} context;

#ifdef TP_SINGLE_THREAD
INLINE int32_t thread_of(const context *run) { return (void)run, 0; }
INLINE int32_t threads_of(const context *run) { return (void)run, 1; }
INLINE void wait_for_all(const context *run) { (void)run; }
#else
INLINE int32_t thread_of(const context *run) { return run->thread_index; }
INLINE int32_t threads_of(const context *run) { return run->thread_total; }
INLINE void wait_for_all(const context *run) {
  if (run->thread_total > 1) run->barrier(run->barrier_data);
}
#endif

typedef struct {
  int32_t from, to;
} range;

INLINE int32_t minimum(int32_t a, int32_t b) { return a < b ? a : b; }
INLINE int32_t round_up_16(int32_t n) { return (n + 15) & ~15; }

// This thread's share of `count` outputs, cut at multiples of `unit`.
INLINE range share(const context *run, int32_t count, int32_t unit) {
  int64_t units = (count + (int64_t)unit - 1) / unit;
  int64_t from = units * thread_of(run) / threads_of(run) * unit;
  int64_t to = units * (thread_of(run) + 1) / threads_of(run) * unit;
  return (range){(int32_t)(from < count ? from : count), (int32_t)(to < count ? to : count)};
}

INLINE float *floats_at(const context *run, int32_t offset) { return run->arena + offset; }
INLINE int32_t *integers_at(const context *run, int32_t offset) { return (int32_t *)(run->arena + offset); }

// As floats_at, but NULL for offset 0, which means none.
INLINE float *optional_at(const context *run, int32_t offset) { return offset == 0 ? NULL : run->arena + offset; }

#endif

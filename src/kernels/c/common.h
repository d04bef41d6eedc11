// What several families of kernels use: groups of sixteen columns, the largest logit, packing into panels.
#ifndef TP_COMMON_H
#define TP_COMMON_H

#include "run.h"

// Runs a statement for each group of 16 columns: `j` is the first, `n` how many exist.
#define EACH_GROUP(width, statement)                \
  for (int32_t j = 0; j < (width); j += 16) {       \
    const int32_t n = minimum(16, (width) - j);     \
    statement                                       \
  }

// x, zero beyond n columns; free of cost where n is 16.
INLINE f16 present(f16 x, int32_t n) { return n == 16 ? x : first_lanes(x, n); }

INLINE void store_present(float *p, f16 x, int32_t n) {
  if (n == 16) {
    store16(p, x);
  } else {
    store_first_lanes(p, x, n);
  }
}

// The largest of `count` logits.
INLINE float largest_logit(const float *logits, int32_t count) {
  const f16 lowest = splat16(-__builtin_inff());
  const int32_t whole = count & ~15, rest = count - whole;
  f16 a = lowest, b = lowest;
  int32_t j = 0;
  for (; j + 32 <= whole; j += 32) {
    a = larger16(a, load16(logits + j));
    b = larger16(b, load16(logits + j + 16));
  }
  if (j < whole) a = larger16(a, load16(logits + j));
  if (rest > 0) b = larger16(b, first_lanes_or(load16(logits + whole), rest, lowest));
  return largest16(larger16(a, b));
}

INLINE ptrdiff_t panel_words(int32_t K, int32_t n) { return (ptrdiff_t)K * round_up_16(n); }

// src [K][n] with leading dimension ld -> one panel for each 16 columns; zero beyond n.
static void pack_matrix(const float *src, int32_t K, int32_t n, ptrdiff_t ld, float *dst) {
  for (int32_t j = 0; j < n; j += 16) {
    const int32_t present = minimum(16, n - j);
    for (int32_t k = 0; k < K; k++) {
      store16(dst, first_lanes(load16(src + k * ld + j), present));
      dst += 16;
    }
  }
}

// Four rows of four -> four columns, 16 words apart.
INLINE void transpose_4x4(const float *src, ptrdiff_t ld, float *dst) {
  v4 a = *(const unaligned_v4 *)src, b = *(const unaligned_v4 *)(src + ld);
  v4 c = *(const unaligned_v4 *)(src + 2 * ld), d = *(const unaligned_v4 *)(src + 3 * ld);
#if defined(__clang__)
#define SHUFFLE __builtin_shufflevector
#else
#define SHUFFLE(x, y, ...) __builtin_shuffle(x, y, (v4_index){__VA_ARGS__})
  typedef int32_t v4_index __attribute__((vector_size(16)));
#endif
  v4 ab_low = SHUFFLE(a, b, 0, 4, 1, 5), ab_high = SHUFFLE(a, b, 2, 6, 3, 7);
  v4 cd_low = SHUFFLE(c, d, 0, 4, 1, 5), cd_high = SHUFFLE(c, d, 2, 6, 3, 7);
  *(unaligned_v4 *)dst = SHUFFLE(ab_low, cd_low, 0, 1, 4, 5);
  *(unaligned_v4 *)(dst + 16) = SHUFFLE(ab_low, cd_low, 2, 3, 6, 7);
  *(unaligned_v4 *)(dst + 32) = SHUFFLE(ab_high, cd_high, 0, 1, 4, 5);
  *(unaligned_v4 *)(dst + 48) = SHUFFLE(ab_high, cd_high, 2, 3, 6, 7);
}

// src [n][K] with leading dimension ld, transposed -> panels of [K][n]; zero beyond n.
static void pack_transposed_matrix(const float *src, int32_t n, int32_t K, ptrdiff_t ld, float *dst) {
  for (int32_t j = 0; j < n; j += 16) {
    const int32_t present = minimum(16, n - j);
    int32_t k = 0;
    if (present == 16) {
      for (; k + 4 <= K; k += 4) {
        for (int32_t l = 0; l < 16; l += 4) transpose_4x4(src + (j + l) * ld + k, ld, dst + 16 * k + l);
      }
    }
    for (; k < K; k++) {
      for (int32_t l = 0; l < 16; l++) dst[16 * k + l] = l < present ? src[(j + l) * ld + k] : 0.0f;
    }
    dst += 16 * (ptrdiff_t)K;
  }
}

#endif

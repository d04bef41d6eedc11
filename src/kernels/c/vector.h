// Vectors: the machine's own (vf, W lanes) and the sixteen lanes that every sum and every panel is made of (f16).
// The sixteen lanes are an array of native vectors: gcc compiles one generic 64-byte vector badly below AVX-512.
#ifndef TP_VECTOR_H
#define TP_VECTOR_H

#include <stddef.h>
#include <stdint.h>

#if defined(__wasm_simd128__)
#include <wasm_simd128.h>
#define W 4
#elif defined(__AVX512F__)
#include <immintrin.h>
#define W 16
#elif defined(__AVX2__)
#include <immintrin.h>
#define W 8
#elif defined(__SSE2__)
#include <emmintrin.h>
#define W 4
#elif defined(__aarch64__)
#include <arm_neon.h>
#define W 4
#else
#error "the kernels need SSE2, AVX2, AVX-512, NEON or WebAssembly SIMD128"
#endif

#define INLINE static inline __attribute__((always_inline))
#define OUT_OF_LINE static __attribute__((noinline))
#if defined(__clang__)
#define UNROLLED _Pragma("clang loop unroll(full)")
#define NOT_UNROLLED _Pragma("clang loop unroll(disable)")
#else
#define UNROLLED _Pragma("GCC unroll 64")
#define NOT_UNROLLED _Pragma("GCC unroll 1")
#endif

typedef float vf __attribute__((vector_size(4 * W)));
typedef int32_t vi __attribute__((vector_size(4 * W)));
typedef float unaligned_vf __attribute__((vector_size(4 * W), aligned(4), may_alias));
typedef int32_t unaligned_vi __attribute__((vector_size(4 * W), aligned(4), may_alias));
typedef float v4 __attribute__((vector_size(16)));
typedef float unaligned_v4 __attribute__((vector_size(16), aligned(4), may_alias));

INLINE vf load(const float *p) { return *(const unaligned_vf *)p; }
INLINE void store(float *p, vf x) { *(unaligned_vf *)p = x; }

// larger, smaller: b where either is NaN (on Arm: NaN), so that a clamp with a constant a lets NaN pass.
#if defined(__wasm_simd128__)
INLINE vf splat(float x) { return (vf)wasm_f32x4_splat(x); }
INLINE vf broadcast(const float *p) { return (vf)wasm_v128_load32_splat(p); }
INLINE vf larger(vf a, vf b) { return (vf)wasm_f32x4_pmax((v128_t)b, (v128_t)a); }
INLINE vf smaller(vf a, vf b) { return (vf)wasm_f32x4_pmin((v128_t)b, (v128_t)a); }
#elif W == 16
INLINE vf splat(float x) { return (vf)_mm512_set1_ps(x); }
INLINE vf broadcast(const float *p) { return (vf)_mm512_set1_ps(*p); }
INLINE vf larger(vf a, vf b) { return (vf)_mm512_max_ps((__m512)a, (__m512)b); }
INLINE vf smaller(vf a, vf b) { return (vf)_mm512_min_ps((__m512)a, (__m512)b); }
#elif W == 8
INLINE vf splat(float x) { return (vf)_mm256_set1_ps(x); }
INLINE vf broadcast(const float *p) { return (vf)_mm256_broadcast_ss(p); }
INLINE vf larger(vf a, vf b) { return (vf)_mm256_max_ps((__m256)a, (__m256)b); }
INLINE vf smaller(vf a, vf b) { return (vf)_mm256_min_ps((__m256)a, (__m256)b); }
#elif defined(__SSE2__)
INLINE vf splat(float x) { return (vf)_mm_set1_ps(x); }
INLINE vf broadcast(const float *p) { return (vf)_mm_set1_ps(*p); }
INLINE vf larger(vf a, vf b) { return (vf)_mm_max_ps((__m128)a, (__m128)b); }
INLINE vf smaller(vf a, vf b) { return (vf)_mm_min_ps((__m128)a, (__m128)b); }
#else
INLINE vf splat(float x) { return (vf)vdupq_n_f32(x); }
INLINE vf broadcast(const float *p) { return (vf)vld1q_dup_f32(p); }
INLINE vf larger(vf a, vf b) { return (vf)vmaxq_f32((float32x4_t)a, (float32x4_t)b); }
INLINE vf smaller(vf a, vf b) { return (vf)vminq_f32((float32x4_t)a, (float32x4_t)b); }
#endif

#define NATIVE_PARTS (16 / W)

// Sixteen lanes.
typedef struct {
  vf part[NATIVE_PARTS];
} f16;

// Runs a statement for each native part i of sixteen lanes, with i a constant.
#define PART(number, statement) \
  {                             \
    enum { i = number };        \
    statement;                  \
  }
#if W == 16
#define EACH_PART(statement) PART(0, statement)
#elif W == 8
#define EACH_PART(statement) PART(0, statement) PART(1, statement)
#else
#define EACH_PART(statement) \
  PART(0, statement) PART(1, statement) PART(2, statement) PART(3, statement)
#endif

INLINE f16 load16(const float *p) {
  f16 r;
  EACH_PART(r.part[i] = load(p + i * W))
  return r;
}
INLINE void store16(float *p, f16 x) { EACH_PART(store(p + i * W, x.part[i])) }
INLINE f16 splat16(float x) {
  f16 r;
  vf one = splat(x);
  EACH_PART(r.part[i] = one)
  return r;
}
INLINE f16 add16(f16 a, f16 b) {
  EACH_PART(a.part[i] = a.part[i] + b.part[i])
  return a;
}
INLINE f16 subtract16(f16 a, f16 b) {
  EACH_PART(a.part[i] = a.part[i] - b.part[i])
  return a;
}
INLINE f16 multiply16(f16 a, f16 b) {
  EACH_PART(a.part[i] = a.part[i] * b.part[i])
  return a;
}
INLINE f16 larger16(f16 a, f16 b) {
  EACH_PART(a.part[i] = larger(a.part[i], b.part[i]))
  return a;
}

// Sixteen words of ones, then sixteen of zeros: a load at 16 - n gives a mask of the first n lanes.
static const int32_t tail_masks[32] = {-1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1};

// x in the first n lanes, zero in the others; 0 <= n <= 16.
INLINE f16 first_lanes(f16 x, int32_t n) {
  const int32_t *mask = tail_masks + 16 - n;
  EACH_PART(x.part[i] = (vf)((vi)x.part[i] & *(const unaligned_vi *)(mask + i * W)))
  return x;
}

// x in the first n lanes, other in the rest.
INLINE f16 first_lanes_or(f16 x, int32_t n, f16 other) {
  const int32_t *mask = tail_masks + 16 - n;
  f16 r;
  EACH_PART({
    vi m = *(const unaligned_vi *)(mask + i * W);
    r.part[i] = (vf)(((vi)x.part[i] & m) | ((vi)other.part[i] & ~m));
  })
  return r;
}

// Stores the first n lanes only.
INLINE void store_first_lanes(float *p, f16 x, int32_t n) {
#if W == 16
  _mm512_mask_storeu_ps(p, (__mmask16)((1u << n) - 1), (__m512)x.part[0]);
#else
  float lanes[16];
  store16(lanes, x);
  for (int32_t l = 0; l < n; l++) p[l] = lanes[l];
#endif
}

// Half of the tree of a sum: lanes l, l + 8 are combined, then l, l + 4.
#if W == 16
#define FOLD_TO_4(x, combine8, combine4)                                                           \
  __m256 eight = combine8(_mm512_castps512_ps256((__m512)x.part[0]),                               \
                          _mm512_extractf32x8_ps((__m512)x.part[0], 1));                           \
  v4 four = (v4)combine4(_mm256_castps256_ps128(eight), _mm256_extractf128_ps(eight, 1));
#elif W == 8
#define FOLD_TO_4(x, combine8, combine4)                             \
  __m256 eight = combine8((__m256)x.part[0], (__m256)x.part[1]);     \
  v4 four = (v4)combine4(_mm256_castps256_ps128(eight), _mm256_extractf128_ps(eight, 1));
#endif

// The sum of sixteen lanes, always by the same tree.
INLINE float sum16(f16 x) {
#if W >= 8
  FOLD_TO_4(x, _mm256_add_ps, _mm_add_ps)
#else
  v4 four = (x.part[0] + x.part[2]) + (x.part[1] + x.part[3]);
#endif
  return (four[0] + four[2]) + (four[1] + four[3]);
}

INLINE float larger_scalar(float a, float b) { return a > b ? a : b; }

// The largest lane. The sign of a zero and the place of a NaN do not matter to those who ask.
INLINE float largest16(f16 x) {
#if W >= 8
  FOLD_TO_4(x, _mm256_max_ps, _mm_max_ps)
#else
  v4 four = (v4)larger(larger(x.part[0], x.part[1]), larger(x.part[2], x.part[3]));
#endif
  return larger_scalar(larger_scalar(four[0], four[2]), larger_scalar(four[1], four[3]));
}

// 2^n p for the rounder t = n + 1.5 x 2^23, whose low bits are n's. NaN stays NaN.
INLINE vf scale_by_power(vf p, vf t, vf n) {
#if W == 16
  (void)t;
  return (vf)_mm512_scalef_ps((__m512)p, (__m512)n);
#else
  (void)n;
  return p * (vf)(((vi)t << 23) + (vi)splat(1.0f));
#endif
}

// Native vectors that go through exp side by side: its operations wait for each other, and the processor's window
// is too short to find those of the next vector by itself.
#define IN_FLIGHT 4

// e^x of `count` vectors in place, for x clamped to [-87, 88]; the polynomial is that of Cephes' expf (Moshier 1992).
INLINE void exponentials(vf *x, const int count) {
#define EACH(statement) UNROLLED for (int i = 0; i < count; i++) statement
  const vf rounder = splat(12582912.0f);
  vf t[IN_FLIGHT], n[IN_FLIGHT], p[IN_FLIGHT];
  EACH(x[i] = smaller(splat(88.0f), larger(splat(-87.0f), x[i]));)
  EACH(t[i] = x[i] * splat(1.44269504f) + rounder;)
  EACH(n[i] = t[i] - rounder;)
  EACH(x[i] = x[i] - n[i] * splat(0.693359375f);)
  EACH(x[i] = x[i] - n[i] * splat(-2.12194440e-4f);)
  EACH(p[i] = splat(1.9875691500e-4f) * x[i] + splat(1.3981999507e-3f);)
  EACH(p[i] = p[i] * x[i] + splat(8.3334519073e-3f);)
  EACH(p[i] = p[i] * x[i] + splat(4.1665795894e-2f);)
  EACH(p[i] = p[i] * x[i] + splat(1.6666665459e-1f);)
  EACH(p[i] = p[i] * x[i] + splat(5.0000001201e-1f);)
  EACH(p[i] = (p[i] * (x[i] * x[i]) + x[i]) + splat(1.0f);)
  EACH(x[i] = scale_by_power(p[i], t[i], n[i]);)
#undef EACH
}

// Groups of sixteen lanes that make up IN_FLIGHT vectors.
#define GROUPS_IN_FLIGHT (IN_FLIGHT / NATIVE_PARTS)

// The same for `count` groups of sixteen lanes, at most GROUPS_IN_FLIGHT.
INLINE void exponentials16(f16 *x, const int count) {
  vf flat[IN_FLIGHT];
  UNROLLED for (int g = 0; g < count; g++) { EACH_PART(flat[g * NATIVE_PARTS + i] = x[g].part[i]) }
  exponentials(flat, count * NATIVE_PARTS);
  UNROLLED for (int g = 0; g < count; g++) { EACH_PART(x[g].part[i] = flat[g * NATIVE_PARTS + i]) }
}

INLINE f16 exponential16(f16 x) {
  exponentials16(&x, 1);
  return x;
}

// Natural logarithm of a positive double; the same operations as core/math's log.
static double logarithm(double x) {
  const double ln2_high = 6.93147180369123816490e-1, ln2_low = 1.90821492927058770002e-10;
  if (!(x > 0.0)) return x == 0.0 ? -__builtin_inf() : __builtin_nan("");
  if (x > 1.7976931348623157e308) return x;
  int exponent = 0;
  if (x < 2.2250738585072014e-308) {
    x *= 18014398509481984.0;
    exponent = -54;
  }
  union {
    double value;
    uint64_t bits;
  } number = {x};
  exponent += (int)(number.bits >> 52) - 1023;
  number.bits = (number.bits & 0xfffffffffffffull) | 0x3ff0000000000000ull;
  double mantissa = number.value;
  if (mantissa > 1.4142135623730951) {
    mantissa *= 0.5;
    exponent += 1;
  }
  double f = mantissa - 1.0;
  if (f == 0.0) return exponent * ln2_high + exponent * ln2_low;
  double s = f / (2.0 + f), z = s * s, w = z * z;
  double even = w * (3.999999999940941908e-1 + w * (2.222219843214978396e-1 + w * 1.531383769920937332e-1));
  double odd = z * (6.666666666666735130e-1 +
                    w * (2.857142874366239149e-1 + w * (1.818357216161805012e-1 + w * 1.479819860511658591e-1)));
  double half_square = 0.5 * f * f;
  return exponent * ln2_high - (half_square - (s * (half_square + even + odd) + exponent * ln2_low) - f);
}

#endif

// Linear layers: packing weights into panels, and products with them.

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

// The panels of all groups are shared out one by one: a group is often the whole of a large matrix.
static void run_pack(const context *run, const pack_arguments *a) {
  const int32_t panels = round_up_16(a->n) / 16;
  const range mine = share(run, a->groups * panels, 1);
  for (int32_t index = mine.from; index < mine.to; index++) {
    const int32_t g = index / panels, j = 16 * (index % panels);
    pack_matrix(floats_at(run, a->src) + g * a->n + j, a->K, minimum(16, a->n - j), a->ld,
                floats_at(run, a->dst) + index * panel_words(a->K, 16));
  }
}

static void run_packTransposed(const context *run, const packTransposed_arguments *a) {
  const int32_t panels = round_up_16(a->n) / 16;
  const range mine = share(run, a->groups * panels, 1);
  for (int32_t index = mine.from; index < mine.to; index++) {
    const int32_t g = index / panels, j = 16 * (index % panels);
    pack_transposed_matrix(floats_at(run, a->src) + ((ptrdiff_t)g * a->n + j) * a->ld, minimum(16, a->n - j), a->K,
                           a->ld, floats_at(run, a->dst) + index * panel_words(a->K, 16));
  }
}

// A [rows][K] x panels -> C [rows][columns]
static void run_matmul(const context *run, const matmul_arguments *a) {
  const range rows = share(run, a->rows, 8);
  const ptrdiff_t first = (ptrdiff_t)rows.from * a->ldc;
  multiply(&(product){
      .rows = rows.to - rows.from,
      .columns = a->columns,
      .K = a->K,
      .a = floats_at(run, a->A) + (ptrdiff_t)rows.from * a->lda,
      .a_row = a->lda,
      .a_k = 1,
      .b = floats_at(run, a->panels),
      .b_k = 16,
      .b_panel = 16 * (ptrdiff_t)a->K,
      .c = floats_at(run, a->C) + first,
      .ldc = a->ldc,
      .finish = a->epilogue,
      .bias = optional_at(run, a->bias),
      .aux = floats_at(run, a->aux) + first,
      .gelu_derivative = a->aux2 == 0 ? NULL : floats_at(run, a->aux2) + first,
  });
}

// A [rows][K] x panels of each group -> C [groups][rows][n]
static void run_matmulHeads(const context *run, const matmulHeads_arguments *a) {
  const range rows = share(run, a->rows, 8);
  for (int32_t g = 0; g < a->groups; g++) {
    multiply(&(product){
        .rows = rows.to - rows.from,
        .columns = a->n,
        .K = a->K,
        .a = floats_at(run, a->A) + (ptrdiff_t)rows.from * a->lda,
        .a_row = a->lda,
        .a_k = 1,
        .b = floats_at(run, a->panels) + g * panel_words(a->K, a->n),
        .b_k = 16,
        .b_panel = 16 * (ptrdiff_t)a->K,
        .c = floats_at(run, a->C) + ((ptrdiff_t)g * a->rows + rows.from) * a->n,
        .ldc = a->n,
        .finish = FINISH_STORE,
        .bias = a->bias == 0 ? NULL : floats_at(run, a->bias) + g * a->n,
    });
  }
}

// X [rows][K], dY [rows][columns] -> dW [K][columns]
static void run_matmulWeightGradient(const context *run, const matmulWeightGradient_arguments *a) {
  multiply_transposed(a->rows, share(run, a->K, 8), a->columns, floats_at(run, a->X), a->ldx,
                      floats_at(run, a->dY), a->ldy, floats_at(run, a->dW), a->ldw);
}

// x [rows][columns] -> sums [columns]
static void run_columnSum(const context *run, const columnSum_arguments *a) {
  const range columns = share(run, a->columns, 16);
  float *restrict sums = floats_at(run, a->sums);
  for (int32_t r = 0; r < a->rows; r++) {
    const float *restrict row = floats_at(run, a->x) + (ptrdiff_t)r * a->ldx;
    for (int32_t j = columns.from; j < columns.to; j++) sums[j] = sums[j] + row[j];
  }
}

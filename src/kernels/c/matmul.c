// Linear layers: packing weights into panels, and products with them.

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

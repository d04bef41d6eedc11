// LayerNorm and RMSNorm. x, y, dy, dx [rows][width]; gain, bias [width]; stats [rows][2] = mean, 1 / deviation.

#define NORM_EPSILON 1e-5f

INLINE float inverse_deviation(f16 squares, float inverse_width) {
  return 1.0f / __builtin_sqrtf(sum16(squares) * inverse_width + NORM_EPSILON);
}

static void run_layerNorm(const context *run, const layerNorm_arguments *a) {
  const range rows = share(run, a->rows, 1);
  const int32_t width = a->width;
  const float inverse_width = 1.0f / (float)width;
  const float *gain = floats_at(run, a->gain), *bias = floats_at(run, a->bias);
  for (int32_t r = rows.from; r < rows.to; r++) {
    const float *x = floats_at(run, a->x) + (ptrdiff_t)r * width;
    float *y = floats_at(run, a->y) + (ptrdiff_t)r * width;
    f16 sum = splat16(0.0f), squares = splat16(0.0f);
    EACH_GROUP(width, sum = add16(sum, present(load16(x + j), n));)
    const float mean = sum16(sum) * inverse_width;
    const f16 means = splat16(mean);
    EACH_GROUP(width, {
      f16 centred = present(subtract16(load16(x + j), means), n);
      squares = add16(squares, multiply16(centred, centred));
    })
    const float rstd = inverse_deviation(squares, inverse_width);
    const f16 rstds = splat16(rstd);
    EACH_GROUP(width, {
      f16 normal = multiply16(subtract16(load16(x + j), means), rstds);
      store_present(y + j, add16(multiply16(normal, load16(gain + j)), load16(bias + j)), n);
    })
    floats_at(run, a->stats)[2 * r] = mean;
    floats_at(run, a->stats)[2 * r + 1] = rstd;
  }
}

static void run_rmsNorm(const context *run, const rmsNorm_arguments *a) {
  const range rows = share(run, a->rows, 1);
  const int32_t width = a->width;
  const float inverse_width = 1.0f / (float)width;
  const float *gain = floats_at(run, a->gain);
  for (int32_t r = rows.from; r < rows.to; r++) {
    const float *x = floats_at(run, a->x) + (ptrdiff_t)r * width;
    float *y = floats_at(run, a->y) + (ptrdiff_t)r * width;
    f16 squares = splat16(0.0f);
    EACH_GROUP(width, {
      f16 value = present(load16(x + j), n);
      squares = add16(squares, multiply16(value, value));
    })
    const float rstd = inverse_deviation(squares, inverse_width);
    const f16 rstds = splat16(rstd);
    EACH_GROUP(width, store_present(y + j, multiply16(multiply16(load16(x + j), rstds), load16(gain + j)), n);)
    floats_at(run, a->stats)[2 * r] = 0.0f;
    floats_at(run, a->stats)[2 * r + 1] = rstd;
  }
}

typedef struct {
  int32_t rows, width, accumulate;
  const float *x, *stats, *gain, *dy;
  float *dx, *d_gain, *d_bias;  // d_bias NULL: RMSNorm
} norm_backward;

// The normalised value of 16 columns; RMSNorm has no mean to subtract.
INLINE f16 normal16(const float *x, f16 means, f16 rstds, const int centred) {
  return multiply16(centred ? subtract16(load16(x), means) : load16(x), rstds);
}

// Adds a row to the gradients of gain and bias, columns [from, to), of which from is a multiple of 16.
INLINE void add_parameter_gradients(const norm_backward *a, int32_t r, range columns, const int centred) {
  const float *x = a->x + (ptrdiff_t)r * a->width, *dy = a->dy + (ptrdiff_t)r * a->width;
  const f16 means = splat16(a->stats[2 * r]), rstds = splat16(a->stats[2 * r + 1]);
  for (int32_t j = columns.from; j < columns.to; j += 16) {
    const int32_t n = minimum(16, columns.to - j);
    f16 gradient = load16(dy + j);
    f16 product = multiply16(gradient, normal16(x + j, means, rstds, centred));
    store_present(a->d_gain + j, add16(load16(a->d_gain + j), product), n);
    if (centred) store_present(a->d_bias + j, add16(load16(a->d_bias + j), gradient), n);
  }
}

INLINE void norm_backward_row(const norm_backward *a, int32_t r, const int centred) {
  const int32_t width = a->width;
  const float inverse_width = 1.0f / (float)width;
  const float *x = a->x + (ptrdiff_t)r * width, *dy = a->dy + (ptrdiff_t)r * width, *gain = a->gain;
  float *dx = a->dx + (ptrdiff_t)r * width;
  const f16 means = splat16(a->stats[2 * r]), rstds = splat16(a->stats[2 * r + 1]);
  f16 sum = splat16(0.0f), products = splat16(0.0f);
  EACH_GROUP(width, {
    f16 scaled = present(multiply16(load16(dy + j), load16(gain + j)), n);
    if (centred) sum = add16(sum, scaled);
    products = add16(products, present(multiply16(scaled, normal16(x + j, means, rstds, centred)), n));
  })
  const f16 offset = splat16(centred ? sum16(sum) * inverse_width : 0.0f);
  const f16 slope = splat16(sum16(products) * inverse_width);
  EACH_GROUP(width, {
    f16 normal = normal16(x + j, means, rstds, centred);
    f16 scaled = multiply16(load16(dy + j), load16(gain + j));
    if (centred) scaled = subtract16(scaled, offset);
    f16 value = multiply16(rstds, subtract16(scaled, multiply16(normal, slope)));
    if (a->accumulate) value = add16(load16(dx + j), value);
    store_present(dx + j, value, n);
  })
}

// Parameter gradients are shared out by columns, dx by rows; the former come first because dx may replace dy.
INLINE void run_norm_backward(const context *run, const norm_backward *a, const int centred) {
  const range columns = share(run, a->width, 16);
  if (threads_of(run) == 1) {
    for (int32_t r = 0; r < a->rows; r++) {
      add_parameter_gradients(a, r, columns, centred);
      norm_backward_row(a, r, centred);
    }
    return;
  }
  for (int32_t r = 0; r < a->rows; r++) add_parameter_gradients(a, r, columns, centred);
  wait_for_all(run);
  const range rows = share(run, a->rows, 1);
  for (int32_t r = rows.from; r < rows.to; r++) norm_backward_row(a, r, centred);
}

#define NORM_BACKWARD(bias)                                                                                \
  &(norm_backward) {                                                                                       \
    .rows = a->rows, .width = a->width, .accumulate = a->accumulate, .x = floats_at(run, a->x),            \
    .stats = floats_at(run, a->stats), .gain = floats_at(run, a->gain), .dy = floats_at(run, a->dy),       \
    .dx = floats_at(run, a->dx), .d_gain = floats_at(run, a->dGain), .d_bias = bias,                       \
  }

static void run_layerNormBackward(const context *run, const layerNormBackward_arguments *a) {
  run_norm_backward(run, NORM_BACKWARD(floats_at(run, a->dBias)), 1);
}

static void run_rmsNormBackward(const context *run, const rmsNormBackward_arguments *a) {
  run_norm_backward(run, NORM_BACKWARD(NULL), 0);
}

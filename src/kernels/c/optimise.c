// Gradient norms and the optimisers. p, g, m, v [count]. Plain loops: compilers vectorise them, and nothing here
// is a sum across elements.

static void run_sumSquares(const context *run, const sumSquares_arguments *a) {
  const range blocks = share(run, (a->count + SUM_SQUARES_BLOCK - 1) / SUM_SQUARES_BLOCK, 1);
  for (int32_t b = blocks.from; b < blocks.to; b++) {
    const float *x = floats_at(run, a->x) + (ptrdiff_t)b * SUM_SQUARES_BLOCK;
    f16 sum = splat16(0.0f);
    EACH_GROUP(minimum(SUM_SQUARES_BLOCK, a->count - b * SUM_SQUARES_BLOCK), {
      f16 value = present(load16(x + j), n);
      sum = add16(sum, multiply16(value, value));
    })
    floats_at(run, a->partials)[b] = sum16(sum);
  }
}

INLINE void adamw_range(range part, const optimizer_scalars *scalars, const int use_decay, float *restrict p,
                        const float *restrict g, float *restrict m, float *restrict v) {
  const optimizer_scalars s = *scalars;
  for (int32_t i = part.from; i < part.to; i++) {
    const float gradient = g[i] * s.gradientScale;
    const float first = s.beta1 * m[i] + s.oneMinusBeta1 * gradient;
    const float second = s.beta2 * v[i] + s.oneMinusBeta2 * (gradient * gradient);
    m[i] = first;
    v[i] = second;
    const float parameter = use_decay ? p[i] - s.decay * p[i] : p[i];
    p[i] = parameter - (s.learningRate * (first * s.correction1)) /
                           (__builtin_sqrtf(second * s.correction2) + s.epsilon);
  }
}

static void run_adamw(const context *run, const adamw_arguments *a) {
  const optimizer_scalars *scalars = (const optimizer_scalars *)floats_at(run, a->scalars);
  const range part = share(run, a->count, 16);
  float *p = floats_at(run, a->p), *g = floats_at(run, a->g), *m = floats_at(run, a->m), *v = floats_at(run, a->v);
  if (a->useDecay) {
    adamw_range(part, scalars, 1, p, g, m, v);
  } else {
    adamw_range(part, scalars, 0, p, g, m, v);
  }
}

static void run_sgd(const context *run, const sgd_arguments *a) {
  const optimizer_scalars s = *(const optimizer_scalars *)floats_at(run, a->scalars);
  const range part = share(run, a->count, 16);
  float *restrict p = floats_at(run, a->p);
  const float *restrict g = floats_at(run, a->g);
  const float decay = a->useDecay ? s.decay : 0.0f;
  for (int32_t i = part.from; i < part.to; i++) {
    const float parameter = a->useDecay ? p[i] - decay * p[i] : p[i];
    p[i] = parameter - s.learningRate * (g[i] * s.gradientScale);
  }
}

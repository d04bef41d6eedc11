// Zeroing and adding buffers, scaled or not; embeddings, rotary positions.

static void run_zero(const context *run, const zero_arguments *a) {
  const range part = share(run, a->count, 16);
  __builtin_memset(floats_at(run, a->dst) + part.from, 0, 4 * (size_t)(part.to - part.from));
}

static void run_add(const context *run, const add_arguments *a) {
  const range part = share(run, a->count, 16);
  float *restrict dst = floats_at(run, a->dst);
  const float *restrict src = floats_at(run, a->src);
  for (int32_t i = part.from; i < part.to; i++) dst[i] = dst[i] + src[i];
}

static void run_addScaled(const context *run, const addScaled_arguments *a) {
  const range part = share(run, a->count, 16);
  const float scale = *floats_at(run, a->scale);
  float *restrict dst = floats_at(run, a->dst);
  const float *restrict src = floats_at(run, a->src);
  for (int32_t i = part.from; i < part.to; i++) dst[i] = dst[i] + scale * src[i];
}

// table [V][width], positionTable [T][width] -> out [rows][width]
static void run_embed(const context *run, const embed_arguments *a) {
  const range rows = share(run, a->rows, 1);
  for (int32_t r = rows.from; r < rows.to; r++) {
    float *restrict out = floats_at(run, a->out) + (ptrdiff_t)r * a->width;
    const float *restrict token = floats_at(run, a->table) + (ptrdiff_t)integers_at(run, a->tokens)[r] * a->width;
    if (a->positionTable == 0) {
      for (int32_t i = 0; i < a->width; i++) out[i] = token[i];
    } else {
      const int32_t p = integers_at(run, a->rowPositions)[r];
      const float *restrict position = floats_at(run, a->positionTable) + (ptrdiff_t)p * a->width;
      for (int32_t i = 0; i < a->width; i++) out[i] = token[i] + position[i];
    }
  }
}

// dOut [rows][width] -> dTable [V][width], dPositionTable [T][width]; rows in order, threads share the columns
static void run_embedBackward(const context *run, const embedBackward_arguments *a) {
  const range columns = share(run, a->width, 16);
  for (int32_t r = 0; r < a->rows; r++) {
    const float *restrict gradient = floats_at(run, a->dOut) + (ptrdiff_t)r * a->width;
    float *restrict token = floats_at(run, a->dTable) + (ptrdiff_t)integers_at(run, a->tokens)[r] * a->width;
    for (int32_t i = columns.from; i < columns.to; i++) token[i] = token[i] + gradient[i];
    if (a->dPositionTable != 0) {
      const int32_t p = integers_at(run, a->rowPositions)[r];
      float *restrict position = floats_at(run, a->dPositionTable) + (ptrdiff_t)p * a->width;
      for (int32_t i = columns.from; i < columns.to; i++) position[i] = position[i] + gradient[i];
    }
  }
}

// x: element (h, r, i) at h headStride + r rowStride + i; cosines, sines [T][D / 2]
static void run_rope(const context *run, const rope_arguments *a) {
  const range rows = share(run, a->rows, 1);
  const int32_t half = a->D / 2;
  for (int32_t r = rows.from; r < rows.to; r++) {
    const ptrdiff_t angle = (ptrdiff_t)integers_at(run, a->rowPositions)[r] * half;
    const float *restrict cosine = floats_at(run, a->cosines) + angle;
    const float *restrict sine = floats_at(run, a->sines) + angle;
    for (int32_t h = 0; h < a->heads; h++) {
      float *restrict first = floats_at(run, a->x) + (ptrdiff_t)h * a->headStride + (ptrdiff_t)r * a->rowStride;
      float *restrict second = first + half;
      if (a->inverse) {
        for (int32_t i = 0; i < half; i++) {
          const float x = first[i], y = second[i];
          first[i] = x * cosine[i] + y * sine[i];
          second[i] = y * cosine[i] - x * sine[i];
        }
      } else {
        for (int32_t i = 0; i < half; i++) {
          const float x = first[i], y = second[i];
          first[i] = x * cosine[i] - y * sine[i];
          second[i] = y * cosine[i] + x * sine[i];
        }
      }
    }
  }
}

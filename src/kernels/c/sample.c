// Drawing the next token from logits [rows][ld].

// Whether all logits are finite: x - x is 0 then, and NaN otherwise.
INLINE int all_finite(const float *logits, int32_t count) {
  f16 differences = splat16(0.0f);
  EACH_GROUP(count, {
    f16 x = present(load16(logits + j), n);
    differences = add16(differences, subtract16(x, x));
  })
  return sum16(differences) == 0.0f;
}

// sum16 of e (l - maximum), e = exp(l - maximum)
INLINE float sum_shifted(const float *logits, int32_t count, float maximum) {
  const f16 shift = splat16(maximum);
  f16 sum = splat16(0.0f);
  EACH_GROUP(count, {
    f16 x = subtract16(load16(logits + j), shift);
    sum = add16(sum, present(multiply16(exponential16(x), x), n));
  })
  return sum16(sum);
}

// Order of floats as order of unsigned integers; the zeros are equal.
INLINE uint32_t order_key(float x) {
  union {
    float value;
    uint32_t bits;
  } number = {x + 0.0f};
  return number.bits >> 31 ? ~number.bits : number.bits | 0x80000000u;
}

// The topK largest logits are those above a key and the first few equal to it.
typedef struct {
  uint32_t key;
  int32_t equals;  // how many of those equal to the key
} selection;

static int32_t count_at_least(const float *logits, int32_t count, uint32_t key) {
  int32_t found = 0;
  for (int32_t j = 0; j < count; j++) found += order_key(logits[j]) >= key;
  return found;
}

// The largest key that at least topK logits reach, by bisection; topK < count.
static selection select_largest(const float *logits, int32_t count, int32_t topK) {
  uint32_t key = 0;
  for (uint32_t bit = 0x80000000u; bit != 0; bit >>= 1) {
    if (count_at_least(logits, count, key | bit) >= topK) key |= bit;
  }
  return (selection){key, key == 0xffffffffu ? topK : topK - count_at_least(logits, count, key + 1)};
}

#define SAMPLE_BLOCK 512

// f_j = exp((l_j - maximum) scale) for a block of logits; 0 for those not selected. `equals` counts down.
static void tempered_block(const float *logits, int32_t count, float maximum, float scale, const selection *chosen,
                           int32_t *equals, float *f) {
  const f16 shift = splat16(maximum), scales = splat16(scale);
  for (int32_t j = 0; j < count; j += 16) {
    store16(f + j, exponential16(multiply16(subtract16(load16(logits + j), shift), scales)));
  }
  if (chosen == NULL) return;
  for (int32_t j = 0; j < count; j++) {
    const uint32_t key = order_key(logits[j]);
    if (key < chosen->key || (key == chosen->key && (*equals)-- <= 0)) f[j] = 0.0f;
  }
}

// Inverse transform of the distribution f: the first j whose running sum exceeds u times the total.
static int32_t draw(const float *logits, int32_t count, float maximum, float scale, const selection *chosen, float u) {
  float f[SAMPLE_BLOCK + 16];
  float total = 0.0f, running = 0.0f;
  int32_t equals = chosen == NULL ? 0 : chosen->equals, last = 0;
  for (int32_t from = 0; from < count; from += SAMPLE_BLOCK) {
    const int32_t size = minimum(SAMPLE_BLOCK, count - from);
    tempered_block(logits + from, size, maximum, scale, chosen, &equals, f);
    for (int32_t j = 0; j < size; j++) total = total + f[j];
  }
  const float threshold = u * total;
  equals = chosen == NULL ? 0 : chosen->equals;
  for (int32_t from = 0; from < count; from += SAMPLE_BLOCK) {
    const int32_t size = minimum(SAMPLE_BLOCK, count - from);
    tempered_block(logits + from, size, maximum, scale, chosen, &equals, f);
    for (int32_t j = 0; j < size; j++) {
      running = running + f[j];
      if (running > threshold) return from + j;
      if (f[j] > 0.0f) last = from + j;
    }
  }
  return last;
}

static int32_t first_equal(const float *logits, float value) {
  int32_t j = 0;
  while (logits[j] != value) j++;
  return j;
}

static void run_sample(const context *run, const sample_arguments *a) {
  const float scale = *floats_at(run, a->inverseTemperature);
  const range rows = share(run, a->rows, 1);
  const int32_t V = a->vocabulary;
  for (int32_t r = rows.from; r < rows.to; r++) {
    float *logits = floats_at(run, a->logits) + (ptrdiff_t)r * a->ld;
    if (!all_finite(logits, V)) {
      integers_at(run, a->tokens)[r] = -1;
      floats_at(run, a->nats)[r] = __builtin_nanf("");
      floats_at(run, a->entropy)[r] = __builtin_nanf("");
      continue;
    }
    const float maximum = largest_logit(logits, V);
    const float Z = sum_exponentials(logits, V, maximum, 0), S = sum_shifted(logits, V, maximum);
    int32_t token;
    if (scale == 0.0f) {
      token = first_equal(logits, maximum);
    } else if (a->topK > 0 && a->topK < V) {
      const selection chosen = select_largest(logits, V, a->topK);
      token = draw(logits, V, maximum, scale, &chosen, floats_at(run, a->uniforms)[r]);
    } else {
      token = draw(logits, V, maximum, scale, NULL, floats_at(run, a->uniforms)[r]);
    }
    const double log_Z = logarithm(Z);
    integers_at(run, a->tokens)[r] = token;
    floats_at(run, a->nats)[r] = (float)(log_Z + maximum - logits[token]);
    floats_at(run, a->entropy)[r] = (float)(log_Z - (double)S / Z);
  }
}

// Drawing the next token from logits [rows][ld].

// The largest logit, or NaN where one is not finite: x - x is 0 or NaN.
INLINE float largest_finite_logit(const float *logits, int32_t count) {
  f16 differences = splat16(0.0f);
  EACH_GROUP(count, {
    f16 x = present(load16(logits + j), n);
    differences = add16(differences, subtract16(x, x));
  })
  return sum16(differences) == 0.0f ? largest_logit(logits, count) : __builtin_nanf("");
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

// Rows are drawn four at a time: their running sums are chains that wait for nothing but themselves.
#define SAMPLED_TOGETHER 4
#define SAMPLE_BLOCK 512
#define MARK_DISTANCE 64
#define MAX_MARKS 1024  // 65536 logits; beyond, the last mark takes the rest

// A row that is drawn from: e_j = exp(l_j - maximum), f_j = exp((l_j - maximum) scale) or 0.
typedef struct {
  const float *logits;
  float maximum, Z, S;  // S = sum of e (l - maximum)
  selection chosen;
  float total;
  float marks[MAX_MARKS];  // the running sum before each MARK_DISTANCE of f
} sampled_row;

typedef struct {
  int32_t vocabulary, is_selective;
  float scale;
} sample_settings;

// f of a block; `equals` counts down how many logits equal to the key are still taken.
INLINE void select_block(const sampled_row *row, int32_t from, int32_t size, int32_t *equals, float *f) {
  for (int32_t j = 0; j < size; j++) {
    const uint32_t key = order_key(row->logits[from + j]);
    if (key < row->chosen.key || (key == row->chosen.key && (*equals)-- <= 0)) f[j] = 0.0f;
  }
}

INLINE void tempered_block(const sampled_row *row, const sample_settings *s, int32_t from, int32_t size,
                           int32_t *equals, float *f) {
  const f16 shift = splat16(row->maximum), scales = splat16(s->scale);
  for (int32_t j = 0; j < size; j += 16) {
    store16(f + j, exponential16(multiply16(subtract16(load16(row->logits + from + j), shift), scales)));
  }
  if (s->is_selective) select_block(row, from, size, equals, f);
}

// e of a block into f, and its share of the sums Z and S.
INLINE void exponential_block(const sampled_row *row, int32_t from, int32_t size, f16 *Z, f16 *S, float *f) {
  const f16 shift = splat16(row->maximum);
  int32_t j = 0;
  f16 x[GROUPS_IN_FLIGHT], e[GROUPS_IN_FLIGHT];
  for (; j + 16 * GROUPS_IN_FLIGHT <= size; j += 16 * GROUPS_IN_FLIGHT) {
    UNROLLED for (int g = 0; g < GROUPS_IN_FLIGHT; g++) {
      x[g] = subtract16(load16(row->logits + from + j + 16 * g), shift);
      e[g] = x[g];
    }
    exponentials16(e, GROUPS_IN_FLIGHT);
    UNROLLED for (int g = 0; g < GROUPS_IN_FLIGHT; g++) {
      store16(f + j + 16 * g, e[g]);
      *Z = add16(*Z, e[g]);
      *S = add16(*S, multiply16(e[g], x[g]));
    }
  }
  for (; j < size; j += 16) {
    const int32_t n = minimum(16, size - j);
    f16 rest = subtract16(load16(row->logits + from + j), shift), exponent = exponential16(rest);
    store16(f + j, exponent);
    *Z = add16(*Z, present(exponent, n));
    *S = add16(*S, present(multiply16(exponent, rest), n));
  }
}

// Running sums of `together` rows over a block; `running` goes on from block to block.
INLINE void mark_sums(sampled_row *rows, int32_t from, int32_t size, float f[][SAMPLE_BLOCK + 16], float *running,
                      const int together) {
  float sum[SAMPLED_TOGETHER];
  UNROLLED for (int q = 0; q < together; q++) sum[q] = running[q];
  for (int32_t start = 0; start < size; start += MARK_DISTANCE) {
    const int32_t mark = (from + start) / MARK_DISTANCE, end = minimum(size, start + MARK_DISTANCE);
    if (mark < MAX_MARKS) {
      UNROLLED for (int q = 0; q < together; q++) rows[q].marks[mark] = sum[q];
    }
    for (int32_t j = start; j < end; j++) {
      UNROLLED for (int q = 0; q < together; q++) sum[q] = sum[q] + f[q][j];
    }
  }
  UNROLLED for (int q = 0; q < together; q++) running[q] = sum[q];
}

// Z, S, the marks and the total of rows whose maximum is known.
INLINE void sum_rows(sampled_row *rows, const sample_settings *s, const int together) {
  float f[SAMPLED_TOGETHER][SAMPLE_BLOCK + 16] __attribute__((aligned(64)));
  float running[SAMPLED_TOGETHER] = {0.0f};
  int32_t equals[SAMPLED_TOGETHER];
  f16 Z[SAMPLED_TOGETHER], S[SAMPLED_TOGETHER];
  for (int q = 0; q < together; q++) {
    Z[q] = S[q] = splat16(0.0f);
    equals[q] = rows[q].chosen.equals;
  }
  for (int32_t from = 0; from < s->vocabulary; from += SAMPLE_BLOCK) {
    const int32_t size = minimum(SAMPLE_BLOCK, s->vocabulary - from);
    for (int q = 0; q < together; q++) {
      exponential_block(&rows[q], from, size, &Z[q], &S[q], f[q]);
      if (s->scale != 1.0f) {
        tempered_block(&rows[q], s, from, size, &equals[q], f[q]);
      } else if (s->is_selective) {
        select_block(&rows[q], from, size, &equals[q], f[q]);
      }
    }
    mark_sums(rows, from, size, f, running, together);
  }
  for (int q = 0; q < together; q++) {
    rows[q].Z = sum16(Z[q]);
    rows[q].S = sum16(S[q]);
    rows[q].total = running[q];
  }
}

// How many logits equal to the key come before index `end`.
INLINE int32_t equals_before(const sampled_row *row, int32_t end) {
  int32_t found = 0;
  for (int32_t j = 0; j < end; j++) found += order_key(row->logits[j]) == row->chosen.key;
  return found;
}

// Inverse transform of the distribution f: the first j whose running sum exceeds u times the total, else the last
// with f_j > 0. The running sum never falls, so the marks say where to begin.
static int32_t draw(const sampled_row *row, const sample_settings *s, float u) {
  float f[MARK_DISTANCE + 16];
  const float threshold = u * row->total;
  const int32_t marks = minimum(MAX_MARKS, (s->vocabulary + MARK_DISTANCE - 1) / MARK_DISTANCE);
  int32_t mark = marks - 1;
  while (mark > 0 && row->marks[mark] > threshold) mark--;
  // where the sum never exceeds the threshold, the last positive f may lie before the last mark
  if (!(row->total > threshold)) mark = 0;
  int32_t equals = s->is_selective ? row->chosen.equals - equals_before(row, mark * MARK_DISTANCE) : 0, last = 0;
  float running = row->marks[mark];
  for (int32_t from = mark * MARK_DISTANCE; from < s->vocabulary; from += MARK_DISTANCE) {
    const int32_t size = minimum(MARK_DISTANCE, s->vocabulary - from);
    tempered_block(row, s, from, size, &equals, f);
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

// Draws for `together` rows from row r on.
INLINE void sample_rows(const context *run, const sample_arguments *a, int32_t r, const int together) {
  const float scale = *floats_at(run, a->inverseTemperature);
  const sample_settings s = {a->vocabulary, scale != 0.0f && a->topK > 0 && a->topK < a->vocabulary, scale};
  sampled_row rows[SAMPLED_TOGETHER];
  for (int q = 0; q < together; q++) {
    rows[q].logits = floats_at(run, a->logits) + (ptrdiff_t)(r + q) * a->ld;
    rows[q].maximum = largest_finite_logit(rows[q].logits, s.vocabulary);
    rows[q].chosen = s.is_selective ? select_largest(rows[q].logits, s.vocabulary, a->topK) : (selection){0, 0};
  }
  sum_rows(rows, &s, together);
  for (int q = 0; q < together; q++) {
    const sampled_row *row = &rows[q];
    int32_t token = -1;
    float nats = __builtin_nanf(""), entropy = nats;
    if (row->maximum == row->maximum) {
      token = scale == 0.0f ? first_equal(row->logits, row->maximum) : draw(row, &s, floats_at(run, a->uniforms)[r + q]);
      const double log_Z = logarithm(row->Z);
      nats = (float)(log_Z + row->maximum - row->logits[token]);
      entropy = (float)(log_Z - (double)row->S / row->Z);
    }
    integers_at(run, a->tokens)[r + q] = token;
    floats_at(run, a->nats)[r + q] = nats;
    floats_at(run, a->entropy)[r + q] = entropy;
  }
}

static void run_sample(const context *run, const sample_arguments *a) {
  const range mine = share(run, a->rows, 1);
  int32_t r = mine.from;
  for (; r + SAMPLED_TOGETHER <= mine.to; r += SAMPLED_TOGETHER) sample_rows(run, a, r, SAMPLED_TOGETHER);
  for (; r < mine.to; r++) sample_rows(run, a, r, 1);
}

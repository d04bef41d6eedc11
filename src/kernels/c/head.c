// The language model's head: logits, softmax with cross-entropy, and their gradients, in blocks of rows whose
// logits stay in the second-level cache. h, dH [rows][width]; dE [V][width]; logits [rows of a block][ldl].

// Rows of a block, and the distance of their logits in words. The scratch has room for HEAD_ROWS rows of V
// rounded up to 16; where that puts rows into the same sets of the first-level cache, a few rows less pay for a gap between them.
typedef struct {
  int32_t rows, ldl;
} head_block;

INLINE head_block head_block_of(int32_t vocabulary) {
  const int32_t ldl = round_up_16(vocabulary);
  return ldl % 512 == 0 ? (head_block){HEAD_ROWS - 4, ldl + 16} : (head_block){HEAD_ROWS, ldl};
}

// sum16 of exp(l - maximum); the exponentials replace the logits where `keep`.
INLINE float sum_exponentials(float *logits, int32_t count, float maximum, const int keep) {
  const f16 shift = splat16(maximum);
  const int32_t whole = count & ~15;
  f16 sum = splat16(0.0f), e[GROUPS_IN_FLIGHT];
#define EACH_IN_FLIGHT(statement) UNROLLED for (int g = 0; g < GROUPS_IN_FLIGHT; g++) statement
  int32_t j = 0;
  for (; j + 16 * GROUPS_IN_FLIGHT <= whole; j += 16 * GROUPS_IN_FLIGHT) {
    EACH_IN_FLIGHT(e[g] = subtract16(load16(logits + j + 16 * g), shift);)
    exponentials16(e, GROUPS_IN_FLIGHT);
    EACH_IN_FLIGHT(sum = add16(sum, e[g]);)
    if (keep) EACH_IN_FLIGHT(store16(logits + j + 16 * g, e[g]);)
  }
#undef EACH_IN_FLIGHT
  for (; j < count; j += 16) {
    f16 rest = exponential16(subtract16(load16(logits + j), shift));
    if (j == whole) rest = first_lanes(rest, count - whole);
    sum = add16(sum, rest);
    if (keep) store16(logits + j, rest);
  }
  return sum16(sum);
}

// Loss of one row.
OUT_OF_LINE float cross_entropy(float *logits, int32_t vocabulary, int32_t target) {
  const float maximum = largest_logit(logits, vocabulary), target_logit = logits[target];
  const float Z = sum_exponentials(logits, vocabulary, maximum, 0);
  return (float)(logarithm(Z) + maximum - target_logit);
}

// Loss of one row; its logits become weight x (softmax - target).
OUT_OF_LINE float cross_entropy_backward(float *logits, int32_t vocabulary, int32_t target, float weight) {
  const float maximum = largest_logit(logits, vocabulary), target_logit = logits[target];
  const float Z = sum_exponentials(logits, vocabulary, maximum, 1);
  const f16 factor = splat16(weight / Z);
  for (int32_t j = 0; j < vocabulary; j += 16) store16(logits + j, multiply16(load16(logits + j), factor));
  logits[target] = logits[target] - weight;
  return (float)(logarithm(Z) + maximum - target_logit);
}

// logits [rows][ldl] = h E^T for a few rows
INLINE void head_logits(const float *h, int32_t rows, int32_t width, int32_t vocabulary, const float *panelsT,
                        float *logits, int32_t ldl) {
  multiply(&(product){
      .rows = rows,
      .columns = round_up_16(vocabulary),
      .K = width,
      .a = h,
      .a_row = width,
      .a_k = 1,
      .b = panelsT,
      .b_k = 16,
      .b_panel = 16 * (ptrdiff_t)width,
      .c = logits,
      .ldc = ldl,
      .finish = FINISH_STORE,
  });
}

static void run_headLoss(const context *run, const headLoss_arguments *a) {
  // each thread has its own rows of the scratch; threads beyond their number have nothing to do
  const head_block whole = head_block_of(a->vocabulary);
  const int32_t threads = minimum(threads_of(run), whole.rows), ldl = whole.ldl;
  if (thread_of(run) >= threads) return;
  const int32_t block = whole.rows / threads;
  const int32_t last = (int32_t)((int64_t)a->rows * (thread_of(run) + 1) / threads);
  float *logits = floats_at(run, a->scratch) + (ptrdiff_t)thread_of(run) * block * ldl;
  for (int32_t r = (int32_t)((int64_t)a->rows * thread_of(run) / threads); r < last; r += block) {
    const int32_t count = minimum(block, last - r);
    head_logits(floats_at(run, a->h) + (ptrdiff_t)r * a->width, count, a->width, a->vocabulary,
                floats_at(run, a->panelsT), logits, ldl);
    for (int32_t i = 0; i < count; i++) {
      floats_at(run, a->losses)[r + i] =
          cross_entropy(logits + (ptrdiff_t)i * ldl, a->vocabulary, integers_at(run, a->targets)[r + i]);
    }
  }
}

static void run_headLossBackward(const context *run, const headLossBackward_arguments *a) {
  const head_block whole = head_block_of(a->vocabulary);
  const int32_t width = a->width, ldl = whole.ldl;
  float *const scratch = floats_at(run, a->scratch);
  for (int32_t first = 0; first < a->rows; first += whole.rows) {
    const int32_t block = minimum(whole.rows, a->rows - first);
    const float *h = floats_at(run, a->h) + (ptrdiff_t)first * width;
    const range mine = share(run, block, 1);
    const int32_t count = mine.to - mine.from;
    float *logits = scratch + (ptrdiff_t)mine.from * ldl;
    head_logits(h + (ptrdiff_t)mine.from * width, count, width, a->vocabulary, floats_at(run, a->panelsT), logits,
                ldl);
    for (int32_t i = 0; i < count; i++) {
      const int32_t r = first + mine.from + i;
      floats_at(run, a->losses)[r] =
          cross_entropy_backward(logits + (ptrdiff_t)i * ldl, a->vocabulary, integers_at(run, a->targets)[r],
                                 floats_at(run, a->weights)[r]);
    }
    // dH [rows][width] = dl [rows][V] E
    multiply(&(product){
        .rows = count,
        .columns = width,
        .K = a->vocabulary,
        .a = logits,
        .a_row = ldl,
        .a_k = 1,
        .b = floats_at(run, a->panels),
        .b_k = 16,
        .b_panel = 16 * (ptrdiff_t)a->vocabulary,
        .c = floats_at(run, a->dH) + ((ptrdiff_t)first + mine.from) * width,
        .ldc = width,
        .finish = FINISH_STORE,
    });
    wait_for_all(run);  // dE needs the dl of every row
    multiply_transposed(block, share(run, a->vocabulary, 8), width, scratch, ldl, h, width,
                        floats_at(run, a->dE), width);
    wait_for_all(run);  // before the next block's logits replace them
  }
}

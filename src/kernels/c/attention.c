// Causal attention. qkv [3 H][N][D], P [sequences][H][T][ldp], y [N][H D], dY [H][N][D], dqkv [N][3 H D];
// N = sequences T rows, ldp = T rounded up to 16. One head of one sequence at a time, on one thread; only tiles
// on or below the diagonal. Zeros right of the diagonal within a tile add nothing: the products stay exact.

// One head's share of the scratch: two packed operands, and the gradient of the scores [T][ldp].
typedef struct {
  float *transposed, *packed, *scores;
} attention_scratch;

// The sizes of one head.
typedef struct {
  int32_t T, D, heads, sequences, ldp;
  float scale;
} attention_sizes;

INLINE attention_sizes sizes_of(int32_t sequences, int32_t T, int32_t heads, int32_t D) {
  return (attention_sizes){T, D, heads, sequences, round_up_16(T), 1.0f / __builtin_sqrtf((float)D)};
}

// Must agree with attentionScratchWords in attention-scratch.ts.
INLINE attention_scratch scratch_of(const context *run, int32_t offset, const attention_sizes *z) {
  const ptrdiff_t operand = (ptrdiff_t)z->ldp * round_up_16(z->D);
  float *base = floats_at(run, offset) + thread_of(run) * (2 * operand + (ptrdiff_t)z->T * z->ldp);
  return (attention_scratch){base, base + operand, base + 2 * operand};
}

// x [T][D] as the right-hand side of a product: itself where its rows are one panel wide or several, else packed.
typedef struct {
  const float *b;
  ptrdiff_t b_k, b_panel;
} right_operand;

INLINE right_operand as_right_operand(const float *x, const attention_sizes *z, float *packed) {
  if (z->D % 16 == 0) return (right_operand){x, z->D, 16};
  pack_matrix(x, z->T, z->D, z->D, packed);
  return (right_operand){packed, 16, 16 * (ptrdiff_t)z->T};
}

// C [T][ldp] = A B^T on and below the diagonal; A [T][D], transposed: panels of B^T.
OUT_OF_LINE void score_product(const attention_sizes *z, const float *A, const float *transposed, float *C) {
  multiply(&(product){
      .rows = z->T,
      .columns = z->ldp,
      .K = z->D,
      .a = A,
      .a_row = z->D,
      .a_k = 1,
      .b = transposed,
      .b_k = 16,
      .b_panel = 16 * (ptrdiff_t)z->D,
      .c = C,
      .ldc = z->ldp,
      .finish = FINISH_STORE,
      .triangle = LOWER_OUTPUT,
  });
}

// C [T][D] (leading dimension ldc) = S x, or S^T x; S [T][ldp] lower triangular, x [T][D].
OUT_OF_LINE void weighted_sum(const attention_sizes *z, const float *S, int transposed, right_operand x, float *C,
                              ptrdiff_t ldc) {
  multiply(&(product){
      .rows = z->T,
      .columns = z->D,
      .K = z->T,
      .a = S,
      .a_row = transposed ? 1 : z->ldp,
      .a_k = transposed ? z->ldp : 1,
      .b = x.b,
      .b_k = x.b_k,
      .b_panel = x.b_panel,
      .c = C,
      .ldc = ldc,
      .finish = FINISH_STORE,
      .triangle = transposed ? UPPER_A : LOWER_A,
  });
}

// `together` rows of scores [.][ldp] become exp(scale score - shift) up to group `last`, of which the first row has
// `present_lanes` lanes, the next one more, and so on; sums: those of each row, lane by lane.
INLINE void exponentiate_rows(float *rows, int32_t last, int32_t present_lanes, int32_t ldp, float scale,
                              const float *shifts, f16 *sums, const int together) {
#define EACH_ROW(statement) UNROLLED for (int q = 0; q < together; q++) statement
#define ROW (rows + q * (ptrdiff_t)ldp)
  const f16 scales = splat16(scale);
  f16 shift[GROUPS_IN_FLIGHT], sum[GROUPS_IN_FLIGHT], e[GROUPS_IN_FLIGHT];
  EACH_ROW(shift[q] = splat16(shifts[q]);)
  EACH_ROW(sum[q] = splat16(0.0f);)
  for (int32_t j = 0; j < last; j += 16) {
    EACH_ROW(e[q] = subtract16(multiply16(load16(ROW + j), scales), shift[q]);)
    exponentials16(e, together);
    EACH_ROW(store16(ROW + j, e[q]);)
    EACH_ROW(sum[q] = add16(sum[q], e[q]);)
  }
  EACH_ROW(e[q] = subtract16(multiply16(load16(ROW + last), scales), shift[q]);)
  exponentials16(e, together);
  EACH_ROW(e[q] = first_lanes(e[q], present_lanes + q);)
  EACH_ROW(store16(ROW + last, e[q]);)
  EACH_ROW(sums[q] = add16(sum[q], e[q]);)
#undef ROW
#undef EACH_ROW
}

// `count` rows from row i on, at most 16, of scores [.][ldp], become the softmax of scale x their first i + 1, i + 2,
// ... entries, and zero from there to ldp. The rows must end in the same group of 16. Each pass goes over all of
// them, so that the sums across the lanes of one row are done beside those of the others.
INLINE void softmax_rows(float *rows, int32_t i, int32_t ldp, float scale, const int32_t count) {
  const int32_t last = i & ~15, present_lanes = i - last + 1;
  const f16 lowest = splat16(-__builtin_inff());
  float shifts[16];
  f16 sums[16];
  for (int32_t r = 0; r < count; r++) {
    const float *row = rows + r * (ptrdiff_t)ldp;
    f16 largest = first_lanes_or(load16(row + last), present_lanes + r, lowest);
    for (int32_t j = 0; j < last; j += 16) largest = larger16(largest, load16(row + j));
    shifts[r] = largest16(largest) * scale;
  }
  int32_t r = 0;
  for (; r + GROUPS_IN_FLIGHT <= count; r += GROUPS_IN_FLIGHT) {
    exponentiate_rows(rows + r * (ptrdiff_t)ldp, last, present_lanes + r, ldp, scale, shifts + r, sums + r,
                      GROUPS_IN_FLIGHT);
  }
  for (; r < count; r++) {
    exponentiate_rows(rows + r * (ptrdiff_t)ldp, last, present_lanes + r, ldp, scale, shifts + r, sums + r, 1);
  }
  for (r = 0; r < count; r++) {
    float *row = rows + r * (ptrdiff_t)ldp;
    const f16 inverse = splat16(1.0f / sum16(sums[r]));
    for (int32_t j = 0; j <= last; j += 16) store16(row + j, multiply16(load16(row + j), inverse));
    for (int32_t j = last + 16; j < ldp; j += 16) store16(row + j, splat16(0.0f));
  }
}

// Softmax of each row of the lower triangle of P [T][ldp].
OUT_OF_LINE void softmax_triangle(float *P, const attention_sizes *z) {
  for (int32_t i = 0; i < z->T; i += 16) {
    softmax_rows(P + (ptrdiff_t)i * z->ldp, i, z->ldp, z->scale, minimum(16, z->T - i));
  }
}

static void run_attention(const context *run, const attention_arguments *a) {
  const attention_sizes z = sizes_of(a->sequences, a->T, a->heads, a->D);
  const attention_scratch scratch = scratch_of(run, a->scratch, &z);
  const ptrdiff_t N = (ptrdiff_t)a->sequences * a->T, part = a->heads * N * a->D;
  const range mine = share(run, a->sequences * a->heads, 1);
  for (int32_t index = mine.from; index < mine.to; index++) {
    const int32_t s = index / a->heads, h = index % a->heads;
    const float *q = floats_at(run, a->qkv) + (h * N + (ptrdiff_t)s * a->T) * a->D;
    const float *k = q + part, *v = k + part;
    float *P = floats_at(run, a->P) + (ptrdiff_t)index * a->T * z.ldp;
    float *y = floats_at(run, a->y) + ((ptrdiff_t)s * a->T * a->heads + h) * a->D;
    pack_transposed_matrix(k, a->T, a->D, a->D, scratch.transposed);
    score_product(&z, q, scratch.transposed, P);
    softmax_triangle(P, &z);
    weighted_sum(&z, P, 0, as_right_operand(v, &z, scratch.packed), y, (ptrdiff_t)a->heads * a->D);
  }
}

// dS_ij = (P_ij (dP_ij - w_i)) scale in place of dP, row i; zero right of the diagonal as far as a tile reaches.
INLINE void score_gradient_row(const attention_sizes *z, int32_t i, const float *P, float w, float *dP) {
  const f16 ws = splat16(w), scales = splat16(z->scale);
  const int32_t end = minimum(z->ldp, round_up_16(i + 1 + MAX_TILE_ROWS));
  int32_t j = 0;
  for (; j < i + 1; j += 16) {
    f16 value = multiply16(multiply16(load16(P + j), subtract16(load16(dP + j), ws)), scales);
    store16(dP + j, i + 1 - j >= 16 ? value : first_lanes(value, i + 1 - j));
  }
  for (; j < end; j += 16) store16(dP + j, splat16(0.0f));
}

static void run_attentionBackward(const context *run, const attentionBackward_arguments *a) {
  const attention_sizes z = sizes_of(a->sequences, a->T, a->heads, a->D);
  const attention_scratch scratch = scratch_of(run, a->scratch, &z);
  const ptrdiff_t N = (ptrdiff_t)a->sequences * a->T, C = (ptrdiff_t)a->heads * a->D, part = N * C;
  const range mine = share(run, a->sequences * a->heads, 1);
  for (int32_t index = mine.from; index < mine.to; index++) {
    const int32_t s = index / a->heads, h = index % a->heads;
    const ptrdiff_t first = (ptrdiff_t)s * a->T;
    const float *q = floats_at(run, a->qkv) + (h * N + first) * a->D, *k = q + part, *v = k + part;
    const float *dO = floats_at(run, a->dY) + (h * N + first) * a->D;
    const float *P = floats_at(run, a->P) + (ptrdiff_t)index * a->T * z.ldp;
    const float *y = floats_at(run, a->y) + first * C + h * a->D;
    float *dq = floats_at(run, a->dqkv) + first * 3 * C + h * a->D, *dk = dq + C, *dv = dk + C;

    pack_transposed_matrix(v, a->T, a->D, a->D, scratch.transposed);
    score_product(&z, dO, scratch.transposed, scratch.scores);
    for (int32_t i = 0; i < a->T; i++) {
      f16 sum = splat16(0.0f);
      EACH_GROUP(a->D, {
        f16 products = multiply16(load16(y + i * C + j), load16(dO + (ptrdiff_t)i * a->D + j));
        sum = add16(sum, present(products, n));
      })
      score_gradient_row(&z, i, P + (ptrdiff_t)i * z.ldp, sum16(sum), scratch.scores + (ptrdiff_t)i * z.ldp);
    }
    weighted_sum(&z, scratch.scores, 0, as_right_operand(k, &z, scratch.packed), dq, 3 * C);
    weighted_sum(&z, scratch.scores, 1, as_right_operand(q, &z, scratch.packed), dk, 3 * C);
    weighted_sum(&z, P, 1, as_right_operand(dO, &z, scratch.packed), dv, 3 * C);
  }
}

// One position for every row. cache, of each row and head: keys as panels [ldt / 16][D'][16] (16 positions side by
// side), then values [ldt][D']; D' = D rounded up to 16.
#define STEP_PANELS 4

// scores[0 .. count) = dot(q, k_j), several panels of positions at a time.
INLINE void step_scores(const float *q, const float *keys, int32_t count, int32_t D, ptrdiff_t panel, float *scores) {
  int32_t j = 0;
  for (; j + 16 * STEP_PANELS <= round_up_16(count); j += 16 * STEP_PANELS) {
    const float *k = keys + (j >> 4) * panel;
    f16 s0 = splat16(0.0f), s1 = s0, s2 = s0, s3 = s0;
    for (int32_t c = 0; c < D; c++) {
      f16 x = splat16(q[c]);
      s0 = add16(s0, multiply16(x, load16(k + 16 * c)));
      s1 = add16(s1, multiply16(x, load16(k + panel + 16 * c)));
      s2 = add16(s2, multiply16(x, load16(k + 2 * panel + 16 * c)));
      s3 = add16(s3, multiply16(x, load16(k + 3 * panel + 16 * c)));
    }
    store16(scores + j, s0);
    store16(scores + j + 16, s1);
    store16(scores + j + 32, s2);
    store16(scores + j + 48, s3);
  }
  for (; j < count; j += 16) {
    const float *k = keys + (j >> 4) * panel;
    f16 s0 = splat16(0.0f);
    for (int32_t c = 0; c < D; c++) s0 = add16(s0, multiply16(splat16(q[c]), load16(k + 16 * c)));
    store16(scores + j, s0);
  }
}

// What one query of one head reads and writes.
typedef struct {
  const float *values;
  float *y;
} step_head;

// y [D] = for j in order acc + scores[j] values[j], for several heads side by side: each is one chain of sums.
INLINE void step_values(const step_head *heads, float scores[][STEP_CONTEXT], int32_t count, int32_t D,
                        const int together) {
  const int32_t padded = round_up_16(D);
  EACH_GROUP(D, {
    f16 sum[GROUPS_IN_FLIGHT];
    UNROLLED for (int q = 0; q < together; q++) sum[q] = splat16(0.0f);
    for (int32_t p = 0; p < count; p++) {
      UNROLLED for (int q = 0; q < together; q++) {
        sum[q] = add16(sum[q], multiply16(splat16(scores[q][p]), load16(heads[q].values + (ptrdiff_t)p * padded + j)));
      }
    }
    UNROLLED for (int q = 0; q < together; q++) store_present(heads[q].y + j, sum[q], n);
  })
}

// A position of `together` heads of rows, counted as row x heads + head.
INLINE void step_heads(const context *run, const attentionStep_arguments *a, const attention_sizes *z, int32_t index,
                       const int together) {
  float scores[GROUPS_IN_FLIGHT][STEP_CONTEXT] __attribute__((aligned(64)));
  step_head heads[GROUPS_IN_FLIGHT];
  const int32_t D = a->D, padded = round_up_16(D), p = *integers_at(run, a->position);
  const ptrdiff_t operand = (ptrdiff_t)padded * z->ldp, panel = 16 * (ptrdiff_t)padded;
  const ptrdiff_t part = (ptrdiff_t)a->heads * a->rows * D;
  for (int q = 0; q < together; q++) {
    const int32_t r = (index + q) / a->heads, h = (index + q) % a->heads;
    const float *query = floats_at(run, a->qkv) + ((ptrdiff_t)h * a->rows + r) * D, *k = query + part, *v = k + part;
    float *keys = floats_at(run, a->cache) + (index + q) * 2 * operand, *values = keys + operand;
    float *key = keys + (p >> 4) * panel + (p & 15), *value = values + (ptrdiff_t)p * padded;
    for (int32_t c = 0; c < D; c++) key[16 * c] = k[c];
    for (int32_t c = 0; c < D; c++) value[c] = v[c];
    heads[q] = (step_head){values, floats_at(run, a->y) + (ptrdiff_t)(index + q) * D};
    step_scores(query, keys, p + 1, D, panel, scores[q]);
    softmax_rows(scores[q], p, round_up_16(p + 1), z->scale, 1);
  }
  step_values(heads, scores, p + 1, D, together);
}

static void run_attentionStep(const context *run, const attentionStep_arguments *a) {
  const attention_sizes z = sizes_of(1, a->T, a->heads, a->D);
  const range mine = share(run, a->rows * a->heads, 1);
  if (*integers_at(run, a->position) >= STEP_CONTEXT) __builtin_trap();
  int32_t index = mine.from;
  for (; index + GROUPS_IN_FLIGHT <= mine.to; index += GROUPS_IN_FLIGHT) {
    step_heads(run, a, &z, index, GROUPS_IN_FLIGHT);
  }
  for (; index < mine.to; index++) step_heads(run, a, &z, index, 1);
}

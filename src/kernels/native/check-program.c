// Every word of a kernel program is checked before it runs. Over 300 lines: one case for each operation of the table.
#include "check-program.h"

#include <stdbool.h>
#include <stdio.h>

#include "operations.h"

static const char *const descriptions[] = {
#define X(name, ...) #name ": " #__VA_ARGS__,
    TP_OPERATIONS(X)
#undef X
};

static const char *const names[] = {
#define X(name, ...) #name,
    TP_OPERATIONS(X)
#undef X
};

static const int32_t argument_counts[] = {
#define X(name, ...) sizeof(name##_arguments) / sizeof(int32_t),
    TP_OPERATIONS(X)
#undef X
};

#define OPERATION_COUNT ((int32_t)(sizeof names / sizeof *names))

int32_t operation_count(void) { return OPERATION_COUNT; }
const char *operation_description(int32_t code) { return descriptions[code]; }

// Words that no operation may write, since what they hold is trusted while the program runs: the program itself, and
// indices, which are checked before it runs.
typedef struct {
  int64_t from, to;
} Kept;

#define MOST_KEPT 512

typedef struct {
  const int32_t *arena;
  int64_t words;
  int32_t threads;
  bool is_good;
  bool is_collecting; // first pass: only notes the kept words
  int32_t kept_count;
  Kept kept[MOST_KEPT];
} Check;

static void keep(Check *check, int64_t from, int64_t to) {
  for (int32_t i = 0; i < check->kept_count; i++)
    if (check->kept[i].from == from && check->kept[i].to >= to) return;
  if (check->kept_count == MOST_KEPT) check->is_good = false;
  else check->kept[check->kept_count++] = (Kept){from, to};
}

static bool is_inside(const Check *check, int64_t offset, int64_t size) {
  return offset > 0 && size >= 0 && size <= check->words && offset <= check->words - size;
}

// A buffer of `size` words at `offset`: inside the arena and off the words that are kept. Nothing starts at offset 0.
static void buffer(Check *check, int64_t offset, int64_t size) {
  if (check->is_collecting) return;
  if (!is_inside(check, offset, size)) check->is_good = false;
  for (int32_t i = 0; i < check->kept_count; i++)
    if (offset < check->kept[i].to && offset + size > check->kept[i].from) check->is_good = false;
}

// The same for a buffer that may be left out.
static void optional(Check *check, int64_t offset, int64_t size) {
  if (offset != 0) buffer(check, offset, size);
}

// `rows` rows of `width` words, `stride` words apart.
static void matrix(Check *check, int64_t offset, int64_t rows, int64_t width, int64_t stride) {
  if (stride < width) check->is_good = false;
  buffer(check, offset, (rows - 1) * stride + width);
}

// Dimensions are at least 1 and at most DIMENSION, contexts at most CONTEXT: no size computed here overflows 64 bits.
static bool dimensions(Check *check, int32_t count, const int64_t *values) {
  for (int32_t i = 0; i < count; i++)
    if (values[i] < 1 || values[i] > DIMENSION) check->is_good = false;
  return check->is_good;
}
#define DIMENSIONS(c, ...) \
  dimensions(c, sizeof((int64_t[]){__VA_ARGS__}) / sizeof(int64_t), (int64_t[]){__VA_ARGS__})

static void in_range(Check *check, int64_t value, int64_t least, int64_t largest) {
  if (value < least || value > largest) check->is_good = false;
}

// `count` integers at `offset`, each from 0 to `largest`.
static void integers(Check *check, int64_t offset, int64_t count, int64_t largest) {
  if (!is_inside(check, offset, count)) {
    check->is_good = false;
  } else if (check->is_collecting) {
    keep(check, offset, offset + count);
  } else {
    for (int64_t i = 0; check->is_good && i < count; i++) in_range(check, check->arena[offset + i], 0, largest);
  }
}

// Indices that choose rows of a table: each of those rows lies inside the arena.
static void indices(Check *check, int64_t offset, int64_t count, int64_t table, int64_t width) {
  integers(check, offset, count, (check->words - table) / width - 1);
}

static int64_t padded(int64_t n) { return (n + 15) / 16 * 16; }

static void context(Check *check, int64_t T) { in_range(check, T, 1, CONTEXT); }

static int64_t attention_scratch(const Check *check, int64_t T, int64_t D) {
  return check->threads * (2 * padded(T) * padded(D) + T * padded(T));
}

// One function for each operation; operations.ts has the shapes. How many rows a table has is not said: rows that ids
// and positions choose must lie inside the arena, and whether they are the table's is the model's to see.

static void check_zero(Check *c, const zero_arguments *a) { buffer(c, a->dst, a->count); }

static void check_add(Check *c, const add_arguments *a) {
  buffer(c, a->dst, a->count);
  buffer(c, a->src, a->count);
}

static void check_addScaled(Check *c, const addScaled_arguments *a) {
  buffer(c, a->dst, a->count);
  buffer(c, a->src, a->count);
  buffer(c, a->scale, 1);
}

static void check_embed(Check *c, const embed_arguments *a) {
  if (!DIMENSIONS(c, a->rows, a->width)) return;
  buffer(c, a->table, a->width);
  indices(c, a->tokens, a->rows, a->table, a->width);
  if (a->positionTable != 0) indices(c, a->rowPositions, a->rows, a->positionTable, a->width);
  matrix(c, a->out, a->rows, a->width, a->width);
}

static void check_embedBackward(Check *c, const embedBackward_arguments *a) {
  if (!DIMENSIONS(c, a->rows, a->width)) return;
  buffer(c, a->dTable, a->width);
  indices(c, a->tokens, a->rows, a->dTable, a->width);
  if (a->dPositionTable != 0) indices(c, a->rowPositions, a->rows, a->dPositionTable, a->width);
  matrix(c, a->dOut, a->rows, a->width, a->width);
}

static void check_layerNorm(Check *c, const layerNorm_arguments *a) {
  if (!DIMENSIONS(c, a->rows, a->width)) return;
  matrix(c, a->x, a->rows, a->width, a->width);
  buffer(c, a->gain, a->width);
  buffer(c, a->bias, a->width);
  matrix(c, a->y, a->rows, a->width, a->width);
  buffer(c, a->stats, 2 * (int64_t)a->rows);
}

static void check_rmsNorm(Check *c, const rmsNorm_arguments *a) {
  if (!DIMENSIONS(c, a->rows, a->width)) return;
  matrix(c, a->x, a->rows, a->width, a->width);
  buffer(c, a->gain, a->width);
  matrix(c, a->y, a->rows, a->width, a->width);
  buffer(c, a->stats, 2 * (int64_t)a->rows);
}

static void check_layerNormBackward(Check *c, const layerNormBackward_arguments *a) {
  if (!DIMENSIONS(c, a->rows, a->width)) return;
  matrix(c, a->x, a->rows, a->width, a->width);
  buffer(c, a->stats, 2 * (int64_t)a->rows);
  buffer(c, a->gain, a->width);
  matrix(c, a->dy, a->rows, a->width, a->width);
  matrix(c, a->dx, a->rows, a->width, a->width);
  buffer(c, a->dGain, a->width);
  buffer(c, a->dBias, a->width);
  in_range(c, a->accumulate, 0, 1);
}

static void check_rmsNormBackward(Check *c, const rmsNormBackward_arguments *a) {
  if (!DIMENSIONS(c, a->rows, a->width)) return;
  matrix(c, a->x, a->rows, a->width, a->width);
  buffer(c, a->stats, 2 * (int64_t)a->rows);
  buffer(c, a->gain, a->width);
  matrix(c, a->dy, a->rows, a->width, a->width);
  matrix(c, a->dx, a->rows, a->width, a->width);
  buffer(c, a->dGain, a->width);
  in_range(c, a->accumulate, 0, 1);
}

static void check_pack(Check *c, const pack_arguments *a) {
  if (!DIMENSIONS(c, a->K, a->n, a->groups, a->ld)) return;
  matrix(c, a->src, a->K, (int64_t)a->groups * a->n, a->ld);
  buffer(c, a->dst, a->groups * padded(a->n) * a->K);
}

static void check_packTransposed(Check *c, const packTransposed_arguments *a) {
  if (!DIMENSIONS(c, a->n, a->K, a->groups, a->ld)) return;
  matrix(c, a->src, (int64_t)a->groups * a->n, a->K, a->ld);
  buffer(c, a->dst, a->groups * padded(a->n) * a->K);
}

static void check_matmul(Check *c, const matmul_arguments *a) {
  if (!DIMENSIONS(c, a->rows, a->columns, a->K, a->lda, a->ldc)) return;
  matrix(c, a->A, a->rows, a->K, a->lda);
  buffer(c, a->panels, padded(a->columns) * a->K);
  optional(c, a->bias, a->columns);
  matrix(c, a->C, a->rows, a->columns, a->ldc);
  in_range(c, a->epilogue, FINISH_STORE, FINISH_MULTIPLY);
  bool is_residual = a->epilogue == FINISH_RESIDUAL, is_gelu = a->epilogue == FINISH_GELU;
  bool is_multiply = a->epilogue == FINISH_MULTIPLY;
  if (is_residual || is_multiply) matrix(c, a->aux, a->rows, a->columns, a->ldc);
  if (is_gelu && a->aux2 != 0) matrix(c, a->aux2, a->rows, a->columns, a->ldc);
}

static void check_matmulHeads(Check *c, const matmulHeads_arguments *a) {
  if (!DIMENSIONS(c, a->rows, a->n, a->groups, a->K, a->lda)) return;
  matrix(c, a->A, a->rows, a->K, a->lda);
  buffer(c, a->panels, a->groups * padded(a->n) * a->K);
  optional(c, a->bias, (int64_t)a->groups * a->n);
  buffer(c, a->C, (int64_t)a->groups * a->rows * a->n);
}

static void check_matmulWeightGradient(Check *c, const matmulWeightGradient_arguments *a) {
  if (!DIMENSIONS(c, a->rows, a->K, a->columns, a->ldx, a->ldy, a->ldw)) return;
  matrix(c, a->X, a->rows, a->K, a->ldx);
  matrix(c, a->dY, a->rows, a->columns, a->ldy);
  matrix(c, a->dW, a->K, a->columns, a->ldw);
}

static void check_columnSum(Check *c, const columnSum_arguments *a) {
  if (!DIMENSIONS(c, a->rows, a->columns, a->ldx)) return;
  matrix(c, a->x, a->rows, a->columns, a->ldx);
  buffer(c, a->sums, a->columns);
}

static void check_rope(Check *c, const rope_arguments *a) {
  if (!DIMENSIONS(c, a->heads, a->rows, a->D, a->rowStride)) return;
  in_range(c, a->headStride, a->D, INT32_MAX);
  in_range(c, a->D % 2, 0, 0);
  if (!c->is_good) return;
  int64_t last_head = (a->heads - 1) * (int64_t)a->headStride;
  buffer(c, a->x, last_head + (a->rows - 1) * (int64_t)a->rowStride + a->D);
  indices(c, a->rowPositions, a->rows, a->cosines, a->D / 2);
  indices(c, a->rowPositions, a->rows, a->sines, a->D / 2);
  in_range(c, a->inverse, 0, 1);
}

static void check_attention(Check *c, const attention_arguments *a) {
  int64_t rows = (int64_t)a->sequences * a->T, width = (int64_t)a->heads * a->D;
  context(c, a->T);
  if (!DIMENSIONS(c, a->sequences, a->heads, a->D, rows, width)) return;
  buffer(c, a->qkv, 3 * rows * width);
  buffer(c, a->P, rows * a->heads * padded(a->T));
  buffer(c, a->y, rows * width);
  buffer(c, a->scratch, attention_scratch(c, a->T, a->D));
}

static void check_attentionBackward(Check *c, const attentionBackward_arguments *a) {
  int64_t rows = (int64_t)a->sequences * a->T, width = (int64_t)a->heads * a->D;
  context(c, a->T);
  if (!DIMENSIONS(c, a->sequences, a->heads, a->D, rows, width)) return;
  buffer(c, a->qkv, 3 * rows * width);
  buffer(c, a->P, rows * a->heads * padded(a->T));
  buffer(c, a->y, rows * width);
  buffer(c, a->dY, rows * width);
  buffer(c, a->dqkv, 3 * rows * width);
  buffer(c, a->scratch, attention_scratch(c, a->T, a->D));
}

static void check_attentionStep(Check *c, const attentionStep_arguments *a) {
  int64_t width = (int64_t)a->heads * a->D;
  context(c, a->T);
  if (!DIMENSIONS(c, a->rows, a->heads, a->D, width)) return;
  buffer(c, a->qkv, 3 * a->rows * width);
  buffer(c, a->cache, (int64_t)a->rows * a->heads * 2 * padded(a->D) * padded(a->T));
  buffer(c, a->y, a->rows * width);
  integers(c, a->position, 1, (a->T < STEP_CONTEXT ? a->T : STEP_CONTEXT) - 1);
}

static void check_headLoss(Check *c, const headLoss_arguments *a) {
  if (!DIMENSIONS(c, a->rows, a->width, a->vocabulary)) return;
  matrix(c, a->h, a->rows, a->width, a->width);
  buffer(c, a->panelsT, padded(a->vocabulary) * a->width);
  integers(c, a->targets, a->rows, a->vocabulary - 1);
  buffer(c, a->losses, a->rows);
  buffer(c, a->scratch, HEAD_ROWS * padded(a->vocabulary));
}

static void check_headLossBackward(Check *c, const headLossBackward_arguments *a) {
  if (!DIMENSIONS(c, a->rows, a->width, a->vocabulary)) return;
  matrix(c, a->h, a->rows, a->width, a->width);
  buffer(c, a->panelsT, padded(a->vocabulary) * a->width);
  buffer(c, a->panels, padded(a->width) * a->vocabulary);
  integers(c, a->targets, a->rows, a->vocabulary - 1);
  buffer(c, a->weights, a->rows);
  buffer(c, a->losses, a->rows);
  matrix(c, a->dH, a->rows, a->width, a->width);
  matrix(c, a->dE, a->vocabulary, a->width, a->width);
  buffer(c, a->scratch, HEAD_ROWS * padded(a->vocabulary));
}

static void check_sample(Check *c, const sample_arguments *a) {
  if (!DIMENSIONS(c, a->rows, a->vocabulary, a->ld)) return;
  matrix(c, a->logits, a->rows, a->vocabulary, a->ld);
  buffer(c, a->uniforms, a->rows);
  buffer(c, a->inverseTemperature, 1);
  in_range(c, a->topK, 0, INT32_MAX);
  buffer(c, a->tokens, a->rows);
  buffer(c, a->nats, a->rows);
  buffer(c, a->entropy, a->rows);
}

static void check_sumSquares(Check *c, const sumSquares_arguments *a) {
  buffer(c, a->x, a->count);
  buffer(c, a->partials, ((int64_t)a->count + SUM_SQUARES_BLOCK - 1) / SUM_SQUARES_BLOCK);
}

static void check_adamw(Check *c, const adamw_arguments *a) {
  buffer(c, a->p, a->count);
  buffer(c, a->g, a->count);
  buffer(c, a->m, a->count);
  buffer(c, a->v, a->count);
  buffer(c, a->scalars, sizeof(optimizer_scalars) / sizeof(float));
  in_range(c, a->useDecay, 0, 1);
}

static void check_sgd(Check *c, const sgd_arguments *a) {
  buffer(c, a->p, a->count);
  buffer(c, a->g, a->count);
  buffer(c, a->scalars, sizeof(optimizer_scalars) / sizeof(float));
  in_range(c, a->useDecay, 0, 1);
}

static void check_operation(Check *c, int32_t code, const int32_t *arguments) {
  switch (code) {
#define X(name, ...) \
  case code_##name: check_##name(c, (const name##_arguments *)arguments); break;
    TP_OPERATIONS(X)
#undef X
  }
}

// Goes through the operations once; what is wrong, or NULL.
static const char *check_operations(Check *check, const int32_t *program, int64_t length) {
  static _Thread_local char message[128];
  for (int64_t at = 0; at < length;) {
    int32_t code = program[at];
    if (code < 0 || code >= OPERATION_COUNT) {
      snprintf(message, sizeof message, "word %lld of the program is no operation: %d", (long long)at, (int)code);
      return message;
    }
    if (argument_counts[code] >= length - at) return "the program ends within an operation";
    check_operation(check, code, program + at + 1);
    if (!check->is_good) {
      snprintf(message, sizeof message, "arguments of %s at word %lld of the program are out of range", names[code],
               (long long)at);
      return message;
    }
    at += 1 + argument_counts[code];
  }
  return NULL;
}

const char *check_program(const int32_t *arena, int64_t words, int64_t start, int64_t length, int32_t threads) {
  if (start < 1 || length < 0 || start > words || length > words - start) return "the program lies outside the arena";
  Check check = {.arena = arena, .words = words, .threads = threads, .is_good = true, .is_collecting = true};
  keep(&check, start, start + length);
  const char *problem = check_operations(&check, arena + start, length);
  if (problem != NULL) return problem;
  check.is_collecting = false;
  return check_operations(&check, arena + start, length);
}

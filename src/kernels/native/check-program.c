#include "check-program.h"

#include <stdbool.h>
#include <stdio.h>

// Name, number of arguments; in the order of operations.ts.
#define OPERATIONS(X)                                                                                               \
  X(zero, 2)                                                                                                        \
  X(add, 3)                                                                                                         \
  X(embed, 7)                                                                                                       \
  X(embedBackward, 7)                                                                                               \
  X(layerNorm, 7)                                                                                                   \
  X(layerNormBackward, 10)                                                                                          \
  X(rmsNorm, 6)                                                                                                     \
  X(rmsNormBackward, 9)                                                                                             \
  X(pack, 6)                                                                                                        \
  X(packTransposed, 6)                                                                                              \
  X(matmul, 12)                                                                                                     \
  X(matmulHeads, 9)                                                                                                 \
  X(matmulWeightGradient, 9)                                                                                        \
  X(columnSum, 5)                                                                                                   \
  X(rope, 10)                                                                                                       \
  X(attention, 8)                                                                                                   \
  X(attentionBackward, 10)                                                                                          \
  X(attentionStep, 8)                                                                                               \
  X(headLoss, 9)                                                                                                    \
  X(headLossBackward, 12)                                                                                           \
  X(sample, 10)                                                                                                     \
  X(sumSquares, 3)                                                                                                  \
  X(adamw, 7)                                                                                                       \
  X(sgd, 5)

enum {
#define X(name, count) OPERATION_##name,
  OPERATIONS(X)
#undef X
      OPERATION_COUNT
};

static const char *const names[] = {
#define X(name, count) #name,
    OPERATIONS(X)
#undef X
};

static const int32_t argument_counts[] = {
#define X(name, count) count,
    OPERATIONS(X)
#undef X
};

int32_t operation_count(void) { return OPERATION_COUNT; }
const char *operation_name(int32_t code) { return names[code]; }
int32_t operation_arguments(int32_t code) { return argument_counts[code]; }

typedef struct {
  int64_t words;
  int64_t program_start;
  int64_t program_end;
  bool is_good;
} Check;

// A buffer of `size` words at `offset`: inside the arena and off the program. Nothing starts at offset 0.
static void buffer(Check *check, int64_t offset, int64_t size) {
  bool is_inside = offset > 0 && size >= 0 && size <= check->words && offset <= check->words - size;
  bool is_apart = offset >= check->program_end || offset + size <= check->program_start;
  if (!is_inside || !is_apart) check->is_good = false;
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

static void optional_matrix(Check *check, int64_t offset, int64_t rows, int64_t width, int64_t stride) {
  if (offset != 0) matrix(check, offset, rows, width, stride);
}

// Dimensions are at least 1 and at most 2^20, contexts at most 2^16: no size computed here overflows 64 bits.
static void dimensions(Check *check, int32_t count, const int64_t *values) {
  for (int32_t i = 0; i < count; i++)
    if (values[i] < 1 || values[i] > (1 << 20)) check->is_good = false;
}

// Elements of an operation on flat buffers.
static void elements(Check *check, int64_t count) {
  if (count < 0) check->is_good = false;
}

static void flag(Check *check, int64_t value, int64_t largest) {
  if (value < 0 || value > largest) check->is_good = false;
}

static int64_t padded(int64_t n) { return (n + 15) / 16 * 16; }

static void context(Check *check, int64_t T) {
  if (T > (1 << 16)) check->is_good = false;
}

static int64_t attention_scratch(int64_t T, int64_t D, int64_t threads) {
  return threads * (2 * padded(T) * padded(D) + T * padded(T));
}

#define DIMENSIONS(...)                                                                                             \
  do {                                                                                                              \
    const int64_t values[] = {__VA_ARGS__};                                                                         \
    dimensions(c, sizeof values / sizeof *values, values);                                                          \
    if (!c->is_good) return;                                                                                        \
  } while (0)

static void check_embedding(Check *c, bool is_backward, const int32_t *a) {
  int64_t rows = a[1], width = a[2];
  DIMENSIONS(rows, width);
  buffer(c, a[0], rows);
  // Tables have one row at least; that ids are in range is the model's to see, once a batch.
  int64_t table = is_backward ? a[4] : a[3], positions = is_backward ? a[5] : a[4];
  int64_t row_positions = is_backward ? a[6] : a[5], out = is_backward ? a[3] : a[6];
  buffer(c, out, rows * width);
  optional(c, table, width);
  optional(c, positions, width);
  if (positions != 0) buffer(c, row_positions, rows);
  if (!is_backward) buffer(c, table, width);
}

static void check_norm(Check *c, bool has_bias, const int32_t *a) {
  int64_t rows = a[0], width = a[1];
  DIMENSIONS(rows, width);
  const int32_t *rest = a + (has_bias ? 5 : 4);
  buffer(c, a[2], rows * width);
  buffer(c, a[3], width);
  if (has_bias) optional(c, a[4], width);
  buffer(c, rest[0], rows * width);
  optional(c, rest[1], 2 * rows);
}

static void check_norm_backward(Check *c, bool has_bias, const int32_t *a) {
  int64_t rows = a[0], width = a[1];
  DIMENSIONS(rows, width);
  buffer(c, a[2], rows * width);
  buffer(c, a[3], 2 * rows);
  buffer(c, a[4], width);
  buffer(c, a[5], rows * width);
  buffer(c, a[6], rows * width);
  optional(c, a[7], width);
  if (has_bias) optional(c, a[8], width);
  flag(c, a[has_bias ? 9 : 8], 1);
}

static void check_pack(Check *c, bool is_transposed, const int32_t *a) {
  int64_t K = is_transposed ? a[2] : a[1], n = is_transposed ? a[1] : a[2], groups = a[3], ld = a[4];
  DIMENSIONS(K, n, groups, ld);
  if (is_transposed) matrix(c, a[0], groups * n, K, ld);
  else matrix(c, a[0], K, groups * n, ld);
  buffer(c, a[5], groups * padded(n) * K);
}

static void check_matmul(Check *c, const int32_t *a) {
  int64_t rows = a[0], columns = a[1], K = a[2], ldc = a[8];
  DIMENSIONS(rows, columns, K, a[4], ldc);
  matrix(c, a[3], rows, K, a[4]);
  buffer(c, a[5], padded(columns) * K);
  optional(c, a[6], columns);
  matrix(c, a[7], rows, columns, ldc);
  flag(c, a[9], 3);
  bool reads_aux = a[9] == 1 || a[9] == 3;
  if (reads_aux) matrix(c, a[10], rows, columns, ldc);
  if (a[9] == 2) optional_matrix(c, a[11], rows, columns, ldc);
}

static void check_matmul_heads(Check *c, const int32_t *a) {
  int64_t rows = a[0], n = a[1], groups = a[2], K = a[3];
  DIMENSIONS(rows, n, groups, K, a[5]);
  matrix(c, a[4], rows, K, a[5]);
  buffer(c, a[6], groups * padded(n) * K);
  optional(c, a[7], groups * n);
  buffer(c, a[8], groups * rows * n);
}

static void check_weight_gradient(Check *c, const int32_t *a) {
  int64_t rows = a[0], K = a[1], columns = a[2];
  DIMENSIONS(rows, K, columns, a[4], a[6], a[8]);
  matrix(c, a[3], rows, K, a[4]);
  matrix(c, a[5], rows, columns, a[6]);
  matrix(c, a[7], K, columns, a[8]);
}

static void check_rope(Check *c, const int32_t *a) {
  int64_t heads = a[0], rows = a[1], D = a[2], head_stride = a[4], row_stride = a[5];
  DIMENSIONS(heads, rows, D, row_stride);
  if (head_stride < 1 || D % 2 != 0) c->is_good = false;
  buffer(c, a[3], (heads - 1) * head_stride + (rows - 1) * row_stride + D);
  buffer(c, a[6], rows);
  buffer(c, a[7], D / 2);
  buffer(c, a[8], D / 2);
  flag(c, a[9], 1);
}

static void check_attention(Check *c, bool is_backward, const int32_t *a, int32_t threads) {
  int64_t sequences = a[0], T = a[1], heads = a[2], D = a[3], rows = sequences * T;
  context(c, T);
  DIMENSIONS(sequences, T, heads, D, rows, heads * D);
  buffer(c, a[4], 3 * heads * rows * D);
  buffer(c, a[5], sequences * heads * T * padded(T));
  buffer(c, a[6], rows * heads * D);
  if (is_backward) {
    buffer(c, a[7], rows * heads * D);
    buffer(c, a[8], 3 * rows * heads * D);
  }
  buffer(c, a[is_backward ? 9 : 7], attention_scratch(T, D, threads));
}

static void check_attention_step(Check *c, const int32_t *arena, const int32_t *a) {
  int64_t rows = a[0], T = a[1], heads = a[2], D = a[3];
  context(c, T);
  DIMENSIONS(rows, T, heads, D, heads * D);
  buffer(c, a[4], 3 * heads * rows * D);
  buffer(c, a[5], rows * heads * 2 * padded(D) * padded(T));
  buffer(c, a[6], rows * heads * D);
  buffer(c, a[7], 1);
  if (c->is_good && (arena[a[7]] < 0 || arena[a[7]] >= T)) c->is_good = false;
}

static void check_head(Check *c, bool is_backward, const int32_t *a) {
  int64_t rows = a[0], width = a[1], vocabulary = a[2];
  DIMENSIONS(rows, width, vocabulary);
  const int32_t *rest = a + (is_backward ? 6 : 5);
  buffer(c, a[3], rows * width);
  buffer(c, a[4], padded(vocabulary) * width);
  if (is_backward) buffer(c, a[5], padded(width) * vocabulary);
  buffer(c, rest[0], rows);
  if (is_backward) buffer(c, rest[1], rows);
  buffer(c, rest[2], rows);
  if (is_backward) {
    buffer(c, a[9], rows * width);
    optional(c, a[10], vocabulary * width);
  }
  buffer(c, a[is_backward ? 11 : 8], 64 * padded(vocabulary));
}

static void check_sample(Check *c, const int32_t *a) {
  int64_t rows = a[0], vocabulary = a[1];
  DIMENSIONS(rows, vocabulary, a[3]);
  matrix(c, a[2], rows, vocabulary, a[3]);
  optional(c, a[4], rows);
  buffer(c, a[5], 1);
  if (a[6] < 0) c->is_good = false;
  buffer(c, a[7], rows);
  optional(c, a[8], rows);
  optional(c, a[9], rows);
}

static void check_optimizer(Check *c, int32_t buffers, const int32_t *a) {
  elements(c, a[0]);
  for (int32_t i = 1; i <= buffers; i++) buffer(c, a[i], a[0]);
  buffer(c, a[buffers + 1], 10);
  flag(c, a[buffers + 2], 1);
}

static void check_operation(Check *c, int32_t code, const int32_t *arena, const int32_t *a, int32_t threads) {
  switch (code) {
    case OPERATION_zero: elements(c, a[1]); return buffer(c, a[0], a[1]);
    case OPERATION_add: elements(c, a[2]); buffer(c, a[1], a[2]); return buffer(c, a[0], a[2]);
    case OPERATION_embed: return check_embedding(c, false, a);
    case OPERATION_embedBackward: return check_embedding(c, true, a);
    case OPERATION_layerNorm: return check_norm(c, true, a);
    case OPERATION_layerNormBackward: return check_norm_backward(c, true, a);
    case OPERATION_rmsNorm: return check_norm(c, false, a);
    case OPERATION_rmsNormBackward: return check_norm_backward(c, false, a);
    case OPERATION_pack: return check_pack(c, false, a);
    case OPERATION_packTransposed: return check_pack(c, true, a);
    case OPERATION_matmul: return check_matmul(c, a);
    case OPERATION_matmulHeads: return check_matmul_heads(c, a);
    case OPERATION_matmulWeightGradient: return check_weight_gradient(c, a);
    case OPERATION_columnSum: {
      DIMENSIONS(a[0], a[1], a[3]);
      matrix(c, a[2], a[0], a[1], a[3]);
      return buffer(c, a[4], a[1]);
    }
    case OPERATION_rope: return check_rope(c, a);
    case OPERATION_attention: return check_attention(c, false, a, threads);
    case OPERATION_attentionBackward: return check_attention(c, true, a, threads);
    case OPERATION_attentionStep: return check_attention_step(c, arena, a);
    case OPERATION_headLoss: return check_head(c, false, a);
    case OPERATION_headLossBackward: return check_head(c, true, a);
    case OPERATION_sample: return check_sample(c, a);
    case OPERATION_sumSquares: {
      elements(c, a[0]);
      buffer(c, a[1], a[0]);
      return buffer(c, a[2], ((int64_t)a[0] + 4095) / 4096);
    }
    case OPERATION_adamw: return check_optimizer(c, 4, a);
    default: return check_optimizer(c, 2, a);
  }
}

const char *check_program(const int32_t *arena, int64_t words, int64_t start, int64_t length, int32_t threads) {
  static _Thread_local char message[128];
  if (start < 1 || length < 0 || start > words || length > words - start) return "the program lies outside the arena";
  const int32_t *program = arena + start;
  Check check = {words, start, start + length, true};
  for (int64_t at = 0; at < length;) {
    int32_t code = program[at];
    if (code < 0 || code >= OPERATION_COUNT) {
      snprintf(message, sizeof message, "word %lld of the program is no operation: %d", (long long)at, (int)code);
      return message;
    }
    if (argument_counts[code] >= length - at) return "the program ends within an operation";
    check_operation(&check, code, arena, program + at + 1, threads);
    if (!check.is_good) {
      snprintf(message, sizeof message, "arguments of %s at word %lld of the program are out of range", names[code],
               (long long)at);
      return message;
    }
    at += 1 + argument_counts[code];
  }
  return 0;
}

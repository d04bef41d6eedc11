// The one micro-kernel behind every matrix product: a tile of C held in registers, k in order, never fused.
//
// A tile is `rows` x `vectors` native vectors. A(r, k) = a[r a_row + k a_k]; B(k, v) = b[k b_k + v b_vector], from
// panels of 16 columns [K][16]. Each element is ((start + A0 B0) + A1 B1) + ..., so all shapes give the same bits
// and the fastest can be chosen by timing. Epilogues here only add or multiply vectors: with anything heavier
// inlined compilers spill registers in the k loop.
#include "run.h"

// How a tile ends. The values of the first and the last are those of Epilogue in operations.ts.
enum { FINISH_STORE = 0, FINISH_RESIDUAL = 1, FINISH_GELU = 2, FINISH_MULTIPLY = 3, FINISH_ACCUMULATE = 4 };

typedef struct {
  int32_t tiles;  // one below the other
  int32_t K;
  int32_t columns;  // of C that exist, at most vectors x W
  int32_t finish;
  int32_t prefetch;  // whether C is worth fetching while the k loop runs
  const float *a;
  ptrdiff_t a_row, a_k;
  const float *b;
  ptrdiff_t b_k, b_vector;
  float *c;
  ptrdiff_t ldc;
  const float *aux;   // residual, multiply: leading dimension ldc
  const float *bias;  // NULL: none
} tile_arguments;

typedef void tile_function(const tile_arguments *);

#if W == 16
#define MAX_TILE_ROWS 16
#define MAX_TILE_VECTORS 2
#elif W == 8
#define MAX_TILE_ROWS 6
#define MAX_TILE_VECTORS 2
#elif defined(__aarch64__)
#define MAX_TILE_ROWS 8
#define MAX_TILE_VECTORS 2
#elif defined(TP_WIDE_TILE)
#define MAX_TILE_ROWS 4
#define MAX_TILE_VECTORS 4
#else
#define MAX_TILE_ROWS 4
#define MAX_TILE_VECTORS 2
#endif

// Keeps a pointer opaque, or clang makes one pointer for each row out of base + row x stride.
#define OPAQUE(pointer) __asm__("" : "+r"(pointer))

#define EACH_ELEMENT(statement)                        \
  UNROLLED for (int r = 0; r < rows; r++) {            \
    UNROLLED for (int v = 0; v < vectors; v++) {       \
      statement;                                       \
    }                                                  \
  }

// One tile: rows of A from a_first on, times a panel, into C at c.
INLINE void tile(const int rows, const int vectors, const tile_arguments *t, const float *a_first, float *c,
                 const float *aux) {
  vf acc[MAX_TILE_ROWS][MAX_TILE_VECTORS];
  const ptrdiff_t ldc = t->ldc;
  if (t->prefetch) {
    UNROLLED for (int r = 0; r < rows; r++) {
      for (int v = 0; v < vectors * W; v += 16) __builtin_prefetch(c + r * ldc + v, 1);
    }
  }
  if (t->finish == FINISH_ACCUMULATE) {
    EACH_ELEMENT(acc[r][v] = load(c + r * ldc + v * W))
  } else {
    EACH_ELEMENT(acc[r][v] = splat(0.0f))
  }

  // strides in bytes, or clang scales them in the loop
  const ptrdiff_t a_row = 4 * t->a_row, a_k = 4 * t->a_k, b_k = 4 * t->b_k;
  const char *b = (const char *)t->b;
#if defined(__wasm__)
#define STEP(place)                                                                         \
  vf bv[MAX_TILE_VECTORS];                                                                  \
  UNROLLED for (int v = 0; v < vectors; v++) bv[v] = load((const float *)b + v * W);        \
  UNROLLED for (int r = 0; r < rows; r++) {                                                 \
    vf x = broadcast((const float *)(place));                                               \
    UNROLLED for (int v = 0; v < vectors; v++) acc[r][v] = acc[r][v] + x * bv[v];           \
  }                                                                                         \
  b += b_k;
  if (a_row == 4) {
    // neighbours: offsets of one pointer
    const char *a = (const char *)a_first;
    NOT_UNROLLED for (int32_t k = t->K; k > 0; k--) {
      STEP(a + 4 * r)
      a += a_k;
    }
  } else {
    const char *a[MAX_TILE_ROWS];
    UNROLLED for (int r = 0; r < rows; r++) a[r] = (const char *)a_first + r * a_row;
    NOT_UNROLLED for (int32_t k = t->K; k > 0; k--) {
      UNROLLED for (int r = 1; r < rows; r++) OPAQUE(a[r]);
      STEP(a[r])
      UNROLLED for (int r = 0; r < rows; r++) a[r] += a_k;
    }
  }
#undef STEP
#else
  // rows in threes: base, base + stride and base + 2 stride are addressing modes
  const ptrdiff_t b_vector = 4 * t->b_vector;
  const char *a[(MAX_TILE_ROWS + 2) / 3];
  UNROLLED for (int g = 0; 3 * g < rows; g++) a[g] = (const char *)a_first + 3 * g * a_row;
  NOT_UNROLLED for (int32_t k = t->K; k > 0; k--) {
    UNROLLED for (int g = 1; 3 * g < rows; g++) OPAQUE(a[g]);
    vf bv[MAX_TILE_VECTORS];
    UNROLLED for (int v = 0; v < vectors; v++) bv[v] = load((const float *)(b + v * b_vector));
    b += b_k;
    UNROLLED for (int r = 0; r < rows; r++) {
      vf x = broadcast((const float *)(a[r / 3] + r % 3 * a_row));
      UNROLLED for (int v = 0; v < vectors; v++) acc[r][v] = acc[r][v] + x * bv[v];
    }
    UNROLLED for (int g = 0; 3 * g < rows; g++) a[g] += a_k;
  }
#endif

  if (t->bias != NULL) {
    const float *bias = t->bias;
    EACH_ELEMENT(acc[r][v] = acc[r][v] + load(bias + v * W))
  }
  if (t->finish == FINISH_RESIDUAL) {
    EACH_ELEMENT(acc[r][v] = load(aux + r * ldc + v * W) + acc[r][v])
  } else if (t->finish == FINISH_MULTIPLY) {
    EACH_ELEMENT(acc[r][v] = load(aux + r * ldc + v * W) * acc[r][v])
  }
  if (t->columns >= vectors * W) {
    EACH_ELEMENT(store(c + r * ldc + v * W, acc[r][v]))
  } else {
    float row[MAX_TILE_VECTORS * W];
    UNROLLED for (int r = 0; r < rows; r++) {
      UNROLLED for (int v = 0; v < vectors; v++) store(row + v * W, acc[r][v]);
      for (int32_t j = 0; j < t->columns; j++) c[r * ldc + j] = row[j];
    }
  }
}

// A column of tiles.
INLINE void tile_column(const int rows, const int vectors, const tile_arguments *t) {
  const float *a = t->a, *aux = t->aux;
  float *c = t->c;
  NOT_UNROLLED for (int32_t n = t->tiles; n > 0; n--) {
    tile(rows, vectors, t, a, c, aux);
    a += rows * t->a_row;
    c += rows * t->ldc;
    aux += rows * t->ldc;
  }
}

#define DEFINE_TILE(rows, vectors) \
  OUT_OF_LINE void tile_##rows##_##vectors(const tile_arguments *t) { tile_column(rows, vectors, t); }
#if MAX_TILE_VECTORS == 4
#define DEFINE_TILES(rows) DEFINE_TILE(rows, 1) DEFINE_TILE(rows, 2) DEFINE_TILE(rows, 3) DEFINE_TILE(rows, 4)
#define TILES(rows) {tile_##rows##_1, tile_##rows##_2, tile_##rows##_3, tile_##rows##_4}
#else
#define DEFINE_TILES(rows) DEFINE_TILE(rows, 1) DEFINE_TILE(rows, 2)
#define TILES(rows) {tile_##rows##_1, tile_##rows##_2}
#endif
DEFINE_TILES(1)
DEFINE_TILES(2)
DEFINE_TILES(3)
DEFINE_TILES(4)
#if MAX_TILE_ROWS >= 6
DEFINE_TILES(5)
DEFINE_TILES(6)
#endif
#if MAX_TILE_ROWS >= 8
DEFINE_TILES(7)
DEFINE_TILES(8)
#endif
#if MAX_TILE_ROWS >= 12
DEFINE_TILES(9)
DEFINE_TILES(10)
DEFINE_TILES(11)
DEFINE_TILES(12)
#endif
#if MAX_TILE_ROWS >= 16
// of one vector only: two would spill
DEFINE_TILE(13, 1)
DEFINE_TILE(14, 1)
DEFINE_TILE(15, 1)
DEFINE_TILE(16, 1)
#endif

// [rows - 1][vectors - 1]
static tile_function *const tile_functions[MAX_TILE_ROWS][MAX_TILE_VECTORS] = {
    TILES(1), TILES(2), TILES(3), TILES(4),
#if MAX_TILE_ROWS >= 6
    TILES(5), TILES(6),
#endif
#if MAX_TILE_ROWS >= 8
    TILES(7), TILES(8),
#endif
#if MAX_TILE_ROWS >= 12
    TILES(9), TILES(10), TILES(11), TILES(12),
#endif
#if MAX_TILE_ROWS >= 16
    {tile_13_1}, {tile_14_1}, {tile_15_1}, {tile_16_1},
#endif
};

typedef struct {
  const char *name;
  int32_t rows, vectors;
} tile_shape;

// Shapes worth trying; the first is the default.
static const tile_shape tile_shapes[] = {
#if W == 16
    {"16x16", 16, 1}, {"12x16", 12, 1}, {"8x32", 8, 2}, {"12x32", 12, 2},
#elif W == 8
    {"6x16", 6, 2},
#elif defined(__aarch64__)
    {"8x8", 8, 2},
#elif defined(TP_WIDE_TILE)
    {"4x16", 4, 4},
#else
    {"4x8", 4, 2},
#endif
};
#define TILE_SHAPES ((int32_t)(sizeof tile_shapes / sizeof tile_shapes[0]))

static tile_shape current_shape = {
#if W == 16
    "16x16", 16, 1
#elif W == 8
    "6x16", 6, 2
#elif defined(__aarch64__)
    "8x8", 8, 2
#elif defined(TP_WIDE_TILE)
    "4x16", 4, 4
#else
    "4x8", 4, 2
#endif
};

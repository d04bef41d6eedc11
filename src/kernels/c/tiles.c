// The one micro-kernel behind every matrix product: a tile of C held in registers, k in order, never fused.
//
// A tile is `rows` x `vectors` native vectors. A(r, k) = a[r a_row + k a_k]; B(k, v) = b[k b_k + v b_vector], from
// panels of 16 columns [K][16]. Each element is ((start + A0 B0) + A1 B1) + ..., so all shapes give the same bits
// and the fastest can be chosen by timing. Epilogues here only add or multiply vectors: with anything heavier
// inlined compilers spill registers in the k loop.
#include "run.h"

// How a tile ends: by an epilogue, or by adding to what is there.
enum { FINISH_ACCUMULATE = FINISH_MULTIPLY + 1 };

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

#define TILE tile
#define TILE_COLUMN tile_column
#define TILE_VECTOR vf
#define TILE_LANES W
#define TILE_LOAD load
#define TILE_STORE store
#define TILE_BROADCAST broadcast
#include "tile.h"

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

#if W == 16
// Up to eight columns, in vectors half as wide: where the processor splits the full ones, this costs half.
typedef float half_vf __attribute__((vector_size(32)));
typedef float unaligned_half_vf __attribute__((vector_size(32), aligned(4), may_alias));
INLINE half_vf load_half(const float *p) { return *(const unaligned_half_vf *)p; }
INLINE void store_half(float *p, half_vf x) { *(unaligned_half_vf *)p = x; }
INLINE half_vf broadcast_half(const float *p) { return (half_vf)_mm256_set1_ps(*p); }

#define TILE half_tile
#define TILE_COLUMN half_tile_column
#define TILE_VECTOR half_vf
#define TILE_LANES 8
#define TILE_LOAD load_half
#define TILE_STORE store_half
#define TILE_BROADCAST broadcast_half
#include "tile.h"

#define EACH_HALF_TILE(statement)                                                                    \
  statement(1) statement(2) statement(3) statement(4) statement(5) statement(6) statement(7)         \
  statement(8) statement(9) statement(10) statement(11) statement(12) statement(13) statement(14)    \
  statement(15) statement(16)
#define DEFINE_HALF_TILE(rows) \
  OUT_OF_LINE void half_tile_##rows(const tile_arguments *t) { half_tile_column(rows, 1, t); }
#define HALF_TILE(rows) half_tile_##rows,
EACH_HALF_TILE(DEFINE_HALF_TILE)

// [rows - 1]
static tile_function *const half_tile_functions[MAX_TILE_ROWS] = {EACH_HALF_TILE(HALF_TILE)};
#endif

// A column of tiles `rows` high.
INLINE void run_tiles(int32_t rows, const tile_arguments *t) {
#if W == 16
  if (t->columns <= 8) {
    half_tile_functions[rows - 1](t);
    return;
  }
#endif
  tile_functions[rows - 1][(t->columns + W - 1) / W - 1](t);
}

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

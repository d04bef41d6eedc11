// Products of whole matrices by tiles.

// Which tiles of a product with a triangular matrix are computed.
enum {
  WHOLE,
  LOWER_OUTPUT,  // C: only tiles that touch the diagonal or lie below it
  LOWER_A,       // A(i, k) = 0 for k > i
  UPPER_A,       // A(i, k) = 0 for k < i
};

typedef struct {
  int32_t rows, columns, K;
  const float *a;
  ptrdiff_t a_row, a_k;
  const float *b;  // panels of 16 columns
  ptrdiff_t b_k;      // words from one k to the next within a panel
  ptrdiff_t b_panel;  // words from one panel to the next
  float *c;
  ptrdiff_t ldc;
  int32_t finish, triangle;
  const float *bias;
  const float *aux;
  float *gelu_derivative;
} product;

// Rows of A that are multiplied by a panel before the next panel comes: they stay in the second-level cache.
#define ROWS_OF_A_BLOCK 240

// From this many words of C on it is fetched ahead of its use.
#define PREFETCHED_OUTPUT_WORDS (64 * 1024)

// 1 / x, the share of its argument that gelu lets through, or 0 where that is less than 2^-80: what such a share lets through is lost in
// any sum, and its products with gradients would be denormal numbers, over which processors stumble (docs/performance.md). Nor
// does the quotient become one: x is cut where it is 0 anyway. NaN stays NaN.
INLINE vf share_of(vf x) {
  const vf share = splat(1.0f) / smaller(splat(0x1p81f), x);
  return (vf)((vi)share & ~(vi)(share < splat(0x1p-80f)));
}

// gelu(x) in place, and its derivative, of `count` vectors.
INLINE void gelu_vectors(vf *x, vf *derivative, const int count) {
#define EACH(statement) UNROLLED for (int i = 0; i < count; i++) statement
  const vf one = splat(1.0f), scale = splat(1.5957691216f);
  vf x2[IN_FLIGHT], s[IN_FLIGHT];
  EACH(x2[i] = x[i] * x[i];)
  EACH(s[i] = -((x[i] * scale) * (one + splat(0.044715f) * x2[i]));)
  exponentials(s, count);
  EACH(s[i] = share_of(one + s[i]);)
  EACH(x[i] = x[i] * s[i];)
  EACH(derivative[i] = s[i] + (x[i] * (one - s[i])) * (scale * (one + splat(0.134145f) * x2[i]));)
#undef EACH
}

// `count` whole vectors of C = gelu(C), from vector `first` of the tile on, and gelu'(C) where wanted.
INLINE void gelu_some(float *c, float *derivative, ptrdiff_t ldc, int32_t first, const int vectors, const int count) {
  vf x[IN_FLIGHT], d[IN_FLIGHT];
#define OFFSET ((first + i) / vectors * ldc + (first + i) % vectors * W)
  UNROLLED for (int i = 0; i < count; i++) x[i] = load(c + OFFSET);
  gelu_vectors(x, d, count);
  UNROLLED for (int i = 0; i < count; i++) store(c + OFFSET, x[i]);
  if (derivative != NULL) {
    UNROLLED for (int i = 0; i < count; i++) store(derivative + OFFSET, d[i]);
  }
#undef OFFSET
}

INLINE void gelu_rows(int32_t rows, float *c, float *derivative, ptrdiff_t ldc, const int vectors) {
  const int32_t total = rows * vectors;
  int32_t first = 0;
  for (; first + IN_FLIGHT <= total; first += IN_FLIGHT) gelu_some(c, derivative, ldc, first, vectors, IN_FLIGHT);
  for (; first < total; first++) gelu_some(c, derivative, ldc, first, vectors, 1);
}

// In place over a tile of C: C = gelu(C), and derivative = gelu'(C) where given.
OUT_OF_LINE void gelu_tile(int32_t rows, int32_t columns, float *c, float *derivative, ptrdiff_t ldc) {
  const int32_t vectors = columns / W, rest = columns % W;
  if (vectors == 1) gelu_rows(rows, c, derivative, ldc, 1);
  if (vectors == 2) gelu_rows(rows, c, derivative, ldc, 2);
#if MAX_TILE_VECTORS == 4
  if (vectors == 3) gelu_rows(rows, c, derivative, ldc, 3);
  if (vectors == 4) gelu_rows(rows, c, derivative, ldc, 4);
#endif
  if (rest == 0) return;
  for (int32_t r = 0; r < rows; r++) {
    const ptrdiff_t from = r * ldc + vectors * W;
    vf x = load(c + from), d;
    gelu_vectors(&x, &d, 1);
    for (int32_t l = 0; l < rest; l++) {
      c[from + l] = x[l];
      if (derivative != NULL) derivative[from + l] = d[l];
    }
  }
}

// `tiles` tiles of `height` rows, from row i on, of the columns from j on; `t` has all that they share.
INLINE void multiply_tiles(const product *p, tile_arguments *t, int32_t i, int32_t j, int32_t height, int32_t tiles) {
  if (tiles == 0) return;
  const ptrdiff_t place = i * p->ldc + j;
  t->tiles = tiles;
  t->a = p->a + i * p->a_row;
  t->c = p->c + place;
  t->aux = (p->aux == NULL ? p->c : p->aux) + place;
  run_tiles(height, t);
  if (p->finish == FINISH_GELU) {
    gelu_tile(height * tiles, t->columns, t->c, p->gelu_derivative == NULL ? NULL : p->gelu_derivative + place, p->ldc);
  }
}

// The columns from j on of a product with a triangular A: tile by tile, with those k where A is not zero.
INLINE void multiply_triangle(const product *p, tile_arguments *t, int32_t j, int32_t height, int32_t taller) {
  const float *a = p->a, *b = t->b;
  for (int32_t i = 0, n = 0; i < p->rows; n++) {
    const int32_t tile_rows = height + (n < taller);
    const int32_t first_k = p->triangle == UPPER_A ? i : 0;
    const int32_t last_k = p->triangle == LOWER_A ? minimum(p->K, i + tile_rows) : p->K;
    t->tiles = 1;
    t->K = last_k - first_k;
    t->a = a + i * p->a_row + first_k * p->a_k;
    t->b = b + first_k * p->b_k;
    t->c = p->c + i * p->ldc + j;
    t->aux = t->c;
    run_tiles(tile_rows, t);
    i += tile_rows;
  }
}

// Some rows of a product, a column of tiles after the other.
INLINE void multiply_rows(const product *p, range rows) {
  const tile_shape shape = current_shape;
  const int32_t width = shape.vectors * W, count = rows.to - rows.from;
  const int32_t tiles = (count + shape.rows - 1) / shape.rows;
  if (tiles == 0) return;
  const int32_t height = count / tiles, taller = count - height * tiles;
  tile_arguments t = {
      .K = p->K,
      .finish = p->finish,
      .prefetch = (int64_t)p->rows * p->ldc > PREFETCHED_OUTPUT_WORDS,
      .a_row = p->a_row,
      .a_k = p->a_k,
      .b_k = p->b_k,
      .b_vector = W < 16 ? W : p->b_panel,
      .ldc = p->ldc,
  };
  for (int32_t j = 0; j < p->columns; j += width) {
    t.columns = minimum(width, p->columns - j);
    t.b = p->b + (j >> 4) * p->b_panel + (j & 15);
    t.bias = p->bias == NULL ? NULL : p->bias + j;
    if (p->triangle == LOWER_A || p->triangle == UPPER_A) {
      multiply_triangle(p, &t, j, height, taller);
      continue;
    }
    // the tiles above the diagonal are left out
    int32_t tall = taller, low = tiles - taller, i = rows.from;
    if (p->triangle == LOWER_OUTPUT) {
      for (; tall > 0 && i + height + 1 <= j; tall--) i += height + 1;
      for (; low > 0 && tall == 0 && i + height <= j; low--) i += height;
    }
    multiply_tiles(p, &t, i, j, height + 1, tall);
    multiply_tiles(p, &t, i + tall * (height + 1), j, height, low);
  }
}

// Rows of A this many words apart, or a multiple of it, fall into one set of the first-level cache (4 KiB pages
// of 64 sets), where a tile's rows evict each other.
#define COLLIDING_WORDS 1024
#define COPIED_WORDS 16640

// As multiply for such an A: a few rows at a time are copied to where they do not collide.
OUT_OF_LINE void multiply_copied(const product *p) {
  float copy[COPIED_WORDS] __attribute__((aligned(64)));
  const int32_t stride = round_up_16(p->K) + 16;
  const int32_t height = minimum(current_shape.rows, COPIED_WORDS / stride);
  for (int32_t from = 0; from < p->rows; from += height) {
    const int32_t count = minimum(height, p->rows - from);
    for (int32_t r = 0; r < count; r++) {
      __builtin_memcpy(copy + r * stride, p->a + (from + r) * p->a_row, 4 * (size_t)p->K);
    }
    product part = *p;
    part.rows = count;
    part.a = copy;
    part.a_row = stride;
    part.c += from * p->ldc;
    if (p->aux != NULL) part.aux += from * p->ldc;
    if (p->gelu_derivative != NULL) part.gelu_derivative += from * p->ldc;
    multiply_rows(&part, (range){0, count});
  }
}

OUT_OF_LINE void multiply(const product *p) {
  const int collides = p->a_k == 1 && p->a_row % COLLIDING_WORDS == 0 && p->K >= 256;
  if (p->triangle != WHOLE) {
    multiply_rows(p, (range){0, p->rows});
  } else if (collides && p->rows > 4 && p->columns > 16 && p->K + 32 < COPIED_WORDS / 4) {
    multiply_copied(p);
  } else {
    for (int32_t from = 0; from < p->rows; from += ROWS_OF_A_BLOCK) {
      multiply_rows(p, (range){from, minimum(from + ROWS_OF_A_BLOCK, p->rows)});
    }
  }
}

// dW [K][columns] += X^T dY, rows in order: blocks of rows of dY are packed a few panels at a time. So is X where
// tiles are lower than a cache line is long; higher ones read whole lines of it in place.
#define COPIES_X (W < 16)
#define GRADIENT_ROWS (COPIES_X ? 128 : 256)
#define GRADIENT_COLUMNS (COPIES_X ? 128 : 32)
#define GRADIENT_K 32

// src [rows][width] with leading dimension ld -> dst [rows][width]; writes up to 15 words more.
INLINE void copy_block(const float *src, ptrdiff_t ld, int32_t rows, int32_t width, float *dst) {
  for (int32_t r = 0; r < rows; r++) {
    for (int32_t j = 0; j < width; j += 16) store16(dst + r * width + j, load16(src + r * ld + j));
  }
}

// dW [K][width] += X^T dY for a block of rows, of which dY is packed.
INLINE void multiply_gradient_block(int32_t rows, range K, int32_t width, const float *X, ptrdiff_t ldx,
                                    const float *packed_dy, float *dW, ptrdiff_t ldw) {
  product block = {
      .columns = width,
      .K = rows,
      .a_row = 1,
      .b = packed_dy,
      .b_k = 16,
      .b_panel = 16 * rows,
      .ldc = ldw,
      .finish = FINISH_ACCUMULATE,
  };
#if COPIES_X
  float packed_x[GRADIENT_ROWS * GRADIENT_K + 16] __attribute__((aligned(64)));
  const int32_t parts = (K.to - K.from + GRADIENT_K - 1) / GRADIENT_K;
  for (int32_t part = 0; part < parts; part++) {
    const int32_t from = K.from + (K.to - K.from) * part / parts, to = K.from + (K.to - K.from) * (part + 1) / parts;
    copy_block(X + from, ldx, rows, to - from, packed_x);
    block.rows = to - from;
    block.a = packed_x;
    block.a_k = to - from;
    block.c = dW + from * ldw;
    multiply(&block);
  }
#else
  block.rows = K.to - K.from;
  block.a = X + K.from;
  block.a_k = ldx;
  block.c = dW + K.from * ldw;
  multiply(&block);
#endif
}

OUT_OF_LINE void multiply_transposed(int32_t rows, range K, int32_t columns, const float *X, ptrdiff_t ldx,
                                     const float *dY, ptrdiff_t ldy, float *dW, ptrdiff_t ldw) {
  float packed_dy[GRADIENT_ROWS * GRADIENT_COLUMNS] __attribute__((aligned(64)));
  const int32_t step = COPIES_X ? GRADIENT_COLUMNS : W * current_shape.vectors;
  if (K.to == K.from) return;
  for (int32_t from = 0; from < rows; from += GRADIENT_ROWS) {
    const int32_t count = minimum(GRADIENT_ROWS, rows - from);
    for (int32_t first = 0; first < columns; first += step) {
      const int32_t width = minimum(step, columns - first);
      for (int32_t j = 0; j < width; j += 16) {
        copy_block(dY + from * ldy + first + j, ldy, count, 16, packed_dy + j * count);
      }
      multiply_gradient_block(count, K, width, X + from * ldx, ldx, packed_dy, dW + first, ldw);
    }
  }
}

// A tile of C in registers, and a column of tiles. Included once for each width of vectors, after the definition of
// TILE, TILE_COLUMN (names), TILE_VECTOR, TILE_LANES, TILE_LOAD, TILE_STORE and TILE_BROADCAST, which it undefines.

#define EACH_ELEMENT(statement)                        \
  UNROLLED for (int r = 0; r < rows; r++) {            \
    UNROLLED for (int v = 0; v < vectors; v++) {       \
      statement;                                       \
    }                                                  \
  }

// One tile: rows of A from a_first on, times a panel, into C at c.
INLINE void TILE(const int rows, const int vectors, const tile_arguments *t, const float *a_first, float *c,
                 const float *aux) {
  TILE_VECTOR acc[MAX_TILE_ROWS][MAX_TILE_VECTORS];
  const ptrdiff_t ldc = t->ldc;
  if (t->prefetch) {
    UNROLLED for (int r = 0; r < rows; r++) {
      for (int v = 0; v < vectors * TILE_LANES; v += 16) __builtin_prefetch(c + r * ldc + v, 1);
    }
  }
  if (t->finish == FINISH_ACCUMULATE) {
    EACH_ELEMENT(acc[r][v] = TILE_LOAD(c + r * ldc + v * TILE_LANES))
  } else {
    EACH_ELEMENT(acc[r][v] = (TILE_VECTOR){0})
  }

  // strides in bytes, or clang scales them in the loop
  const ptrdiff_t a_row = 4 * t->a_row, a_k = 4 * t->a_k, b_k = 4 * t->b_k;
  const char *b = (const char *)t->b;
#if defined(__wasm__)
#define STEP(place)                                                                                \
  TILE_VECTOR bv[MAX_TILE_VECTORS];                                                                \
  UNROLLED for (int v = 0; v < vectors; v++) bv[v] = TILE_LOAD((const float *)b + v * TILE_LANES); \
  UNROLLED for (int r = 0; r < rows; r++) {                                                        \
    TILE_VECTOR x = TILE_BROADCAST((const float *)(place));                                        \
    UNROLLED for (int v = 0; v < vectors; v++) acc[r][v] = acc[r][v] + x * bv[v];                  \
  }                                                                                                \
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
    TILE_VECTOR bv[MAX_TILE_VECTORS];
    UNROLLED for (int v = 0; v < vectors; v++) bv[v] = TILE_LOAD((const float *)(b + v * b_vector));
    b += b_k;
    UNROLLED for (int r = 0; r < rows; r++) {
      TILE_VECTOR x = TILE_BROADCAST((const float *)(a[r / 3] + r % 3 * a_row));
      UNROLLED for (int v = 0; v < vectors; v++) acc[r][v] = acc[r][v] + x * bv[v];
    }
    UNROLLED for (int g = 0; 3 * g < rows; g++) a[g] += a_k;
  }
#endif

  if (t->bias != NULL) {
    const float *bias = t->bias;
    EACH_ELEMENT(acc[r][v] = acc[r][v] + TILE_LOAD(bias + v * TILE_LANES))
  }
  if (t->finish == FINISH_RESIDUAL) {
    EACH_ELEMENT(acc[r][v] = TILE_LOAD(aux + r * ldc + v * TILE_LANES) + acc[r][v])
  } else if (t->finish == FINISH_MULTIPLY) {
    EACH_ELEMENT(acc[r][v] = TILE_LOAD(aux + r * ldc + v * TILE_LANES) * acc[r][v])
  }
  if (t->columns >= vectors * TILE_LANES) {
    EACH_ELEMENT(TILE_STORE(c + r * ldc + v * TILE_LANES, acc[r][v]))
  } else {
    float row[MAX_TILE_VECTORS * TILE_LANES];
    UNROLLED for (int r = 0; r < rows; r++) {
      UNROLLED for (int v = 0; v < vectors; v++) TILE_STORE(row + v * TILE_LANES, acc[r][v]);
      for (int32_t j = 0; j < t->columns; j++) c[r * ldc + j] = row[j];
    }
  }
}

// A column of tiles.
INLINE void TILE_COLUMN(const int rows, const int vectors, const tile_arguments *t) {
  const float *a = t->a, *aux = t->aux;
  float *c = t->c;
  NOT_UNROLLED for (int32_t n = t->tiles; n > 0; n--) {
    TILE(rows, vectors, t, a, c, aux);
    a += rows * t->a_row;
    c += rows * t->ldc;
    aux += rows * t->ldc;
  }
}

#undef EACH_ELEMENT
#undef TILE
#undef TILE_COLUMN
#undef TILE_VECTOR
#undef TILE_LANES
#undef TILE_LOAD
#undef TILE_STORE
#undef TILE_BROADCAST

// Changes to the C source that the self-test must notice, or the reason why a change has no effect.
// [file, before, after, reason]: `before` stands once in the file or the first time is meant.

const LEADING =
  'the next roundings swallow it: one result changes among the 119 million arguments of [-20, -0.001]';
const LAYOUT = 'it moves rows of logits within the scratch and changes no value';

export const mutants = [
  // exponentials, sums, logarithms
  ['vector.h', 'splat(1.9875691500e-4f)', 'splat(1.98756929e-4f)', LEADING],
  ['vector.h', 'EACH(x[i] = x[i] - n[i] * splat(-2.12194440e-4f);)', ''],
  ['vector.h', 'splat(8.3334519073e-3f)', 'splat(8.33347e-3f)'],
  ['vector.h', '(p[i] * (x[i] * x[i]) + x[i]) + splat(1.0f)', 'p[i] * (x[i] * x[i]) + (x[i] + splat(1.0f))'],
  ['vector.h', 'smaller(splat(88.0f)', 'smaller(splat(10.0f)'],
  ['vector.h', 'larger(splat(-87.0f)', 'larger(splat(-20.0f)'],
  ['vector.h', '(four[0] + four[2]) + (four[1] + four[3])', '(four[0] + four[1]) + (four[2] + four[3])'],
  ['vector.h', 'tail_masks + 16 - n;\n  EACH_PART(x', 'tail_masks + 15 - n;\n  EACH_PART(x'],
  ['vector.h', '6.666666666666735130e-1', '6.667e-1'],
  ['vector.h', 'exponent * ln2_high - ', 'exponent * 0.693147 - '],
  // products
  ['product.c', 'splat(0.044715f)', 'splat(0.0447151f)'],
  ['product.c', 'splat(0.134145f)', 'splat(0.1341451f)'],
  ['product.c', 'splat(0x1p-80f)', 'splat(0x1p-100f)'],
  ['product.c', 'splat(0x1p81f)', 'splat(0x1p79f)'],
  ['product.c', '4 * (size_t)p->K', '4 * (size_t)(p->K - 1)'],
  ['product.c', 'minimum(from + ROWS_OF_A_BLOCK, p->rows)', 'minimum(from + ROWS_OF_A_BLOCK - 1, p->rows)'],
  ['product.c', 'minimum(GRADIENT_ROWS, rows - from)', 'minimum(GRADIENT_ROWS - 1, rows - from)'],
  ['tile.h', 'j < t->columns; j++', 'j < t->columns - 1; j++'],
  ['tile.h', 'acc[r][v] = acc[r][v] + TILE_LOAD(bias', 'acc[r][v] = acc[r][v] - TILE_LOAD(bias'],
  ['tile.h', '+ v * TILE_LANES) * acc[r][v]', '+ v * TILE_LANES) + acc[r][v]'],
  ['matmul.c', 'floats_at(run, a->bias) + g * a->n', 'floats_at(run, a->bias)'],
  ['matmul.c', 'sums[j] = sums[j] + row[j]', 'sums[j] = sums[j] - row[j]'],
  ['common.h', 'src[(j + l) * ld + k] : 0.0f', 'src[(j + l) * ld + k] : 1.0f'],
  ['common.h', 'j + 32 <= whole; j += 32', 'j + 64 <= whole; j += 32'],
  // embeddings, positions, buffers
  ['embed.c', 'dst[i] + scale * src[i]', 'dst[i] + src[i] / (1.0f / scale)'],
  ['embed.c', 'token[i] + position[i]', 'token[i] - position[i]'],
  ['embed.c', 'position[i] = position[i] + gradient[i]', 'position[i] = gradient[i]'],
  ['embed.c', 'second[i] = y * cosine[i] + x * sine[i]', 'second[i] = y * cosine[i] - x * sine[i]'],
  ['embed.c', 'first[i] = x * cosine[i] + y * sine[i]', 'first[i] = x * cosine[i] - y * sine[i]'],
  [
    'embed.c',
    'first[i] = x * cosine[i] - y * sine[i]',
    'first[i] = x * cosine[i] + y * -sine[i]',
    'a - b and a + (-b) are the same number, and so are -(y sin) and y (-sin)',
  ],
  // normalisation
  ['normalise.c', 'NORM_EPSILON 1e-5f', 'NORM_EPSILON 1.1e-5f'],
  [
    'normalise.c',
    'multiply16(multiply16(load16(x + j), rstds), load16(gain + j))',
    'multiply16(load16(x + j), multiply16(rstds, load16(gain + j)))',
  ],
  ['normalise.c', 'if (a->accumulate) value', 'if (!a->accumulate) value'],
  ['normalise.c', 'add16(load16(a->d_bias + j), gradient)', 'add16(load16(a->d_bias + j), product)'],
  ['normalise.c', 'if (centred) scaled = subtract16(scaled, offset);', ''],
  // attention
  ['attention.c', '__builtin_sqrtf((float)D)', '__builtin_sqrtf((float)(D + 1))'],
  [
    'attention.c',
    'first_lanes(value, i + 1 - j)',
    'value',
    'right of the diagonal P is 0, so the gradient is a zero there already; the mask is for scratch that holds NaN',
  ],
  ['attention.c', 'weighted_sum(&z, P, 1, as_right', 'weighted_sum(&z, P, 0, as_right'],
  ['attention.c', 'step_values(heads, scores, p + 1', 'step_values(heads, scores, p'],
  ['attention.c', 'load16(k + 3 * panel', 'load16(k + 2 * panel'],
  // the head
  ['head.c', 'logits[target] - weight', 'logits[target] + weight'],
  ['head.c', 'splat16(weight / Z)', 'splat16(weight * (1.0f / Z))'],
  ['head.c', 'HEAD_ROWS - 4, ldl + 16', 'HEAD_ROWS, ldl + 16'],
  ['head.c', 'ldl % 512 == 0', 'ldl % 512 == 1', LAYOUT],
  ['head.c', 'if (j == whole) rest', 'if (j == whole + 16) rest'],
  // sampling
  ['sample.c', 'if (running > threshold) return', 'if (running >= threshold) return'],
  ['sample.c', '(*equals)-- <= 0', '(*equals)-- < 0'],
  [
    'sample.c',
    '>= topK) key |= bit',
    '> topK) key |= bit',
    'where as many as topK reach a key, the next smaller one is found, of which none is taken',
  ],
  ['sample.c', 'if (s->scale != 1.0f)', 'if (s->scale == 1.0f)'],
  ['sample.c', '(double)row->S / row->Z', '(double)row->Z / row->S'],
  [
    'sample.c',
    'row->marks[mark] > threshold',
    'row->marks[mark] >= threshold',
    'the search begins a mark earlier, at the same running sum, and finds the same token',
  ],
  // optimisers
  ['optimise.c', 's.oneMinusBeta2 * (gradient * gradient)', '(s.oneMinusBeta2 * gradient) * gradient'],
  [
    'optimise.c',
    '__builtin_sqrtf(second * s.correction2) + s.epsilon',
    '__builtin_sqrtf(second * s.correction2)',
  ],
  ['optimise.c', 's.learningRate * (g[i] * s.gradientScale)', 's.learningRate * g[i] * s.gradientScale'],
  [
    'optimise.c',
    'const float parameter = a->useDecay ? p[i] - decay * p[i] : p[i];',
    'const float parameter = p[i];',
  ],
  ['optimise.c', 'a->count - b * SUM_SQUARES_BLOCK', 'a->count - 1 - b * SUM_SQUARES_BLOCK'],
].map(([file, before, after, reason]) => ({ file, before, after, reason }));

// Transposition of sixteen by sixteen floats in registers, and of sixteen long rows by it. Included once for each
// instruction set: no include guard.

#define TPS_LOW(s, l) ((l) & (s) ? 16 + (l) - (s) : (l))
#define TPS_HIGH(s, l) ((l) & (s) ? 16 + (l) : (l) + (s))
#define TPS_SHUFFLE(F, s, a, b)                                                                                       \
  __builtin_shufflevector(a, b, F(s, 0), F(s, 1), F(s, 2), F(s, 3), F(s, 4), F(s, 5), F(s, 6), F(s, 7), F(s, 8),     \
                          F(s, 9), F(s, 10), F(s, 11), F(s, 12), F(s, 13), F(s, 14), F(s, 15))
/// Exchanges the off-diagonal squares of side `s`.
#define TPS_EXCHANGE(s)                                                                                               \
  TPS_UNROLL for (int i = 0; i < 16; i++) if (!(i & s)) {                                                             \
    f32x16 low = TPS_SHUFFLE(TPS_LOW, s, rows[i], rows[i + s]), high = TPS_SHUFFLE(TPS_HIGH, s, rows[i], rows[i + s]); \
    rows[i] = low;                                                                                                    \
    rows[i + s] = high;                                                                                               \
  }

TPS_INLINE void TPS_NAME(transpose16)(f32x16 rows[16]) {
  TPS_EXCHANGE(8)
  TPS_EXCHANGE(4)
  TPS_EXCHANGE(2)
  TPS_EXCHANGE(1)
}

/// to[column][row] ← from[row][column] for sixteen rows and `columns` (a multiple of sixteen) columns.
TPS_INLINE void TPS_NAME(transpose_rows)(const float *from, ptrdiff_t stride, int columns, float (*to)[16]) {
  for (int j = 0; j < columns; j += 16) {
    f32x16 rows[16];
    TPS_UNROLL for (int l = 0; l < 16; l++) memcpy(&rows[l], from + l * stride + j, 64);
    TPS_NAME(transpose16)(rows);
    TPS_UNROLL for (int l = 0; l < 16; l++) memcpy(to[j + l], &rows[l], 64);
  }
}

/// The way back: to[row][column] ← from[column][row] for `rows` of sixteen rows and any number of columns; `from` is
/// read up to a multiple of sixteen columns.
TPS_INLINE void TPS_NAME(transpose_columns)(
    const float (*from)[16], int rows, int columns, float *to, ptrdiff_t stride) {
  for (int j = 0; j < columns; j += 16) {
    f32x16 square[16];
    TPS_UNROLL for (int l = 0; l < 16; l++) memcpy(&square[l], from[j + l], 64);
    TPS_NAME(transpose16)(square);
    const int count = columns - j < 16 ? columns - j : 16;
    for (int l = 0; l < rows; l++) memcpy(to + l * stride + j, &square[l], count * sizeof(float));
  }
}

#undef TPS_LOW
#undef TPS_HIGH
#undef TPS_SHUFFLE
#undef TPS_EXCHANGE

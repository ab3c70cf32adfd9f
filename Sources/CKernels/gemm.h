// The micro-kernel: a block of C (rows × one or two vectors of sixteen columns) is held in registers while the depth is
// walked. Included once for each instruction set, after activation.h: no include guard.

#if TPS_WIDE
#define TPS_ROWS 12
#define TPS_PAIR 2
#else
#define TPS_ROWS 6
#define TPS_PAIR 1
#endif

/// C[r][j] (+)= Σ_d A[r · rowStride + d · depthStride] × B[j · vectorStride + d · bStride], A in 32-bit words, B in
/// vectors of sixteen words; C has `cStride` floats a row.
TPS_INLINE void TPS_NAME(block)(
    const int rows, const int vectors, int accumulate, int depth, const uint32_t *a, ptrdiff_t rowStride,
    ptrdiff_t depthStride, const uint32_t *b, ptrdiff_t vectorStride, ptrdiff_t bStride, float *c, ptrdiff_t cStride) {
  f32x16 acc[TPS_ROWS][2];
  TPS_UNROLL for (int r = 0; r < rows; r++) TPS_UNROLL for (int j = 0; j < vectors; j++) {
    if (accumulate) memcpy(&acc[r][j], c + r * cStride + j * 16, 64);
    else acc[r][j] = 0;
  }
  for (int d = 0; d < depth; d++) {
    u32x16 bv[2];
    TPS_UNROLL for (int j = 0; j < vectors; j++) memcpy(&bv[j], b + j * vectorStride, 64);
    TPS_UNROLL for (int r = 0; r < rows; r++) {
      uint32_t word = a[r * rowStride];
      TPS_UNROLL for (int j = 0; j < vectors; j++) acc[r][j] = TPS_NAME(multiply)(acc[r][j], word, bv[j]);
    }
    a += depthStride;
    b += bStride;
  }
  TPS_UNROLL for (int r = 0; r < rows; r++) TPS_UNROLL for (int j = 0; j < vectors; j++)
    memcpy(c + r * cStride + j * 16, &acc[r][j], 64);
}

#define TPS_BLOCK(R)                                                                                                  \
  while (rows - done >= R) {                                                                                          \
    TPS_NAME(block)(R, vectors, accumulate, depth, a + done * rowStride, rowStride, depthStride, b, vectorStride,     \
                    bStride, c + done * cStride, cStride);                                                            \
    done += R;                                                                                                        \
  }

/// The same for any number of rows.
TPS_INLINE void TPS_NAME(panel)(
    const int vectors, int accumulate, int rows, int depth, const uint32_t *a, ptrdiff_t rowStride,
    ptrdiff_t depthStride, const uint32_t *b, ptrdiff_t vectorStride, ptrdiff_t bStride, float *c, ptrdiff_t cStride) {
  int done = 0;
#if TPS_WIDE
  TPS_BLOCK(12)
  TPS_BLOCK(8)
#else
  TPS_BLOCK(6)
#endif
  TPS_BLOCK(4)
  TPS_BLOCK(2)
  TPS_BLOCK(1)
}
#undef TPS_BLOCK

// Sums of the gradient of weights: for each matrix [pairs of output blocks][padded inputs][32], where an odd last
// block, and each block where registers are few, has rows of 16: so a product walks the inputs in one run of memory.
// Included once for each instruction set, after gemm.h: no include guard.

/// Adds to matrix `index` (or makes it) the product over `depth` words of rows a (inputs, aRow words apart) and b.
TPS_INLINE void TPS_NAME(accumulate)(
    float *sums, ptrdiff_t index, int accumulate, int inputs, int outputBlocks, int depth, const uint32_t *a,
    ptrdiff_t aRow, const uint32_t *b, ptrdiff_t bRow) {
  for (int k = 0; k < outputBlocks; k += TPS_PAIR) {
    float *c = sums + (index * outputBlocks + k) * inputs * 16;
    if (outputBlocks - k >= 2 && TPS_PAIR == 2)
      TPS_NAME(panel)(2, accumulate, inputs, depth, a, 1, aRow, b + k * 16, 16, bRow, c, 32);
    else
      TPS_NAME(panel)(1, accumulate, inputs, depth, a, 1, aRow, b + k * 16, 16, bRow, c, 16);
  }
}

/// One row of matrix `index`: input `input` and output block `k`, summed over threads whose sums lie `stride` apart.
TPS_INLINE f32x16 TPS_NAME(collected)(
    const float *sums, ptrdiff_t index, int inputs, int outputBlocks, int input, int k, int threads, ptrdiff_t stride) {
  const int pair = k / TPS_PAIR * TPS_PAIR, width = outputBlocks - pair >= 2 && TPS_PAIR == 2 ? 32 : 16;
  const float *p = sums + (index * outputBlocks + pair) * inputs * 16 + (ptrdiff_t)input * width + (k - pair) * 16;
  f32x16 total, other;
  memcpy(&total, p, 64);
  for (int t = 1; t < threads; t++) {
    memcpy(&other, p + t * stride, 64);
    total += other;
  }
  return total;
}

// The gradient of a convolution's weights as one product for each of the kernel's taps, for one instruction set: pixels
// are packed for the product, a few rows of the output at a time.
#include "activation.h"
#include "gemm.h"
#include "sums.h"
#include "transpose.h"

#define TPS_PIXELS_PER_WORD (TPS_BF16 ? 2 : 1)

/// Packs a row of `words` words from pixels `step` apart, of which those outside 0 ..< `width` are zero; `row` NULL: all.
TPS_INLINE void TPS_NAME(pack_row)(
    const ACT *row, int width, int first, int step, int pixels, uint32_t *target, ptrdiff_t stride) {
  for (int x = 0; x < pixels; x += TPS_PIXELS_PER_WORD, target += stride) {
    f32x16 v[2] = {0, 0};
    for (int i = 0; i < TPS_PIXELS_PER_WORD && x + i < pixels; i++) {
      const int column = first + (x + i) * step;
      if (row && (unsigned)column < (unsigned)width) v[i] = TPS_NAME(load)(row + (ptrdiff_t)column * 16);
    }
    u32x16 words = TPS_NAME(words)(v[0], v[1]);
    memcpy(target, &words, 64);
  }
}

/// Output rows first ..< end of all images' into the sums of one matrix a tap.
static void TPS_NAME(direct_gradient_rows)(
    tps_strided_conv conv, int first, int end, int blockRows, const void *input, const void *gradient, float *sums,
    void *scratch) {
  const int inputBlocks = tps_blocks(conv.inputs), outputBlocks = tps_blocks(conv.outputs);
  const int inputs = inputBlocks * 16, taps = conv.kernel * conv.kernel, padding = conv.kernel / 2;
  const ptrdiff_t plane = (ptrdiff_t)conv.height * conv.width * 16;
  const ptrdiff_t outputPlane = (ptrdiff_t)conv.outputHeight * conv.outputWidth * 16;
  // A little more than the channels, so that words do not meet in the same cache sets.
  const ptrdiff_t xRow = inputs + 16, dRow = outputBlocks * 16 + 16;
  const int rowWords = (conv.outputWidth + TPS_PIXELS_PER_WORD - 1) / TPS_PIXELS_PER_WORD;
  const ptrdiff_t xStride = blockRows * rowWords * xRow;
  uint32_t *x = scratch, *d = x + taps * xStride;

  for (int start = first; start < end; start += blockRows) {
    const int rows = end - start < blockRows ? end - start : blockRows;
    for (int r = 0; r < rows; r++) {
      const int image = (start + r) / conv.outputHeight, y = (start + r) % conv.outputHeight;
      for (int b = 0; b < inputBlocks; b++)
        for (int t = 0; t < taps; t++) {
          const int row = y * conv.stride + t / conv.kernel - padding;
          const ACT *source = (const ACT *)input + ((ptrdiff_t)image * inputBlocks + b) * plane;
          TPS_NAME(pack_row)(
              (unsigned)row < (unsigned)conv.height ? source + (ptrdiff_t)row * conv.width * 16 : NULL, conv.width,
              t % conv.kernel - padding, conv.stride, conv.outputWidth, x + t * xStride + r * rowWords * xRow + b * 16,
              xRow);
        }
      for (int b = 0; b < outputBlocks; b++)
        TPS_NAME(pack_row)(
            (const ACT *)gradient + ((ptrdiff_t)image * outputBlocks + b) * outputPlane +
                (ptrdiff_t)y * conv.outputWidth * 16,
            conv.outputWidth, 0, 1, conv.outputWidth, d + r * rowWords * dRow + b * 16, dRow);
    }
    for (int t = 0; t < taps; t++)
      TPS_NAME(accumulate)(sums, t, start > first, inputs, outputBlocks, rows * rowWords, x + t * xStride, xRow, d, dRow);
  }
}

static size_t TPS_NAME(direct_gradient_bytes)(tps_strided_conv conv, int blockRows) {
  const size_t rowWords = (conv.outputWidth + TPS_PIXELS_PER_WORD - 1) / TPS_PIXELS_PER_WORD;
  const size_t inputs = (size_t)tps_blocks(conv.inputs) * 16 + 16, outputs = (size_t)tps_blocks(conv.outputs) * 16 + 16;
  return blockRows * rowWords * ((size_t)conv.kernel * conv.kernel * inputs + outputs) * 4;
}

/// Output block `k` and the sixteen inputs behind `first` of the threads' sums into gradient [outputs][inputs][taps].
static void TPS_NAME(direct_gradient_block)(
    tps_strided_conv conv, int k, int first, int threads, const float *sums, ptrdiff_t threadStride, float *gradient) {
  const int inputs = tps_blocks(conv.inputs) * 16, outputBlocks = tps_blocks(conv.outputs);
  const int lanes = conv.outputs - k * 16 < 16 ? conv.outputs - k * 16 : 16, taps = conv.kernel * conv.kernel;
  float filters[16 * TPS_MOST_TAPS][16] __attribute__((aligned(64)));
  for (int c = 0; c < 16; c++)
    for (int t = 0; t < taps; t++) {
      f32x16 v = TPS_NAME(collected)(sums, t, inputs, outputBlocks, first + c, k, threads, threadStride);
      memcpy(filters[c * taps + t], &v, 64);
    }
  const int count = conv.inputs - first < 16 ? conv.inputs - first : 16;
  TPS_NAME(transpose_columns)(filters, lanes, count * taps, gradient + ((ptrdiff_t)k * 16 * conv.inputs + first) * taps,
                              (ptrdiff_t)conv.inputs * taps);
}

#undef TPS_PIXELS_PER_WORD

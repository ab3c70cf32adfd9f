// The gradient of the weights of F(4×4, 3×3) for one instruction set: tiles of the input and of the output's gradient are
// transformed and multiplied into the sums of 36 matrices, a block of tiles at a time.
#include "activation.h"
#include "gemm.h"
#include "sums.h"
#include "transforms.h"
#include "tiles.h"

#define TPS_TILES_PER_WORD (TPS_BF16 ? 2 : 1)

/// The transform of a row of one tile, or of two side by side, stored as words into matrices `stride` apart.
#define TPS_STORE_ROWS(transform, half, target, stride)                                                               \
  TPS_UNROLL for (int r = 0; r < 6; r++) {                                                                            \
    VEC row[2][6];                                                                                                    \
    TPS_NAME(transform)(half[0][r], row[0]);                                                                          \
    if (count == 2) TPS_NAME(transform)(half[1][r], row[1]);                                                          \
    else TPS_UNROLL for (int c = 0; c < 6; c++) row[1][c] = 0;                                                        \
    TPS_UNROLL for (int c = 0; c < 6; c++)                                                                            \
      TPS_NAME(store_words)((target) + (r * 6 + c) * (stride), row[0][c], row[1][c]);                                 \
  }

/// Bᵀ d B of `count` tiles of the input and one block of channels.
TPS_INLINE void TPS_NAME(gather_input)(
    const int count, const TPS_NAME(window) tiles[2], uint32_t *target, ptrdiff_t stride) {
  for (int lane = 0; lane < 16; lane += TPS_LANES) {
    VEC half[2][6][6];
    for (int i = 0; i < count; i++) TPS_NAME(input_columns)(tiles[i], lane, half[i]);
    TPS_STORE_ROWS(input6, half, target + lane, stride)
  }
}

/// A y Aᵀ of `count` tiles of the output's gradient and one block of channels.
TPS_INLINE void TPS_NAME(gather_gradient)(
    const int count, const TPS_NAME(window) tiles[2], uint32_t *target, ptrdiff_t stride) {
  for (int lane = 0; lane < 16; lane += TPS_LANES) {
    VEC half[2][6][4];
    for (int i = 0; i < count; i++)
      TPS_UNROLL for (int c = 0; c < 4; c++) {
        VEC column[4], m[6];
        TPS_UNROLL for (int r = 0; r < 4; r++)
          column[r] = TPS_NAME(load_part)(tiles[i].first + r * tiles[i].stride + c * 16 + lane);
        TPS_NAME(gradient6)(column, m);
        TPS_UNROLL for (int r = 0; r < 6; r++) half[i][r][c] = m[r];
      }
    TPS_STORE_ROWS(gradient6, half, target + lane, stride)
  }
}

/// Tiles first ..< end of the gradient of the weights into the sums of 36 matrices.
static void TPS_NAME(winograd_gradient_tiles)(
    tps_conv conv, int first, int end, int blockTiles, const void *input, const void *gradient, float *sums,
    void *scratch) {
  const int inputBlocks = tps_blocks(conv.inputs), outputBlocks = tps_blocks(conv.outputs);
  const int inputs = inputBlocks * 16, outputs = outputBlocks * 16;
  const ptrdiff_t plane = (ptrdiff_t)conv.height * conv.width * 16;
  const int words = blockTiles / TPS_TILES_PER_WORD;
  const ptrdiff_t vRow = inputs + TPS_GAP, dRow = outputs + TPS_GAP;
  const ptrdiff_t vStride = words * vRow, dStride = words * dRow;
  uint32_t *v = scratch, *d = v + 36 * vStride;
  ACT copy[2][36 * 16] __attribute__((aligned(64)));
  TPS_NAME(place) places[2 * TPS_MOST_TILES];

  for (int start = first; start < end; start += blockTiles) {
    const int tiles = end - start < blockTiles ? end - start : blockTiles;
    const int next = end - start - tiles < blockTiles ? end - start - tiles : blockTiles;
    const int depth = (tiles + TPS_TILES_PER_WORD - 1) / TPS_TILES_PER_WORD;
    TPS_NAME(find_places)(conv, start, tiles + next, places);
    for (int w = 0; w < depth; w++) {
      const TPS_NAME(place) *p = places + w * TPS_TILES_PER_WORD;
      const int count = tiles - w * TPS_TILES_PER_WORD < TPS_TILES_PER_WORD ? 1 : TPS_TILES_PER_WORD;
      for (int b = 0; b < inputBlocks; b++) {
        TPS_NAME(window) x[2];
        for (int i = 0; i < count; i++)
          x[i] = TPS_NAME(window_at)(6, (const ACT *)input + ((ptrdiff_t)p[i].image * inputBlocks + b) * plane,
                                     conv.height, conv.width, p[i].y - 1, p[i].x - 1, copy[i]);
        TPS_NAME(gather_input)(count, x, v + w * vRow + b * 16, vStride);
      }
      for (int b = 0; b < outputBlocks; b++) {
        TPS_NAME(window) y[2];
        for (int i = 0; i < count; i++)
          y[i] = TPS_NAME(window_at)(4, (const ACT *)gradient + ((ptrdiff_t)p[i].image * outputBlocks + b) * plane,
                                     conv.height, conv.width, p[i].y, p[i].x, copy[i]);
        TPS_NAME(gather_gradient)(count, y, d + w * dRow + b * 16, dStride);
      }
    }
    for (int i = 0; i < 36; i++) {
      const int planes = inputBlocks + outputBlocks;
      for (int q = next * planes * i / 36; q < next * planes * (i + 1) / 36; q++) {
        TPS_NAME(place) p = places[tiles + q / planes];
        const int b = q % planes;
        const ACT *source = b < inputBlocks
                                ? (const ACT *)input + ((ptrdiff_t)p.image * inputBlocks + b) * plane
                                : (const ACT *)gradient + ((ptrdiff_t)p.image * outputBlocks + b - inputBlocks) * plane;
        TPS_NAME(prefetch_tile)(0, source, conv.height, conv.width, p.y, p.x);
      }
      TPS_NAME(accumulate)(sums, i, start > first, inputs, outputBlocks, depth, v + i * vStride, vRow, d + i * dStride, dRow);
    }
  }
}

static size_t TPS_NAME(winograd_gradient_bytes)(tps_conv conv, int blockTiles) {
  const size_t channels = (size_t)(tps_blocks(conv.inputs) + tps_blocks(conv.outputs)) * 16;
  return 36 * (blockTiles / TPS_TILES_PER_WORD * (channels + 2 * TPS_GAP)) * 4;
}

#undef TPS_TILES_PER_WORD
#undef TPS_STORE_ROWS

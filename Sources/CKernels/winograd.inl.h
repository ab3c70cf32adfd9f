// F(4×4, 3×3) for one instruction set: tiles are transformed into 36 small matrices, multiplied, and transformed back,
// a block of tiles at a time, so that everything stays in the second-level cache.
#include "activation.h"
#include "gemm.h"
#include "nonlinearity.h"
#include "transforms.h"
#include "tiles.h"

/// The words by which the depth of a product is counted: floats, or pairs of bfloat16.
#define TPS_WORDS(channels) (TPS_BF16 ? (channels) / 2 : (channels))

/// Bᵀ d B of one tile and one block of channels.
static void TPS_NAME(transform_input)(TPS_NAME(window) w, ACT *v, ptrdiff_t matrixStride) {
  for (int lane = 0; lane < 16; lane += TPS_LANES) {
    VEC d[6][6];
    TPS_NAME(input_columns)(w, lane, d);
    TPS_UNROLL for (int r = 0; r < 6; r++) {
      VEC row[6];
      TPS_NAME(input6)(d[r], row);
      TPS_UNROLL for (int c = 0; c < 6; c++)
        TPS_NAME(store_part)(v + (r * 6 + c) * matrixStride + lane, row[c]);
    }
  }
}

/// The activations that a ReLU is not take many instructions: one copy of them, called for four pixels at a time.
static __attribute__((noinline)) void TPS_NAME(activate_row)(tps_activation activation, VEC row[4]) {
  f32x16 values[TPS_LANES / 4];
  memcpy(values, row, sizeof values);
  for (int i = 0; i < TPS_LANES / 4; i++)
    values[i] = activation == TPS_GELU ? TPS_NAME(activate)(TPS_GELU, values[i]) : TPS_NAME(activate)(TPS_SILU, values[i]);
  memcpy(row, values, sizeof values);
}

/// Aᵀ m A of one tile and TPS_LANES channels, and what follows it, stored.
TPS_INLINE void TPS_NAME(transform_part)(
    const int residual, const tps_activation activation, const float *m, ptrdiff_t matrixStride, ACT *target,
    const ACT *addend, ptrdiff_t stride, int rows, int columns, const float *bias, float *sums) {
  VEC half[4][6], offset, total[2];
  TPS_UNROLL for (int c = 0; c < 6; c++) {
    VEC column[6], v[4];
    TPS_UNROLL for (int r = 0; r < 6; r++) memcpy(&column[r], m + (r * 6 + c) * matrixStride, sizeof(VEC));
    TPS_NAME(output4)(column, v);
    TPS_UNROLL for (int r = 0; r < 4; r++) half[r][c] = v[r];
  }
  memcpy(&offset, bias, sizeof offset);
  TPS_UNROLL for (int i = 0; i < 2; i++) memcpy(&total[i], sums + i * 16, sizeof(VEC));
  TPS_UNROLL for (int r = 0; r < 4; r++) {
    VEC row[4];
    TPS_NAME(output4)(half[r], row);
    if (r >= rows) continue;
    TPS_UNROLL for (int c = 0; c < 4; c++) {
      row[c] += offset;
      if (residual && c < columns) row[c] += TPS_NAME(load_part)(addend + r * stride + c * 16);
      // As `rectify`: what is not a number stays so.
      if (activation == TPS_RELU) row[c] = 0 > row[c] ? (VEC)0 : row[c];
    }
    if (activation != TPS_IDENTITY && activation != TPS_RELU) TPS_NAME(activate_row)(activation, row);
    TPS_UNROLL for (int c = 0; c < 4; c++) {
      if (c >= columns) continue;
      total[0] += row[c];
      total[1] = TPS_FMA(row[c], row[c], total[1]);
      TPS_NAME(store_part)(target + r * stride + c * 16, row[c]);
    }
  }
  TPS_UNROLL for (int i = 0; i < 2; i++) memcpy(sums + i * 16, &total[i], sizeof(VEC));
}

/// The same for all channels of a block and all tiles; `planes` of the output lie apart by `imageStride` from image to
/// image. `bias` has sixteen floats, `sums` twice as many.
TPS_INLINE void TPS_NAME(transform_outputs)(
    const int residual, const tps_activation activation, tps_conv conv, const TPS_NAME(place) *places, int tiles,
    const float *m, ptrdiff_t matrixStride, ACT *planes, const ACT *addends, ptrdiff_t imageStride, const float *bias,
    float *sums) {
  const ptrdiff_t stride = (ptrdiff_t)conv.width * 16;
  for (int t = 0; t < tiles; t++) {
    const int rows = conv.height - places[t].y, columns = conv.width - places[t].x;
    const ptrdiff_t offset = places[t].image * imageStride + places[t].y * stride + places[t].x * 16;
    for (int lane = 0; lane < 16; lane += TPS_LANES) {
      const float *products = m + (ptrdiff_t)t * 16 * TPS_PAIR + lane;
      ACT *target = planes + offset + lane;
      const ACT *addend = residual ? addends + offset + lane : NULL;
      if (rows >= 4 && columns >= 4)
        TPS_NAME(transform_part)(residual, activation, products, matrixStride, target, addend, stride, 4, 4,
                                 bias + lane, sums + lane);
      else
        TPS_NAME(transform_part)(residual, activation, products, matrixStride, target, addend, stride, rows, columns,
                                 bias + lane, sums + lane);
    }
  }
}

/// Tiles first ..< end of a convolution.
static void TPS_NAME(winograd_tiles)(
    tps_conv conv, int first, int end, int blockTiles, const void *input, const void *weights, void *output,
    const tps_epilogue *epilogue, double *sums, void *scratch) {
  const int inputBlocks = tps_blocks(conv.inputs), outputBlocks = tps_blocks(conv.outputs);
  const int channels = inputBlocks * 16, depth = TPS_WORDS(channels);
  const ptrdiff_t plane = (ptrdiff_t)conv.height * conv.width * 16;
  const ptrdiff_t vStride = (ptrdiff_t)blockTiles * channels + 2 * TPS_GAP;
  const ptrdiff_t mStride = (ptrdiff_t)blockTiles * 16 * TPS_PAIR + TPS_GAP;
  const ptrdiff_t wStride = (ptrdiff_t)depth * 16;
  ACT *v = scratch;
  float *m = (float *)((char *)scratch + ((36 * vStride * sizeof(ACT) + 63) & ~(size_t)63));
  ACT copy[36 * 16] __attribute__((aligned(64)));
  TPS_NAME(place) places[2 * TPS_MOST_TILES];

  for (int start = first; start < end; start += blockTiles) {
    const int tiles = end - start < blockTiles ? end - start : blockTiles;
    const int next = end - start - tiles < blockTiles ? end - start - tiles : blockTiles;
    TPS_NAME(find_places)(conv, start, tiles + next, places);
    for (int t = 0; t < tiles; t++)
      for (int b = 0; b < inputBlocks; b++)
        TPS_NAME(transform_input)(
            TPS_NAME(window_at)(6, (const ACT *)input + ((ptrdiff_t)places[t].image * inputBlocks + b) * plane,
                                conv.height, conv.width, places[t].y - 1, places[t].x - 1, copy),
            v + (ptrdiff_t)t * channels + b * 16, vStride);
    for (int k = 0; k < outputBlocks; k += TPS_PAIR) {
      const int vectors = outputBlocks - k < TPS_PAIR ? outputBlocks - k : TPS_PAIR;
      const uint32_t *w = (const uint32_t *)weights + (ptrdiff_t)k * 36 * wStride;
      const int steps = 36 * ((outputBlocks + TPS_PAIR - 1) / TPS_PAIR);
      for (int i = 0; i < 36; i++) {
        // The output's memory, and the next block's input, are fetched while the multiplication runs.
        for (int q = tiles * vectors * i / 36; q < tiles * vectors * (i + 1) / 36; q++) {
          TPS_NAME(place) p = places[q / vectors];
          TPS_NAME(prefetch_tile)(
              1, (ACT *)output + ((ptrdiff_t)p.image * outputBlocks + k + q % vectors) * plane, conv.height,
              conv.width, p.y, p.x);
        }
        const int step = k / TPS_PAIR * 36 + i;
        for (int q = next * inputBlocks * step / steps; q < next * inputBlocks * (step + 1) / steps; q++) {
          TPS_NAME(place) p = places[tiles + q / inputBlocks];
          TPS_NAME(prefetch_tile)(
              0, (const ACT *)input + ((ptrdiff_t)p.image * inputBlocks + q % inputBlocks) * plane, conv.height,
              conv.width, p.y, p.x);
        }
        const uint32_t *a = (const uint32_t *)(v + i * vStride);
        if (vectors == 2)
          TPS_NAME(panel)(2, 0, tiles, depth, a, depth, 1, w + i * wStride, 36 * wStride, 16, m + i * mStride,
                          16 * TPS_PAIR);
        else
          TPS_NAME(panel)(1, 0, tiles, depth, a, depth, 1, w + i * wStride, 0, 16, m + i * mStride, 16 * TPS_PAIR);
      }
      for (int j = 0; j < vectors; j++) {
        float total[2][16] = {{0}}, bias[16] = {0};
        if (epilogue->bias) memcpy(bias, epilogue->bias + (k + j) * 16, sizeof bias);
        ACT *planes = (ACT *)output + (k + j) * plane;
        const ACT *addends = epilogue->residual ? (const ACT *)epilogue->residual + (k + j) * plane : NULL;
        const ptrdiff_t imageStride = outputBlocks * plane;
        const float *products = m + j * 16;
        if (epilogue->residual && epilogue->activation == TPS_IDENTITY)
          TPS_NAME(transform_outputs)(1, TPS_IDENTITY, conv, places, tiles, products, mStride, planes, addends, imageStride, bias, total[0]);
        else if (epilogue->residual && epilogue->activation == TPS_RELU)
          TPS_NAME(transform_outputs)(1, TPS_RELU, conv, places, tiles, products, mStride, planes, addends, imageStride, bias, total[0]);
        else if (epilogue->residual)
          TPS_NAME(transform_outputs)(1, epilogue->activation, conv, places, tiles, products, mStride, planes, addends, imageStride, bias, total[0]);
        else if (epilogue->activation == TPS_IDENTITY)
          TPS_NAME(transform_outputs)(0, TPS_IDENTITY, conv, places, tiles, products, mStride, planes, addends, imageStride, bias, total[0]);
        else if (epilogue->activation == TPS_RELU)
          TPS_NAME(transform_outputs)(0, TPS_RELU, conv, places, tiles, products, mStride, planes, addends, imageStride, bias, total[0]);
        else
          TPS_NAME(transform_outputs)(0, epilogue->activation, conv, places, tiles, products, mStride, planes, addends, imageStride, bias, total[0]);
        if (sums)
          for (int l = 0; l < 16; l++) {
            sums[(k + j) * 16 + l] += total[0][l];
            sums[outputBlocks * 16 + (k + j) * 16 + l] += total[1][l];
          }
      }
    }
  }
}

static size_t TPS_NAME(winograd_tile_bytes)(tps_conv conv, int blockTiles) {
  const size_t channels = (size_t)tps_blocks(conv.inputs) * 16;
  return ((36 * (blockTiles * channels + 2 * TPS_GAP) * sizeof(ACT) + 63) & ~(size_t)63) +
         36 * (blockTiles * 16 * (size_t)TPS_PAIR + TPS_GAP) * 4;
}

#undef TPS_WORDS

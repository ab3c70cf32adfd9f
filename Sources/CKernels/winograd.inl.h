// F(4×4, 3×3) for one instruction set: tiles are transformed into 36 small matrices, multiplied, and transformed back,
// a block of tiles at a time, so that everything stays in the second-level cache.
#include "activation.h"
#include "gemm.h"
#include "nonlinearity.h"
#include "sums.h"
#include "transforms.h"

// A little more than a power of two, so that the 36 matrices do not fall into the same cache sets.
#define TPS_GAP 16

/// The words by which the depth of a product is counted: floats, or pairs of bfloat16.
#define TPS_WORDS(channels) (TPS_BF16 ? (channels) / 2 : (channels))

/// Where a tile lies: its image, and its first row and column in the output.
typedef struct {
  int image, y, x;
} TPS_NAME(place);

/// The places of the tiles from `first` on.
static void TPS_NAME(find_places)(tps_conv conv, int first, int count, TPS_NAME(place) *places) {
  const int down = (conv.height + 3) / 4, across = (conv.width + 3) / 4;
  for (int t = 0; t < count; t++) {
    int image = (first + t) / (down * across), rest = (first + t) % (down * across);
    places[t] = (TPS_NAME(place)){image, rest / across * 4, rest % across * 4};
  }
}

/// Pixels of a tile: a part of the plane, or a copy with zeros where the tile leaves the plane.
typedef struct {
  const ACT *first;
  ptrdiff_t stride;
} TPS_NAME(window);

TPS_INLINE TPS_NAME(window) TPS_NAME(window_at)(
    const int count, const ACT *plane, int height, int width, int y, int x, ACT *copy) {
  if (y >= 0 && x >= 0 && y + count <= height && x + count <= width)
    return (TPS_NAME(window)){plane + ((ptrdiff_t)y * width + x) * 16, (ptrdiff_t)width * 16};
  const int left = x < 0 ? -x : 0, right = width - x < count ? width - x : count;
  for (int r = 0; r < count; r++) {
    ACT *target = copy + r * count * 16;
    int inside = (unsigned)(y + r) < (unsigned)height;
    const ACT *source = plane + ((ptrdiff_t)(inside ? y + r : 0) * width + x) * 16;
    for (int c = 0; c < count; c++) {
      f32x16 v = 0;
      if (inside && c >= left && c < right) v = TPS_NAME(load)(source + c * 16);
      TPS_NAME(store)(target + c * 16, v);
    }
  }
  return (TPS_NAME(window)){copy, count * 16};
}

/// Bᵀ d, the first half of the transform of one tile and one block of channels.
TPS_INLINE void TPS_NAME(input_columns)(TPS_NAME(window) w, f32x16 d[6][6]) {
  TPS_UNROLL for (int c = 0; c < 6; c++) {
    f32x16 column[6], v[6];
    TPS_UNROLL for (int r = 0; r < 6; r++) column[r] = TPS_NAME(load)(w.first + r * w.stride + c * 16);
    TPS_NAME(input6)(column, v);
    TPS_UNROLL for (int r = 0; r < 6; r++) d[r][c] = v[r];
  }
}

static void TPS_NAME(transform_input)(TPS_NAME(window) w, ACT *v, ptrdiff_t matrixStride) {
  f32x16 d[6][6];
  TPS_NAME(input_columns)(w, d);
  TPS_UNROLL for (int r = 0; r < 6; r++) {
    f32x16 row[6];
    TPS_NAME(input6)(d[r], row);
    TPS_UNROLL for (int c = 0; c < 6; c++) TPS_NAME(store)(v + (r * 6 + c) * matrixStride, row[c]);
  }
}

/// The activations that a ReLU is not take many instructions: one copy of them, called for four values at a time.
static __attribute__((noinline)) void TPS_NAME(activate_row)(tps_activation activation, f32x16 row[4]) {
  if (activation == TPS_GELU)
    for (int c = 0; c < 4; c++) row[c] = TPS_NAME(activate)(TPS_GELU, row[c]);
  else
    for (int c = 0; c < 4; c++) row[c] = TPS_NAME(activate)(TPS_SILU, row[c]);
}

/// Aᵀ m A of one tile and one block of channels, and what follows it, stored.
TPS_INLINE void TPS_NAME(transform_output)(
    const int residual, const tps_activation activation, const float *m, ptrdiff_t matrixStride, ACT *target,
    const ACT *addend, ptrdiff_t stride, int rows, int columns, f32x16 bias, f32x16 sums[2]) {
  f32x16 half[4][6];
  TPS_UNROLL for (int c = 0; c < 6; c++) {
    f32x16 column[6], v[4];
    TPS_UNROLL for (int r = 0; r < 6; r++) memcpy(&column[r], m + (r * 6 + c) * matrixStride, 64);
    TPS_NAME(output4)(column, v);
    TPS_UNROLL for (int r = 0; r < 4; r++) half[r][c] = v[r];
  }
  TPS_UNROLL for (int r = 0; r < 4; r++) {
    f32x16 row[4];
    TPS_NAME(output4)(half[r], row);
    if (r >= rows) continue;
    TPS_UNROLL for (int c = 0; c < 4; c++) {
      row[c] += bias;
      if (residual && c < columns) row[c] += TPS_NAME(load)(addend + r * stride + c * 16);
      if (activation == TPS_RELU) row[c] = TPS_NAME(rectify)(row[c]);
    }
    if (activation != TPS_IDENTITY && activation != TPS_RELU) TPS_NAME(activate_row)(activation, row);
    TPS_UNROLL for (int c = 0; c < 4; c++) {
      if (c >= columns) continue;
      sums[0] += row[c];
      sums[1] = TPS_FMA(row[c], row[c], sums[1]);
      TPS_NAME(store)(target + r * stride + c * 16, row[c]);
    }
  }
}

/// The same for all tiles of a block; `planes` of the output lie apart by `imageStride` from image to image.
TPS_INLINE void TPS_NAME(transform_outputs)(
    const int residual, const tps_activation activation, tps_conv conv, const TPS_NAME(place) *places, int tiles,
    const float *m, ptrdiff_t matrixStride, ACT *planes, const ACT *addends, ptrdiff_t imageStride, f32x16 bias,
    f32x16 sums[2]) {
  const ptrdiff_t stride = (ptrdiff_t)conv.width * 16;
  for (int t = 0; t < tiles; t++) {
    const int rows = conv.height - places[t].y, columns = conv.width - places[t].x;
    const ptrdiff_t offset = places[t].image * imageStride + places[t].y * stride + places[t].x * 16;
    const ACT *addend = residual ? addends + offset : NULL;
    if (rows >= 4 && columns >= 4)
      TPS_NAME(transform_output)(residual, activation, m + (ptrdiff_t)t * 16 * TPS_PAIR, matrixStride,
                                 planes + offset, addend, stride, 4, 4, bias, sums);
    else
      TPS_NAME(transform_output)(residual, activation, m + (ptrdiff_t)t * 16 * TPS_PAIR, matrixStride,
                                 planes + offset, addend, stride, rows, columns, bias, sums);
  }
}

/// Asks for the 4 × 4 pixels of a tile and a block of channels ahead of their use.
TPS_INLINE void TPS_NAME(prefetch_tile)(const int write, const ACT *plane, int height, int width, int y, int x) {
  const char *p = (const char *)(plane + ((ptrdiff_t)y * width + x) * 16);
  const int rows = height - y < 4 ? height - y : 4;
  for (int r = 0; r < rows; r++, p += (ptrdiff_t)width * 16 * sizeof(ACT))
    TPS_UNROLL for (size_t line = 0; line < 64 * sizeof(ACT); line += 64) {
      if (write) __builtin_prefetch(p + line, 1, 2);
      else __builtin_prefetch(p + line, 0, 2);
    }
}

/// Tiles first ..< end of a convolution.
static void TPS_NAME(winograd_tiles)(
    tps_conv conv, int first, int end, int blockTiles, const void *input, const void *weights, void *output,
    const tps_epilogue *epilogue, double *sums, void *scratch) {
  const int inputBlocks = (conv.inputs + 15) / 16, outputBlocks = (conv.outputs + 15) / 16;
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
        f32x16 total[2] = {0, 0}, bias = 0;
        if (epilogue->bias) memcpy(&bias, epilogue->bias + (k + j) * 16, 64);
        ACT *planes = (ACT *)output + (k + j) * plane;
        const ACT *addends = epilogue->residual ? (const ACT *)epilogue->residual + (k + j) * plane : NULL;
        const ptrdiff_t imageStride = outputBlocks * plane;
        const float *products = m + j * 16;
        if (epilogue->residual && epilogue->activation == TPS_IDENTITY)
          TPS_NAME(transform_outputs)(1, TPS_IDENTITY, conv, places, tiles, products, mStride, planes, addends, imageStride, bias, total);
        else if (epilogue->residual && epilogue->activation == TPS_RELU)
          TPS_NAME(transform_outputs)(1, TPS_RELU, conv, places, tiles, products, mStride, planes, addends, imageStride, bias, total);
        else if (epilogue->residual)
          TPS_NAME(transform_outputs)(1, epilogue->activation, conv, places, tiles, products, mStride, planes, addends, imageStride, bias, total);
        else if (epilogue->activation == TPS_IDENTITY)
          TPS_NAME(transform_outputs)(0, TPS_IDENTITY, conv, places, tiles, products, mStride, planes, addends, imageStride, bias, total);
        else if (epilogue->activation == TPS_RELU)
          TPS_NAME(transform_outputs)(0, TPS_RELU, conv, places, tiles, products, mStride, planes, addends, imageStride, bias, total);
        else
          TPS_NAME(transform_outputs)(0, epilogue->activation, conv, places, tiles, products, mStride, planes, addends, imageStride, bias, total);
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
  const size_t channels = (size_t)(conv.inputs + 15) / 16 * 16;
  return ((36 * (blockTiles * channels + 2 * TPS_GAP) * sizeof(ACT) + 63) & ~(size_t)63) +
         36 * (blockTiles * 16 * (size_t)TPS_PAIR + TPS_GAP) * 4;
}

#define TPS_TILES_PER_WORD (TPS_BF16 ? 2 : 1)

/// Tiles first ..< end of the gradient of the weights into the sums of 36 matrices.
static void TPS_NAME(winograd_gradient_tiles)(
    tps_conv conv, int first, int end, int blockTiles, const void *input, const void *gradient, float *sums,
    void *scratch) {
  const int inputBlocks = (conv.inputs + 15) / 16, outputBlocks = (conv.outputs + 15) / 16;
  const int inputs = inputBlocks * 16, outputs = outputBlocks * 16;
  const ptrdiff_t plane = (ptrdiff_t)conv.height * conv.width * 16;
  const int words = blockTiles / TPS_TILES_PER_WORD;
  const ptrdiff_t vRow = inputs + TPS_GAP, dRow = outputs + TPS_GAP;
  const ptrdiff_t vStride = words * vRow, dStride = words * dRow;
  uint32_t *v = scratch, *d = v + 36 * vStride;
  const f32x16 zero = 0;
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
        f32x16 x[2][6][6];
        for (int i = 0; i < count; i++)
          TPS_NAME(input_columns)(
              TPS_NAME(window_at)(6, (const ACT *)input + ((ptrdiff_t)p[i].image * inputBlocks + b) * plane,
                                  conv.height, conv.width, p[i].y - 1, p[i].x - 1, copy[i]), x[i]);
        uint32_t *target = v + w * vRow + b * 16;
        TPS_UNROLL for (int r = 0; r < 6; r++) {
          f32x16 row[2][6] = {{zero, zero, zero, zero, zero, zero}, {zero, zero, zero, zero, zero, zero}};
          TPS_NAME(input6)(x[0][r], row[0]);
          if (count == 2) TPS_NAME(input6)(x[1][r], row[1]);
          TPS_UNROLL for (int c = 0; c < 6; c++) {
            u32x16 words = TPS_NAME(words)(row[0][c], row[1][c]);
            memcpy(target + (r * 6 + c) * vStride, &words, 64);
          }
        }
      }
      for (int b = 0; b < outputBlocks; b++) {
        f32x16 half[2][6][4];
        for (int i = 0; i < count; i++) {
          TPS_NAME(window) y = TPS_NAME(window_at)(
              4, (const ACT *)gradient + ((ptrdiff_t)p[i].image * outputBlocks + b) * plane, conv.height, conv.width,
              p[i].y, p[i].x, copy[i]);
          TPS_UNROLL for (int c = 0; c < 4; c++) {
            f32x16 column[4], m[6];
            TPS_UNROLL for (int r = 0; r < 4; r++) column[r] = TPS_NAME(load)(y.first + r * y.stride + c * 16);
            TPS_NAME(gradient6)(column, m);
            TPS_UNROLL for (int r = 0; r < 6; r++) half[i][r][c] = m[r];
          }
        }
        uint32_t *target = d + w * dRow + b * 16;
        TPS_UNROLL for (int r = 0; r < 6; r++) {
          f32x16 row[2][6] = {{zero, zero, zero, zero, zero, zero}, {zero, zero, zero, zero, zero, zero}};
          TPS_NAME(gradient6)(half[0][r], row[0]);
          if (count == 2) TPS_NAME(gradient6)(half[1][r], row[1]);
          TPS_UNROLL for (int c = 0; c < 6; c++) {
            u32x16 words = TPS_NAME(words)(row[0][c], row[1][c]);
            memcpy(target + (r * 6 + c) * dStride, &words, 64);
          }
        }
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
  const size_t channels = (size_t)((conv.inputs + 15) / 16 + (conv.outputs + 15) / 16) * 16;
  return 36 * (blockTiles / TPS_TILES_PER_WORD * (channels + 2 * TPS_GAP)) * 4;
}

#undef ACT
#undef TPS_ROWS
#undef TPS_PAIR
#undef TPS_GAP
#undef TPS_WORDS
#undef TPS_TILES_PER_WORD
#undef TPS_A
#undef TPS_B
#undef TPS_A2
#undef TPS_B2
#undef TPS_FMA
#undef TPS_K
#undef TPS_F0
#undef TPS_FA
#undef TPS_FB

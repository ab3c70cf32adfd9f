// Weights and their gradients between PyTorch's order, [outputs][inputs][3][3], and Winograd's 36 matrices, for one
// instruction set: sixteen filters at a time, one in each lane.
#include "activation.h"
#include "gemm.h"
#include "sums.h"
#include "transforms.h"
#include "transpose.h"

/// Floats of one filter row of sixteen inputs, nine each.
#define TPS_CHUNK 144

/// G g Gᵀ of sixteen filters, g[i] their i-th values.
TPS_INLINE void TPS_NAME(weight_tile)(const float (*g)[16], const int flipped, float u[36][16]) {
  for (int lane = 0; lane < 16; lane += TPS_LANES) {
    VEC half[6][3], row[6];
    TPS_UNROLL for (int c = 0; c < 3; c++) {
      VEC column[3];
      TPS_UNROLL for (int r = 0; r < 3; r++)
        memcpy(&column[r], g[flipped ? 8 - r * 3 - c : r * 3 + c] + lane, sizeof(VEC));
      TPS_NAME(weight6)(column, row);
      TPS_UNROLL for (int r = 0; r < 6; r++) half[r][c] = row[r];
    }
    TPS_UNROLL for (int r = 0; r < 6; r++) {
      TPS_NAME(weight6)(half[r], row);
      TPS_UNROLL for (int c = 0; c < 6; c++) memcpy(u[r * 6 + c] + lane, &row[c], sizeof(VEC));
    }
  }
}

/// Stores the transformed filters of one word of depth: of one input, or of two in bfloat16.
TPS_INLINE void TPS_NAME(store_filters)(float u[2][36][16], uint32_t *target, ptrdiff_t matrixStride) {
  TPS_UNROLL for (int i = 0; i < 36; i++) {
    f32x16 first, second = 0;
    memcpy(&first, u[0][i], sizeof first);
    if (TPS_BF16) memcpy(&second, u[1][i], sizeof second);
    u32x16 words = TPS_NAME(words)(first, second);
    memcpy(target + i * matrixStride, &words, sizeof words);
  }
}

/// Weights of output block `k` from the sixteen inputs behind `first`: their part of [36][depth][16] words, from weights
/// [outputs][inputs][9].
static void TPS_NAME(weight_block)(int inputs, int outputs, int k, int first, const float *weights, uint32_t *target) {
  const int step = TPS_BF16 ? 2 : 1, depth = tps_blocks(inputs) * 16 / step;
  const int lanes = outputs - k * 16 < 16 ? outputs - k * 16 : 16;
  const ptrdiff_t row = (ptrdiff_t)inputs * 9;
  float padded[16][TPS_CHUNK], filters[TPS_CHUNK][16] __attribute__((aligned(64)));
  const int count = inputs - first < 16 ? inputs - first : 16;
  const float *source = weights + k * 16 * row + first * 9;
  if (count == 16 && lanes == 16) TPS_NAME(transpose_rows)(source, row, TPS_CHUNK, filters);
  else {
    memset(padded, 0, sizeof padded);
    for (int l = 0; l < lanes; l++) memcpy(padded[l], source + l * row, count * 9 * sizeof(float));
    TPS_NAME(transpose_rows)(padded[0], TPS_CHUNK, TPS_CHUNK, filters);
  }
  for (int d = 0; d < 16 / step; d++) {
    float u[2][36][16] __attribute__((aligned(64)));
    for (int half = 0; half < step; half++) TPS_NAME(weight_tile)(filters + (d * step + half) * 9, 0, u[half]);
    TPS_NAME(store_filters)(u, target + (ptrdiff_t)(first / step + d) * 16, (ptrdiff_t)depth * 16);
  }
}

/// The same from weights [inputs][outputs][9], flipped.
static void TPS_NAME(transposed_weight_block)(
    int inputs, int outputs, int k, int first, const float *weights, uint32_t *target) {
  const int step = TPS_BF16 ? 2 : 1, depth = tps_blocks(inputs) * 16 / step;
  const int lanes = outputs - k * 16 < 16 ? outputs - k * 16 : 16;
  float padded[TPS_CHUNK + 16], filters[16][16] __attribute__((aligned(64)));
  for (int d = first / step; d < (first + 16) / step; d++) {
    float u[2][36][16] __attribute__((aligned(64)));
    for (int half = 0; half < step; half++) {
      memset(padded, 0, sizeof padded);
      if (d * step + half < inputs)
        memcpy(padded, weights + ((ptrdiff_t)(d * step + half) * outputs + k * 16) * 9, lanes * 9 * sizeof(float));
      // Each lane's nine values, and seven of the next that are not used.
      TPS_NAME(transpose_rows)(padded, 9, 16, filters);
      TPS_NAME(weight_tile)(filters, 1, u[half]);
    }
    TPS_NAME(store_filters)(u, target + (ptrdiff_t)d * 16, (ptrdiff_t)depth * 16);
  }
}

/// Gᵀ u G of output block `k` and the sixteen inputs behind `first`, from the sums of `threads` threads, into gradient
/// [outputs][inputs][9].
static void TPS_NAME(gradient_block)(
    tps_conv conv, int k, int first, int threads, const float *sums, ptrdiff_t threadStride, float *gradient) {
  const int inputs = tps_blocks(conv.inputs) * 16, outputBlocks = tps_blocks(conv.outputs);
  const int lanes = conv.outputs - k * 16 < 16 ? conv.outputs - k * 16 : 16;
  float filters[TPS_CHUNK][16] __attribute__((aligned(64)));
  for (int c = 0; c < 16; c++) {
    float u[36][16] __attribute__((aligned(64)));
    for (int i = 0; i < 36; i++) {
      f32x16 v = TPS_NAME(collected)(sums, i, inputs, outputBlocks, first + c, k, threads, threadStride);
      memcpy(u[i], &v, sizeof v);
    }
    for (int lane = 0; lane < 16; lane += TPS_LANES) {
      VEC half[3][6], row[3];
      TPS_UNROLL for (int j = 0; j < 6; j++) {
        VEC column[6];
        TPS_UNROLL for (int i = 0; i < 6; i++) memcpy(&column[i], u[i * 6 + j] + lane, sizeof(VEC));
        TPS_NAME(gradient3)(column, row);
        TPS_UNROLL for (int i = 0; i < 3; i++) half[i][j] = row[i];
      }
      TPS_UNROLL for (int i = 0; i < 3; i++) {
        TPS_NAME(gradient3)(half[i], row);
        TPS_UNROLL for (int j = 0; j < 3; j++) memcpy(filters[c * 9 + i * 3 + j] + lane, &row[j], sizeof(VEC));
      }
    }
  }
  const int count = conv.inputs - first < 16 ? conv.inputs - first : 16;
  TPS_NAME(transpose_columns)(filters, lanes, count * 9, gradient + ((ptrdiff_t)k * 16 * conv.inputs + first) * 9,
                              (ptrdiff_t)conv.inputs * 9);
}

#undef TPS_CHUNK

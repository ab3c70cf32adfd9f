// Passes over whole tensors for one instruction set: statistics, normalisation with what follows it, and the gradients
// of both. A plane is one image's pixels of one block of sixteen channels.
#include "activation.h"

/// Images first ..< end: Σ x and Σ x² of each channel are added to `sums`.
static void TPS_NAME(batchnorm_sums)(tps_map map, int first, int end, const void *x, double *sums) {
  const int blocks = (map.channels + 15) / 16;
  for (int i = first; i < end; i++)
    for (int b = 0; b < blocks; b++) {
      const ACT *p = (const ACT *)x + ((ptrdiff_t)i * blocks + b) * map.pixels * 16;
      f32x16 sum[2] = {0, 0}, squares[2] = {0, 0};
      for (int j = 0; j < map.pixels; j++) {
        f32x16 v = TPS_NAME(load)(p + j * 16);
        sum[j & 1] += v;
        squares[j & 1] = TPS_FMA(v, v, squares[j & 1]);
      }
      sum[0] += sum[1];
      squares[0] += squares[1];
      for (int l = 0; l < 16; l++) {
        sums[b * 16 + l] += sum[0][l];
        sums[(blocks + b) * 16 + l] += squares[0][l];
      }
    }
}

TPS_INLINE void TPS_NAME(affine_plane)(
    const int adds, const int relu, int pixels, const ACT *x, const ACT *residual, ACT *y,
    f32x16 scale, f32x16 shift) {
  for (int j = 0; j < pixels; j++) {
    f32x16 v = TPS_FMA(TPS_NAME(load)(x + j * 16), scale, shift);
    if (adds) v += TPS_NAME(load)(residual + j * 16);
    if (relu) v = TPS_NAME(rectify)(v);
    TPS_NAME(store)(y + j * 16, v);
  }
}

/// Images first ..< end of `tps_affine`.
static void TPS_NAME(affine)(
    tps_map map, int first, int end, const void *x, const float *coefficients, const void *residual, int relu,
    void *y) {
  const int blocks = (map.channels + 15) / 16;
  for (int i = first; i < end; i++)
    for (int b = 0; b < blocks; b++) {
      const ptrdiff_t offset = ((ptrdiff_t)i * blocks + b) * map.pixels * 16;
      const ACT *p = (const ACT *)x + offset, *q = residual ? (const ACT *)residual + offset : NULL;
      ACT *r = (ACT *)y + offset;
      f32x16 scale = 1, shift = 0;
      if (coefficients) {
        memcpy(&scale, coefficients + (TPS_SCALE * blocks + b) * 16, 64);
        memcpy(&shift, coefficients + (TPS_SHIFT * blocks + b) * 16, 64);
      }
      if (q && relu) TPS_NAME(affine_plane)(1, 1, map.pixels, p, q, r, scale, shift);
      else if (q) TPS_NAME(affine_plane)(1, 0, map.pixels, p, q, r, scale, shift);
      else if (relu) TPS_NAME(affine_plane)(0, 1, map.pixels, p, q, r, scale, shift);
      else TPS_NAME(affine_plane)(0, 0, map.pixels, p, q, r, scale, shift);
    }
}

/// v where `sign` > 0, else 0.
TPS_INLINE f32x16 TPS_NAME(positive)(f32x16 sign, f32x16 v) {
  typedef int32_t i32x16 __attribute__((ext_vector_type(16)));
  return (f32x16)((i32x16)v & (sign > (f32x16)0.0f));
}

/// The gradient behind the ReLU at one pixel.
TPS_INLINE f32x16 TPS_NAME(unmask)(const int mask, f32x16 g, f32x16 x, f32x16 scale, f32x16 shift, const ACT *result) {
  if (mask == TPS_RELU_OF_VALUE) return TPS_NAME(positive)(TPS_FMA(x, scale, shift), g);
  if (mask == TPS_RELU_OF_SUM) return TPS_NAME(positive)(TPS_NAME(load)(result), g);
  return g;
}

TPS_INLINE void TPS_NAME(gradient_sums_plane)(
    const int mask, const int keeps, int pixels, const ACT *x, const ACT *gradient, const ACT *result, ACT *masked,
    f32x16 mean, f32x16 scale, f32x16 shift, f32x16 sums[2]) {
  for (int j = 0; j < pixels; j++) {
    f32x16 v = TPS_NAME(load)(x + j * 16);
    f32x16 g = TPS_NAME(unmask)(mask, TPS_NAME(load)(gradient + j * 16), v, scale, shift, result + j * 16);
    if (keeps) TPS_NAME(store)(masked + j * 16, g);
    sums[0] += g;
    sums[1] = TPS_FMA(g, v - mean, sums[1]);
  }
}

/// Images first ..< end: Σ g and Σ g · (x − mean) are added to `sums`, g the gradient behind the ReLU.
static void TPS_NAME(gradient_sums)(
    tps_map map, int first, int end, tps_mask mask, const void *x, const float *coefficients, const void *gradient,
    const void *result, void *masked, double *sums) {
  const int blocks = (map.channels + 15) / 16;
  for (int i = first; i < end; i++)
    for (int b = 0; b < blocks; b++) {
      const ptrdiff_t offset = ((ptrdiff_t)i * blocks + b) * map.pixels * 16;
      const ACT *p = (const ACT *)x + offset, *g = (const ACT *)gradient + offset;
      const ACT *r = (const ACT *)(result ? result : x) + offset;
      ACT *m = masked ? (ACT *)masked + offset : NULL;
      f32x16 mean, scale, shift, total[2] = {0, 0};
      memcpy(&mean, coefficients + (TPS_MEAN * blocks + b) * 16, 64);
      memcpy(&scale, coefficients + (TPS_SCALE * blocks + b) * 16, 64);
      memcpy(&shift, coefficients + (TPS_SHIFT * blocks + b) * 16, 64);
      if (mask == TPS_RELU_OF_VALUE && m)
        TPS_NAME(gradient_sums_plane)(TPS_RELU_OF_VALUE, 1, map.pixels, p, g, r, m, mean, scale, shift, total);
      else if (mask == TPS_RELU_OF_VALUE)
        TPS_NAME(gradient_sums_plane)(TPS_RELU_OF_VALUE, 0, map.pixels, p, g, r, m, mean, scale, shift, total);
      else if (mask == TPS_RELU_OF_SUM && m)
        TPS_NAME(gradient_sums_plane)(TPS_RELU_OF_SUM, 1, map.pixels, p, g, r, m, mean, scale, shift, total);
      else if (mask == TPS_RELU_OF_SUM)
        TPS_NAME(gradient_sums_plane)(TPS_RELU_OF_SUM, 0, map.pixels, p, g, r, m, mean, scale, shift, total);
      else if (m)
        TPS_NAME(gradient_sums_plane)(TPS_NOTHING, 1, map.pixels, p, g, r, m, mean, scale, shift, total);
      else
        TPS_NAME(gradient_sums_plane)(TPS_NOTHING, 0, map.pixels, p, g, r, m, mean, scale, shift, total);
      for (int l = 0; l < 16; l++) {
        sums[b * 16 + l] += total[0][l];
        sums[(blocks + b) * 16 + l] += total[1][l];
      }
    }
}

TPS_INLINE void TPS_NAME(gradient_plane)(
    const int mask, int pixels, const ACT *x, const ACT *gradient, const ACT *result, ACT *target, f32x16 scale,
    f32x16 shift, f32x16 slope, f32x16 offset) {
  for (int j = 0; j < pixels; j++) {
    f32x16 v = TPS_NAME(load)(x + j * 16);
    f32x16 g = TPS_NAME(unmask)(mask, TPS_NAME(load)(gradient + j * 16), v, scale, shift, result + j * 16);
    TPS_NAME(store)(target + j * 16, TPS_FMA(g, scale, TPS_FMA(v, slope, offset)));
  }
}

/// Images first ..< end: target ← g · scale + x · slope + offset, two rows of `line` one after the other.
static void TPS_NAME(gradient)(
    tps_map map, int first, int end, tps_mask mask, const void *x, const float *coefficients, const float *line,
    const void *gradient, const void *result, void *target) {
  const int blocks = (map.channels + 15) / 16;
  for (int i = first; i < end; i++)
    for (int b = 0; b < blocks; b++) {
      const ptrdiff_t start = ((ptrdiff_t)i * blocks + b) * map.pixels * 16;
      const ACT *p = (const ACT *)x + start, *g = (const ACT *)gradient + start;
      const ACT *r = (const ACT *)(result ? result : x) + start;
      ACT *t = (ACT *)target + start;
      f32x16 scale, shift, slope, offset;
      memcpy(&scale, coefficients + (TPS_SCALE * blocks + b) * 16, 64);
      memcpy(&shift, coefficients + (TPS_SHIFT * blocks + b) * 16, 64);
      memcpy(&slope, line + b * 16, 64);
      memcpy(&offset, line + (blocks + b) * 16, 64);
      if (mask == TPS_RELU_OF_VALUE)
        TPS_NAME(gradient_plane)(TPS_RELU_OF_VALUE, map.pixels, p, g, r, t, scale, shift, slope, offset);
      else if (mask == TPS_RELU_OF_SUM)
        TPS_NAME(gradient_plane)(TPS_RELU_OF_SUM, map.pixels, p, g, r, t, scale, shift, slope, offset);
      else TPS_NAME(gradient_plane)(TPS_NOTHING, map.pixels, p, g, r, t, scale, shift, slope, offset);
    }
}

/// Images first ..< end of `tps_relu_backward`.
static void TPS_NAME(relu_backward)(
    tps_map map, int first, int end, const void *result, const void *gradient, void *masked) {
  const ptrdiff_t plane = (ptrdiff_t)(map.channels + 15) / 16 * map.pixels;
  for (ptrdiff_t j = first * plane; j < end * plane; j++) {
    f32x16 sign = TPS_NAME(load)((const ACT *)result + j * 16), g = TPS_NAME(load)((const ACT *)gradient + j * 16);
    TPS_NAME(store)((ACT *)masked + j * 16, TPS_NAME(positive)(sign, g));
  }
}

#undef ACT
#undef TPS_FMA

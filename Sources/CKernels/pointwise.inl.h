// Passes over whole tensors for one instruction set: statistics, normalisation with what follows it, and the gradients
// of both. A plane is one image's pixels of one block of sixteen channels.
#include "activation.h"
#include "nonlinearity.h"

/// Images first ..< end: Σ x and Σ x² of each channel are added to `sums`.
static void TPS_NAME(batchnorm_sums)(tps_map map, int first, int end, const void *x, double *sums) {
  const int blocks = tps_blocks(map.channels);
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
    const int adds, const tps_activation activation, int pixels, const ACT *x, const ACT *residual, ACT *y,
    f32x16 scale, f32x16 shift) {
  for (int j = 0; j < pixels; j++) {
    f32x16 v = TPS_FMA(TPS_NAME(load)(x + j * 16), scale, shift);
    if (adds) v += TPS_NAME(load)(residual + j * 16);
    TPS_NAME(store)(y + j * 16, TPS_NAME(activate)(activation, v));
  }
}

// A version of `statement` for each activation, so that no loop asks which.
#define TPS_FOR(activation, statement)                                                                                \
  switch (activation) {                                                                                               \
  case TPS_IDENTITY: { const tps_activation A = TPS_IDENTITY; statement; break; }                                     \
  case TPS_RELU: { const tps_activation A = TPS_RELU; statement; break; }                                             \
  case TPS_GELU: { const tps_activation A = TPS_GELU; statement; break; }                                             \
  case TPS_SILU: { const tps_activation A = TPS_SILU; statement; break; }                                             \
  }

/// Images first ..< end of `tps_affine`.
static void TPS_NAME(affine)(
    tps_map map, int first, int end, const void *x, const float *coefficients, const void *residual,
    tps_activation activation, void *y) {
  const int blocks = tps_blocks(map.channels);
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
      if (q) TPS_FOR(activation, TPS_NAME(affine_plane)(1, A, map.pixels, p, q, r, scale, shift))
      else TPS_FOR(activation, TPS_NAME(affine_plane)(0, A, map.pixels, p, q, r, scale, shift))
    }
}

/// The gradient of an activation's argument at one pixel: of x · scale + shift, or where `ofSum` of its sum with
/// `other`, which for a ReLU is the result instead.
TPS_INLINE f32x16 TPS_NAME(behind)(
    const tps_activation activation, const int ofSum, f32x16 g, f32x16 x, f32x16 scale, f32x16 shift,
    const ACT *other) {
  if (activation == TPS_IDENTITY) return g;
  if (!ofSum) return TPS_NAME(activation_gradient)(activation, TPS_FMA(x, scale, shift), g);
  const f32x16 o = TPS_NAME(load)(other);
  if (activation == TPS_RELU) return TPS_NAME(positive)(o, g);
  return TPS_NAME(activation_gradient)(activation, TPS_FMA(x, scale, shift) + o, g);
}

TPS_INLINE void TPS_NAME(gradient_sums_plane)(
    const tps_activation activation, const int ofSum, const int keeps, int pixels, const ACT *x, const ACT *gradient,
    const ACT *other, ACT *behind, f32x16 mean, f32x16 scale, f32x16 shift, f32x16 sums[2]) {
  for (int j = 0; j < pixels; j++) {
    f32x16 v = TPS_NAME(load)(x + j * 16);
    f32x16 g = TPS_NAME(load)(gradient + j * 16);
    g = TPS_NAME(behind)(activation, ofSum, g, v, scale, shift, other + j * 16);
    if (keeps) TPS_NAME(store)(behind + j * 16, g);
    sums[0] += g;
    sums[1] = TPS_FMA(g, v - mean, sums[1]);
  }
}

/// Images first ..< end: Σ g and Σ g · (x − mean) are added to `sums`, g the gradient behind the activation. Without
/// coefficients, x itself is what was activated.
static void TPS_NAME(gradient_sums)(
    tps_map map, int first, int end, tps_activation activation, const void *x, const float *coefficients,
    const void *gradient, const void *other, void *behind, double *sums) {
  const int blocks = tps_blocks(map.channels);
  for (int i = first; i < end; i++)
    for (int b = 0; b < blocks; b++) {
      const ptrdiff_t offset = ((ptrdiff_t)i * blocks + b) * map.pixels * 16;
      const ACT *p = (const ACT *)x + offset, *g = (const ACT *)gradient + offset;
      const ACT *o = (const ACT *)(other ? other : x) + offset;
      ACT *m = behind ? (ACT *)behind + offset : NULL;
      f32x16 mean = 0, scale = 1, shift = 0, total[2] = {0, 0};
      if (coefficients) {
        memcpy(&mean, coefficients + (TPS_MEAN * blocks + b) * 16, 64);
        memcpy(&scale, coefficients + (TPS_SCALE * blocks + b) * 16, 64);
        memcpy(&shift, coefficients + (TPS_SHIFT * blocks + b) * 16, 64);
      }
      if (other && m)
        TPS_FOR(activation, TPS_NAME(gradient_sums_plane)(A, 1, 1, map.pixels, p, g, o, m, mean, scale, shift, total))
      else if (other)
        TPS_FOR(activation, TPS_NAME(gradient_sums_plane)(A, 1, 0, map.pixels, p, g, o, m, mean, scale, shift, total))
      else if (m)
        TPS_FOR(activation, TPS_NAME(gradient_sums_plane)(A, 0, 1, map.pixels, p, g, o, m, mean, scale, shift, total))
      else
        TPS_FOR(activation, TPS_NAME(gradient_sums_plane)(A, 0, 0, map.pixels, p, g, o, m, mean, scale, shift, total))
      for (int l = 0; l < 16; l++) {
        sums[b * 16 + l] += total[0][l];
        sums[(blocks + b) * 16 + l] += total[1][l];
      }
    }
}

TPS_INLINE void TPS_NAME(gradient_plane)(
    const tps_activation activation, const int ofSum, int pixels, const ACT *x, const ACT *gradient, const ACT *other,
    ACT *target, f32x16 scale, f32x16 shift, f32x16 slope, f32x16 offset) {
  for (int j = 0; j < pixels; j++) {
    f32x16 v = TPS_NAME(load)(x + j * 16);
    f32x16 g = TPS_NAME(load)(gradient + j * 16);
    g = TPS_NAME(behind)(activation, ofSum, g, v, scale, shift, other + j * 16);
    TPS_NAME(store)(target + j * 16, TPS_FMA(g, scale, TPS_FMA(v, slope, offset)));
  }
}

/// Images first ..< end: target ← g · scale + x · slope + offset, two rows of `line` one after the other.
static void TPS_NAME(gradient)(
    tps_map map, int first, int end, tps_activation activation, const void *x, const float *coefficients,
    const float *line, const void *gradient, const void *other, void *target) {
  const int blocks = tps_blocks(map.channels);
  for (int i = first; i < end; i++)
    for (int b = 0; b < blocks; b++) {
      const ptrdiff_t start = ((ptrdiff_t)i * blocks + b) * map.pixels * 16;
      const ACT *p = (const ACT *)x + start, *g = (const ACT *)gradient + start;
      const ACT *o = (const ACT *)(other ? other : x) + start;
      ACT *t = (ACT *)target + start;
      f32x16 scale, shift, slope, offset;
      memcpy(&scale, coefficients + (TPS_SCALE * blocks + b) * 16, 64);
      memcpy(&shift, coefficients + (TPS_SHIFT * blocks + b) * 16, 64);
      memcpy(&slope, line + b * 16, 64);
      memcpy(&offset, line + (blocks + b) * 16, 64);
      if (other)
        TPS_FOR(activation, TPS_NAME(gradient_plane)(A, 1, map.pixels, p, g, o, t, scale, shift, slope, offset))
      else
        TPS_FOR(activation, TPS_NAME(gradient_plane)(A, 0, map.pixels, p, g, o, t, scale, shift, slope, offset))
    }
}

/// Images first ..< end of `tps_activation_backward`.
static void TPS_NAME(activation_backward)(
    tps_map map, int first, int end, tps_activation activation, const void *x, const void *gradient, void *target) {
  const ptrdiff_t plane = (ptrdiff_t)tps_blocks(map.channels) * map.pixels;
  TPS_FOR(activation, for (ptrdiff_t j = first * plane; j < end * plane; j++) {
    f32x16 v = TPS_NAME(load)((const ACT *)x + j * 16);
    f32x16 g = TPS_NAME(load)((const ACT *)gradient + j * 16);
    TPS_NAME(store)((ACT *)target + j * 16, TPS_NAME(activation_gradient)(A, v, g));
  })
}

#undef TPS_FOR

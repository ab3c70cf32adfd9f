// Squeeze-and-excitation for one instruction set, an image at a time while its maps are in the cache.
#include "activation.h"

/// sums[channel] ← factor · Σ over the pixels of x, or of x · other.
static void TPS_NAME(channel_sums)(
    int blocks, int pixels, const ACT *x, const ACT *other, float factor, float *sums) {
  for (int b = 0; b < blocks; b++) {
    const ptrdiff_t plane = (ptrdiff_t)b * pixels * 16;
    f32x16 sum[2] = {0, 0};
    for (int j = 0; j < pixels; j++) {
      const f32x16 v = TPS_NAME(load)(x + plane + j * 16);
      sum[j & 1] = other ? TPS_FMA(v, TPS_NAME(load)(other + plane + j * 16), sum[j & 1]) : sum[j & 1] + v;
    }
    sum[0] = (sum[0] + sum[1]) * factor;
    memcpy(sums + b * 16, &sum[0], 64);
  }
}

/// y ← x · scale + shift, one of each for a channel; `shift` may be NULL.
static void TPS_NAME(channel_affine)(
    int blocks, int pixels, const ACT *x, const float *scale, const float *shift, ACT *y) {
  for (int b = 0; b < blocks; b++) {
    const ptrdiff_t plane = (ptrdiff_t)b * pixels * 16;
    f32x16 factor, offset = 0;
    memcpy(&factor, scale + b * 16, 64);
    if (shift) memcpy(&offset, shift + b * 16, 64);
    for (int j = 0; j < pixels; j++)
      TPS_NAME(store)(y + plane + j * 16, TPS_FMA(TPS_NAME(load)(x + plane + j * 16), factor, offset));
  }
}

/// Images first ..< end of `tps_squeeze_forward`.
static void TPS_NAME(squeeze_forward)(
    tps_squeeze s, int first, int end, const void *x, const float *const weights[4], float *state, void *y) {
  const int blocks = tps_blocks(s.channels), padded = blocks * 16;
  const float *w1 = weights[0], *b1 = weights[1], *w2 = weights[2], *b2 = weights[3];
  for (int i = first; i < end; i++) {
    const ptrdiff_t offset = (ptrdiff_t)i * blocks * s.pixels * 16;
    float *means = state + (size_t)i * tps_squeeze_row(s), *gates = means + padded, *hidden = gates + padded;
    TPS_NAME(channel_sums)(blocks, s.pixels, (const ACT *)x + offset, NULL, 1.0f / s.pixels, means);
    for (int h = 0; h < s.hidden; h++) {
      float sum = b1[h];
      for (int c = 0; c < s.channels; c++) sum += w1[(ptrdiff_t)h * s.channels + c] * means[c];
      // Not `sum > 0 ? sum : 0`: what is not a number has to stay so.
      hidden[h] = sum < 0 ? 0 : sum;
    }
    for (int c = 0; c < s.channels; c++) {
      float sum = b2[c];
      for (int h = 0; h < s.hidden; h++) sum += w2[(ptrdiff_t)c * s.hidden + h] * hidden[h];
      gates[c] = 1 / (1 + expf(-sum));
    }
    for (int c = s.channels; c < padded; c++) gates[c] = 0;
    TPS_NAME(channel_affine)(blocks, s.pixels, (const ACT *)x + offset, gates, NULL, (ACT *)y + offset);
  }
}

/// Images first ..< end of the gradients of maps; `scratch` keeps those of the two layers' results.
static void TPS_NAME(squeeze_backward)(
    tps_squeeze s, int first, int end, const void *x, const void *gradient, const float *const weights[4],
    const float *state, float *scratch, void *target) {
  const int blocks = tps_blocks(s.channels), padded = blocks * 16;
  const float *w1 = weights[0], *w2 = weights[2];
  for (int i = first; i < end; i++) {
    const ptrdiff_t offset = (ptrdiff_t)i * blocks * s.pixels * 16;
    const float *gates = state + (size_t)i * tps_squeeze_row(s) + padded, *hidden = gates + padded;
    float *shift = scratch + (size_t)i * tps_squeeze_row(s), *outer = shift + padded, *inner = outer + padded;
    TPS_NAME(channel_sums)(
        blocks, s.pixels, (const ACT *)gradient + offset, (const ACT *)x + offset, 1, outer);
    for (int c = 0; c < s.channels; c++) outer[c] *= gates[c] * (1 - gates[c]);
    for (int h = 0; h < s.hidden; h++) inner[h] = 0;
    for (int c = 0; c < s.channels; c++)
      for (int h = 0; h < s.hidden; h++) inner[h] += w2[(ptrdiff_t)c * s.hidden + h] * outer[c];
    for (int h = 0; h < s.hidden; h++)
      if (hidden[h] <= 0) inner[h] = 0;
    for (int c = 0; c < padded; c++) shift[c] = 0;
    for (int h = 0; h < s.hidden; h++)
      for (int c = 0; c < s.channels; c++) shift[c] += w1[(ptrdiff_t)h * s.channels + c] * inner[h];
    for (int c = 0; c < s.channels; c++) shift[c] /= s.pixels;
    TPS_NAME(channel_affine)(blocks, s.pixels, (const ACT *)gradient + offset, gates, shift, (ACT *)target + offset);
  }
}

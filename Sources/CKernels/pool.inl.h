// Maxima and means of windows and the way back, for one instruction set; a plane is one image's map of one block of
// sixteen channels.
#include "activation.h"
#include "nonlinearity.h"

/// b where the mask says so, else a.
TPS_INLINE i32x16 TPS_NAME(select)(i32x16 mask, i32x16 b, i32x16 a) { return (b & mask) | (a & ~mask); }

/// Windows along `size` pixels.
TPS_INLINE int TPS_NAME(windows)(int size, int kernel, int stride) { return (size - kernel) / stride + 1; }

/// Values of one plane of windows.
TPS_INLINE ptrdiff_t TPS_NAME(pooled)(tps_pool pool) {
  return (ptrdiff_t)TPS_NAME(windows)(pool.height, pool.kernel, pool.stride) *
         TPS_NAME(windows)(pool.width, pool.kernel, pool.stride) * 16;
}

/// One plane of `tps_maxpool_forward`; `kernel` and `stride` are constants where it is inlined.
TPS_INLINE void TPS_NAME(maxpool_plane)(
    const int kernel, const int stride, tps_pool pool, const ACT *x, f32x16 scale, f32x16 shift,
    tps_activation activation, ACT *y, uint16_t *places, f32x16 sums[2]) {
  const int height = TPS_NAME(windows)(pool.height, kernel, stride);
  const int width = TPS_NAME(windows)(pool.width, kernel, stride);
  for (int r = 0; r < height; r++)
    for (int c = 0; c < width; c++) {
      const ACT *window = x + ((ptrdiff_t)r * stride * pool.width + c * stride) * 16;
      f32x16 best = TPS_NAME(load)(window);
      i32x16 place = 0;
      for (int p = 1; p < kernel * kernel; p++) {
        const f32x16 v = TPS_NAME(load)(window + ((ptrdiff_t)(p / kernel) * pool.width + p % kernel) * 16);
        // What is not a number wins.
        const i32x16 better = (v > best) | (v != v);
        best = (f32x16)TPS_NAME(select)(better, (i32x16)v, (i32x16)best);
        place = TPS_NAME(select)(better, (i32x16)p, place);
      }
      const ptrdiff_t target = ((ptrdiff_t)r * width + c) * 16;
      if (places) {
        u16x16 narrow = __builtin_convertvector(place, u16x16);
        memcpy(places + target, &narrow, sizeof narrow);
      }
      best = TPS_NAME(activate)(activation, TPS_FMA(best, scale, shift));
      sums[0] += best;
      sums[1] = TPS_FMA(best, best, sums[1]);
      TPS_NAME(store)(y + target, best);
    }
}

/// Planes first ..< end of `tps_maxpool_forward`.
static void TPS_NAME(maxpool_forward)(
    tps_pool pool, int first, int end, const void *x, const float *coefficients, tps_activation activation, void *y,
    uint16_t *places, double *sums) {
  const int blocks = tps_blocks(pool.channels);
  const ptrdiff_t plane = (ptrdiff_t)pool.height * pool.width * 16;
  const ptrdiff_t target = TPS_NAME(pooled)(pool);
  for (int i = first; i < end; i++) {
    const int b = i % blocks;
    f32x16 scale = 1, shift = 0, total[2] = {0, 0};
    if (coefficients) {
      memcpy(&scale, coefficients + (TPS_SCALE * blocks + b) * 16, 64);
      memcpy(&shift, coefficients + (TPS_SHIFT * blocks + b) * 16, 64);
    }
    const ACT *p = (const ACT *)x + i * plane;
    ACT *q = (ACT *)y + i * target;
    uint16_t *n = places ? places + i * target : NULL;
    if (pool.kernel == 2 && pool.stride == 2)
      TPS_NAME(maxpool_plane)(2, 2, pool, p, scale, shift, activation, q, n, total);
    else TPS_NAME(maxpool_plane)(pool.kernel, pool.stride, pool, p, scale, shift, activation, q, n, total);
    if (sums)
      for (int l = 0; l < 16; l++) {
        sums[b * 16 + l] += total[0][l];
        sums[(blocks + b) * 16 + l] += total[1][l];
      }
  }
}

/// One plane of `tps_maxpool_backward`: where windows overlap they add, where they leave pixels out these become zero.
TPS_INLINE void TPS_NAME(maxpool_gradient_plane)(
    const int kernel, const int stride, tps_pool pool, const uint16_t *places, const ACT *gradient, ACT *target) {
  const int height = TPS_NAME(windows)(pool.height, kernel, stride);
  const int width = TPS_NAME(windows)(pool.width, kernel, stride);
  const int overlaps = kernel > stride;
  if (kernel != stride || height * stride < pool.height || width * stride < pool.width)
    memset(target, 0, (size_t)pool.height * pool.width * 16 * sizeof *target);
  for (int r = 0; r < height; r++)
    for (int c = 0; c < width; c++) {
      const ptrdiff_t source = ((ptrdiff_t)r * width + c) * 16;
      u16x16 narrow;
      memcpy(&narrow, places + source, sizeof narrow);
      const i32x16 place = __builtin_convertvector(narrow, i32x16);
      const f32x16 g = TPS_NAME(load)(gradient + source);
      ACT *window = target + ((ptrdiff_t)r * stride * pool.width + c * stride) * 16;
      for (int p = 0; p < kernel * kernel; p++) {
        ACT *pixel = window + ((ptrdiff_t)(p / kernel) * pool.width + p % kernel) * 16;
        f32x16 share = (f32x16)((i32x16)g & (place == (i32x16)p));
        if (overlaps) share += TPS_NAME(load)(pixel);
        TPS_NAME(store)(pixel, share);
      }
    }
}

/// Planes first ..< end of `tps_maxpool_backward`.
static void TPS_NAME(maxpool_backward)(
    tps_pool pool, int first, int end, const uint16_t *places, const void *gradient, void *target) {
  const ptrdiff_t plane = (ptrdiff_t)pool.height * pool.width * 16;
  const ptrdiff_t source = TPS_NAME(pooled)(pool);
  for (int i = first; i < end; i++) {
    const ACT *g = (const ACT *)gradient + i * source;
    ACT *t = (ACT *)target + i * plane;
    if (pool.kernel == 2 && pool.stride == 2)
      TPS_NAME(maxpool_gradient_plane)(2, 2, pool, places + i * source, g, t);
    else TPS_NAME(maxpool_gradient_plane)(pool.kernel, pool.stride, pool, places + i * source, g, t);
  }
}

/// Planes first ..< end of `tps_averagepool_forward`.
static void TPS_NAME(averagepool_forward)(tps_pool pool, int first, int end, const void *x, void *y) {
  const int height = TPS_NAME(windows)(pool.height, pool.kernel, pool.stride);
  const int width = TPS_NAME(windows)(pool.width, pool.kernel, pool.stride);
  const f32x16 share = 1.0f / ((float)pool.kernel * pool.kernel);
  ACT *target = (ACT *)y + (ptrdiff_t)first * height * width * 16;
  for (int i = first; i < end; i++)
    for (int r = 0; r < height; r++)
      for (int c = 0; c < width; c++, target += 16) {
        const ptrdiff_t corner = ((ptrdiff_t)i * pool.height + r * pool.stride) * pool.width + c * pool.stride;
        f32x16 sum = 0;
        for (int row = 0; row < pool.kernel; row++) {
          const ACT *p = (const ACT *)x + (corner + (ptrdiff_t)row * pool.width) * 16;
          for (int column = 0; column < pool.kernel; column++) sum += TPS_NAME(load)(p + column * 16);
        }
        TPS_NAME(store)(target, sum * share);
      }
}

/// The windows first ..< end that reach row or column `place`.
TPS_INLINE void TPS_NAME(reaching)(int place, int kernel, int stride, int count, int *first, int *end) {
  *first = place < kernel ? 0 : (place - kernel) / stride + 1;
  *end = place / stride + 1 < count ? place / stride + 1 : count;
}

/// Planes first ..< end of `tps_averagepool_backward`: each pixel collects from the windows that it is in.
static void TPS_NAME(averagepool_backward)(tps_pool pool, int first, int end, const void *gradient, void *x) {
  const int height = TPS_NAME(windows)(pool.height, pool.kernel, pool.stride);
  const int width = TPS_NAME(windows)(pool.width, pool.kernel, pool.stride);
  const f32x16 share = 1.0f / ((float)pool.kernel * pool.kernel);
  ACT *target = (ACT *)x + (ptrdiff_t)first * pool.height * pool.width * 16;
  for (int i = first; i < end; i++)
    for (int r = 0; r < pool.height; r++)
      for (int c = 0; c < pool.width; c++, target += 16) {
        int rows[2], columns[2];
        TPS_NAME(reaching)(r, pool.kernel, pool.stride, height, &rows[0], &rows[1]);
        TPS_NAME(reaching)(c, pool.kernel, pool.stride, width, &columns[0], &columns[1]);
        f32x16 sum = 0;
        for (int row = rows[0]; row < rows[1]; row++) {
          const ACT *g = (const ACT *)gradient + ((ptrdiff_t)i * height + row) * width * 16;
          for (int column = columns[0]; column < columns[1]; column++) sum += TPS_NAME(load)(g + column * 16);
        }
        TPS_NAME(store)(target, sum * share);
      }
}

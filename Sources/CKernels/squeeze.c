// Squeeze-and-excitation: the kernels for each instruction set, the division of images among threads, and the gradients
// of the weights, whose rows the threads share.
#include "CKernels.h"
#include "squeeze.h"
#include <math.h>
#define KERNEL_FILE "squeeze.inl.h"
#include "isa.h"

typedef struct {
  void (*forward)(tps_squeeze, int, int, const void *, const float *const[4], float *, void *);
  void (*backward)(
      tps_squeeze, int, int, const void *, const void *, const float *const[4], const float *, float *, void *);
} kernels;

#define TPS_KERNELS(suffix) {squeeze_forward_##suffix, squeeze_backward_##suffix}

static const kernels table[] = TPS_TABLE(TPS_KERNELS);

typedef struct {
  tps_squeeze shape;
  tps_isa isa;
  int threads;
  const void *x, *gradient;
  const float *const *weights;
  float *state, *scratch, *const *weightGradients;
  void *target;
} job;

size_t tps_squeeze_count(tps_squeeze shape) { return (size_t)shape.images * tps_squeeze_row(shape); }

static void forward_thread(void *context, int index) {
  const job *j = context;
  const int images = j->shape.images;
  table[j->isa].forward(
      j->shape, tps_share(images, index, j->threads), tps_share(images, index + 1, j->threads), j->x, j->weights,
      j->state, j->target);
}

void tps_squeeze_forward(
    tps_squeeze shape, tps_isa isa, int threads, const void *x, const float *const weights[4], float *state, void *y) {
  job j = {.shape = shape, .isa = isa, .threads = threads, .x = x, .weights = weights, .state = state, .target = y};
  tps_parallel(threads, forward_thread, &j);
}

static void backward_thread(void *context, int index) {
  const job *j = context;
  const int images = j->shape.images;
  table[j->isa].backward(
      j->shape, tps_share(images, index, j->threads), tps_share(images, index + 1, j->threads), j->x, j->gradient,
      j->weights, j->state, j->scratch, j->target);
}

/// Rows first ..< end of weights ← Σ over the images of `slopes` times `values`, and of bias ← Σ `slopes`.
static void rows(
    tps_squeeze s, int first, int end, int columns, const float *slopes, const float *values, float *weights,
    float *bias) {
  const size_t row = tps_squeeze_row(s);
  for (int r = first; r < end; r++) {
    float *target = weights + (size_t)r * columns;
    memset(target, 0, columns * sizeof *target);
    double sum = 0;
    for (int i = 0; i < s.images; i++) {
      const float slope = slopes[i * row + r], *value = values + i * row;
      sum += slope;
      for (int c = 0; c < columns; c++) target[c] += slope * value[c];
    }
    bias[r] = (float)sum;
  }
}

static void weights_thread(void *context, int index) {
  const job *j = context;
  const tps_squeeze s = j->shape;
  const int padded = tps_blocks(s.channels) * 16;
  const float *means = j->state, *hidden = j->state + 2 * padded;
  const float *outer = j->scratch + padded, *inner = j->scratch + 2 * padded;
  rows(s, tps_share(s.hidden, index, j->threads), tps_share(s.hidden, index + 1, j->threads), s.channels, inner, means,
       j->weightGradients[0], j->weightGradients[1]);
  rows(s, tps_share(s.channels, index, j->threads), tps_share(s.channels, index + 1, j->threads), s.hidden, outer,
       hidden, j->weightGradients[2], j->weightGradients[3]);
}

void tps_squeeze_backward(
    tps_squeeze shape, tps_isa isa, int threads, const void *x, const void *yGradient, const float *const weights[4],
    const float *state, float *scratch, float *const weightGradients[4], void *xGradient) {
  job j = {.shape = shape, .isa = isa, .threads = threads, .x = x, .gradient = yGradient, .weights = weights,
           .state = (float *)state, .scratch = scratch, .weightGradients = weightGradients, .target = xGradient};
  tps_parallel(threads, backward_thread, &j);
  tps_parallel(threads, weights_thread, &j);
}

// Batch normalisation, activations and sums in as few passes over memory as their mathematics allows: the division of the
// work among threads, and what happens between two passes.
#include "CKernels.h"
#include "division.h"
#define KERNEL_FILE "pointwise.inl.h"
#include "isa.h"
#include <math.h>

typedef struct {
  void (*sums)(tps_map, int, int, const void *, double *);
  void (*affine)(tps_map, int, int, const void *, const float *, const void *, tps_activation, void *);
  void (*gradientSums)(
      tps_map, int, int, tps_activation, const void *, const float *, const void *, const void *, void *, double *);
  void (*gradient)(
      tps_map, int, int, tps_activation, const void *, const float *, const float *, const void *, const void *, void *);
  void (*activationBackward)(tps_map, int, int, tps_activation, const void *, const void *, void *);
} kernels;

#define TPS_KERNELS(suffix)                                                                                           \
  {batchnorm_sums_##suffix, affine_##suffix, gradient_sums_##suffix, gradient_##suffix, activation_backward_##suffix}

static const kernels table[] = TPS_TABLE(TPS_KERNELS);

typedef struct {
  tps_map map;
  tps_isa isa;
  int threads;
  tps_activation activation;
  const void *x, *gradient, *other;
  const float *coefficients, *line;
  void *y;
  double *sums;
} job;

static int padded(int channels) { return tps_blocks(channels) * 16; }
static int share(const job *j, int index) { return tps_share(j->map.images, index, j->threads); }

static double *thread_sums(const job *j, int index) {
  size_t count = 2 * (size_t)padded(j->map.channels);
  double *sums = j->sums + count * index;
  memset(sums, 0, count * sizeof *sums);
  return sums;
}

size_t tps_sum_count(int channels, int threads) {
  // Behind the sums, as long as one row of doubles: the two rows of floats that the second backward pass reads.
  return 2 * (size_t)padded(channels) * threads + padded(channels);
}

static void sums_thread(void *context, int index) {
  const job *j = context;
  table[j->isa].sums(j->map, share(j, index), share(j, index + 1), j->x, thread_sums(j, index));
}

void tps_batchnorm_sums(tps_map map, tps_isa isa, int threads, const void *x, double *sums) {
  job j = {.map = map, .isa = isa, .threads = threads, .x = x, .sums = sums};
  tps_parallel(threads, sums_thread, &j);
}

/// One channel's sum over all threads; `row` 0 or 1.
static double total(const double *sums, int channels, int threads, int row, int channel) {
  double result = 0;
  for (int t = 0; t < threads; t++) result += sums[((size_t)t * 2 + row) * padded(channels) + channel];
  return result;
}

void tps_batchnorm_coefficients(
    tps_map map, int threads, const double *sums, const float *weight, const float *bias, float epsilon,
    float momentum, float *runningMean, float *runningVariance, float *coefficients) {
  const double count = (double)map.images * map.pixels;
  const int rows = padded(map.channels);
  memset(coefficients, 0, TPS_COEFFICIENT_ROWS * (size_t)rows * sizeof *coefficients);
  for (int c = 0; c < map.channels; c++) {
    double mean = total(sums, map.channels, threads, 0, c) / count;
    double variance = total(sums, map.channels, threads, 1, c) / count - mean * mean;
    // Not `variance < 0 ? 0 : …`: what is not a number has to stay so, for the loss to show it.
    if (variance < 0) variance = 0;
    double inverse = 1 / sqrt(variance + epsilon);
    coefficients[TPS_MEAN * rows + c] = (float)mean;
    coefficients[TPS_INVERSE_DEVIATION * rows + c] = (float)inverse;
    coefficients[TPS_SCALE * rows + c] = (float)(weight[c] * inverse);
    coefficients[TPS_SHIFT * rows + c] = (float)(bias[c] - mean * weight[c] * inverse);
    double unbiased = count > 1 ? variance * count / (count - 1) : variance;
    runningMean[c] += momentum * ((float)mean - runningMean[c]);
    runningVariance[c] += momentum * ((float)unbiased - runningVariance[c]);
  }
}

static void affine_thread(void *context, int index) {
  const job *j = context;
  table[j->isa].affine(j->map, share(j, index), share(j, index + 1), j->x, j->coefficients, j->other,
                       j->activation, j->y);
}

void tps_affine(
    tps_map map, tps_isa isa, int threads, const void *x, const float *coefficients, const void *residual,
    tps_activation activation, void *y) {
  job j = {.map = map, .isa = isa, .threads = threads, .x = x, .coefficients = coefficients, .other = residual,
           .activation = activation, .y = y};
  tps_parallel(threads, affine_thread, &j);
}

static void gradient_sums_thread(void *context, int index) {
  const job *j = context;
  table[j->isa].gradientSums(j->map, share(j, index), share(j, index + 1), j->activation, j->x, j->coefficients,
                             j->gradient, j->other, j->y, thread_sums(j, index));
}

static void gradient_thread(void *context, int index) {
  const job *j = context;
  table[j->isa].gradient(j->map, share(j, index), share(j, index + 1), j->activation, j->x, j->coefficients,
                         j->line, j->gradient, j->other, j->y);
}

void tps_batchnorm_backward(
    tps_map map, tps_isa isa, int threads, tps_activation activation, const void *x, const float *coefficients,
    const void *yGradient, const void *other, void *behind, double *sums, float *weightGradient, float *biasGradient,
    void *xGradient) {
  job j = {.map = map, .isa = isa, .threads = threads, .activation = activation, .x = x, .gradient = yGradient,
           .other = other, .coefficients = coefficients, .y = behind, .sums = sums};
  tps_parallel(threads, gradient_sums_thread, &j);

  // ∂x = scale · (g − mean(g) − x̂ · mean(g · x̂)), which is a line in g and x.
  const double count = (double)map.images * map.pixels;
  const int rows = padded(map.channels);
  float *line = (float *)(sums + 2 * (size_t)padded(map.channels) * threads);
  memset(line, 0, 2 * (size_t)rows * sizeof *line);
  for (int c = 0; c < map.channels; c++) {
    double g = total(sums, map.channels, threads, 0, c), gx = total(sums, map.channels, threads, 1, c);
    double mean = coefficients[TPS_MEAN * rows + c], inverse = coefficients[TPS_INVERSE_DEVIATION * rows + c];
    double scale = coefficients[TPS_SCALE * rows + c];
    double slope = -scale * inverse * inverse * gx / count;
    if (weightGradient) weightGradient[c] = (float)(gx * inverse);
    biasGradient[c] = (float)g;
    line[c] = (float)slope;
    line[rows + c] = (float)(-scale * g / count - slope * mean);
  }
  job second = {.map = map, .isa = isa, .threads = threads, .activation = behind ? TPS_IDENTITY : activation, .x = x,
                .gradient = behind ? behind : yGradient, .other = other, .coefficients = coefficients, .line = line,
                .y = xGradient};
  tps_parallel(threads, gradient_thread, &second);
}

void tps_bias_gradient(
    tps_map map, tps_isa isa, int threads, tps_activation activation, const void *x, const void *yGradient,
    double *sums, float *biasGradient) {
  job j = {.map = map, .isa = isa, .threads = threads, .activation = activation, .x = x, .gradient = yGradient,
           .sums = sums};
  tps_parallel(threads, gradient_sums_thread, &j);
  for (int c = 0; c < map.channels; c++) biasGradient[c] = (float)total(sums, map.channels, threads, 0, c);
}

static void activation_backward_thread(void *context, int index) {
  const job *j = context;
  table[j->isa].activationBackward(j->map, share(j, index), share(j, index + 1), j->activation, j->x, j->gradient, j->y);
}

void tps_activation_backward(
    tps_map map, tps_isa isa, int threads, tps_activation activation, const void *x, const void *yGradient,
    void *xGradient) {
  job j = {.map = map, .isa = isa, .threads = threads, .activation = activation, .x = x, .gradient = yGradient,
           .y = xGradient};
  tps_parallel(threads, activation_backward_thread, &j);
}

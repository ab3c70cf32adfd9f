// Maximum and average pooling: the kernels for each instruction set, and the division of planes among threads.
#include "CKernels.h"
#include "division.h"
#define KERNEL_FILE "pool.inl.h"
#include "isa.h"

typedef struct {
  void (*forward)(
      tps_pool, int, int, const void *, const float *, tps_activation, void *, uint16_t *, double *);
  void (*backward)(tps_pool, int, int, const uint16_t *, const void *, void *);
  void (*averageForward)(tps_pool, int, int, const void *, void *);
  void (*averageBackward)(tps_pool, int, int, const void *, void *);
} kernels;

#define TPS_KERNELS(suffix)                                                                                           \
  {maxpool_forward_##suffix, maxpool_backward_##suffix, averagepool_forward_##suffix, averagepool_backward_##suffix}

static const kernels table[] = TPS_TABLE(TPS_KERNELS);

typedef struct {
  tps_pool pool;
  tps_isa isa;
  int threads;
  const void *input;
  const float *coefficients;
  tps_activation activation;
  void *output;
  uint16_t *places;
  double *sums;
} job;

static int share(const job *j, int index) {
  return tps_share(j->pool.images * tps_blocks(j->pool.channels), index, j->threads);
}

static void forward_thread(void *context, int index) {
  const job *j = context;
  const size_t count = 2 * (size_t)tps_blocks(j->pool.channels) * 16;
  double *sums = j->sums ? j->sums + count * index : NULL;
  if (sums) memset(sums, 0, count * sizeof *sums);
  table[j->isa].forward(j->pool, share(j, index), share(j, index + 1), j->input, j->coefficients, j->activation,
                        j->output, j->places, sums);
}

void tps_maxpool_forward(
    tps_pool pool, tps_isa isa, int threads, const void *x, const float *coefficients, tps_activation activation,
    void *y, uint16_t *places, double *sums) {
  job j = {.pool = pool, .isa = isa, .threads = threads, .input = x, .coefficients = coefficients,
           .activation = activation, .output = y, .places = places, .sums = sums};
  tps_parallel(threads, forward_thread, &j);
}

static void backward_thread(void *context, int index) {
  const job *j = context;
  table[j->isa].backward(j->pool, share(j, index), share(j, index + 1), j->places, j->input, j->output);
}

void tps_maxpool_backward(
    tps_pool pool, tps_isa isa, int threads, const uint16_t *places, const void *yGradient, void *xGradient) {
  job j = {.pool = pool, .isa = isa, .threads = threads, .input = yGradient, .output = xGradient,
           .places = (uint16_t *)places};
  tps_parallel(threads, backward_thread, &j);
}

static void average_forward_thread(void *context, int index) {
  const job *j = context;
  table[j->isa].averageForward(j->pool, share(j, index), share(j, index + 1), j->input, j->output);
}

void tps_averagepool_forward(tps_pool pool, tps_isa isa, int threads, const void *x, void *y) {
  job j = {.pool = pool, .isa = isa, .threads = threads, .input = x, .output = y};
  tps_parallel(threads, average_forward_thread, &j);
}

static void average_backward_thread(void *context, int index) {
  const job *j = context;
  table[j->isa].averageBackward(j->pool, share(j, index), share(j, index + 1), j->input, j->output);
}

void tps_averagepool_backward(tps_pool pool, tps_isa isa, int threads, const void *yGradient, void *xGradient) {
  job j = {.pool = pool, .isa = isa, .threads = threads, .input = yGradient, .output = xGradient};
  tps_parallel(threads, average_backward_thread, &j);
}

// The gradient of the weights of convolutions whose stride oneDNN 3.2 handles slowly: the kernels for each instruction
// set, and the division of work among threads.
#include "CKernels.h"
#include "division.h"
/// No kernel has more taps.
#define TPS_MOST_TAPS 49
#define KERNEL_FILE "direct_gradient.inl.h"
#include "isa.h"

typedef struct {
  void (*rows)(tps_strided_conv, int, int, int, const void *, const void *, float *, void *);
  size_t (*bytes)(tps_strided_conv, int);
  void (*block)(tps_strided_conv, int, int, int, const float *, ptrdiff_t, float *);
} kernels;

#define TPS_KERNELS(suffix) {direct_gradient_rows_##suffix, direct_gradient_bytes_##suffix, direct_gradient_block_##suffix}

static const kernels table[] = TPS_TABLE(TPS_KERNELS);

typedef struct {
  tps_strided_conv conv;
  tps_isa isa;
  int threads, summing;
  const void *input, *gradient;
  float *output;
  char *scratch;
} job;

/// Rows that are packed together: about 128 pixels.
static int block_rows(tps_strided_conv conv) { return 1 + 127 / conv.outputWidth; }

static size_t sum_count(tps_strided_conv conv) {
  return (size_t)conv.kernel * conv.kernel * tps_blocks(conv.inputs) * 16 * tps_blocks(conv.outputs) * 16;
}

/// Each thread's sums, and behind them its packed pixels.
static size_t thread_bytes(tps_strided_conv conv, tps_isa isa) {
  size_t bytes = table[isa].bytes(conv, block_rows(conv)) + sum_count(conv) * sizeof(float);
  return tps_whole_pages(bytes);
}

int tps_strided_supports(tps_strided_conv conv) { return conv.kernel * conv.kernel <= TPS_MOST_TAPS; }

/// Threads that make sums: each has all of them, and needs pixels enough to add up.
static int summing(tps_strided_conv conv, int threads) {
  return tps_threads_within(conv.images * conv.outputHeight / block_rows(conv), threads);
}

size_t tps_strided_gradient_scratch_bytes(tps_strided_conv conv, tps_isa isa, int threads) {
  return summing(conv, threads) * thread_bytes(conv, isa);
}

static void rows_thread(void *context, int index) {
  const job *j = context;
  const int rows = j->conv.images * j->conv.outputHeight;
  const int first = tps_share(rows, index, j->summing), end = tps_share(rows, index + 1, j->summing);
  float *sums = (float *)(j->scratch + thread_bytes(j->conv, j->isa) * index);
  table[j->isa].rows(j->conv, first, end, block_rows(j->conv), j->input, j->gradient, sums, sums + sum_count(j->conv));
}

static void collect_thread(void *context, int index) {
  const job *j = context;
  const int depth = tps_blocks(j->conv.inputs), count = tps_blocks(j->conv.outputs) * depth;
  for (int p = tps_share(count, index, j->threads); p < tps_share(count, index + 1, j->threads); p++)
    table[j->isa].block(j->conv, p / depth, p % depth * 16, j->summing, (const float *)j->scratch,
                        (ptrdiff_t)(thread_bytes(j->conv, j->isa) / sizeof(float)), j->output);
}

void tps_strided_weight_gradient(
    tps_strided_conv conv, tps_isa isa, int threads, const void *input, const void *outputGradient, float *gradient,
    void *scratch) {
  job j = {.conv = conv, .isa = isa, .threads = threads, .summing = summing(conv, threads), .input = input,
           .gradient = outputGradient, .output = gradient, .scratch = scratch};
  tps_parallel(j.summing, rows_thread, &j);
  tps_parallel(threads, collect_thread, &j);
}

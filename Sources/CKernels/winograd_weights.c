// The weights of Winograd's convolution on their way in and their gradients on their way out: the kernels for each
// instruction set and the division of blocks of sixteen outputs and inputs among threads.
#include "winograd.h"
#define KERNEL_FILE "winograd_weights.inl.h"
#include "isa.h"

typedef struct {
  void (*block)(int, int, int, int, const float *, uint32_t *);
  void (*transposedBlock)(int, int, int, int, const float *, uint32_t *);
  void (*gradientBlock)(tps_conv, int, int, int, const float *, ptrdiff_t, float *);
} kernels;

#define TPS_KERNELS(suffix) {weight_block_##suffix, transposed_weight_block_##suffix, gradient_block_##suffix}

static const kernels table[] = TPS_TABLE(TPS_KERNELS);

typedef struct {
  tps_conv conv;
  tps_isa isa;
  int threads, transposed, summed;
  const float *input;
  ptrdiff_t stride;
  void *output;
} job;

/// Pieces of work: each a block of outputs and one of inputs.
static int share(const job *j, int index) {
  return tps_share(tps_blocks(j->conv.outputs) * tps_blocks(j->conv.inputs), index, j->threads);
}

static void weights_thread(void *context, int index) {
  const job *j = context;
  const int depth = tps_blocks(j->conv.inputs);
  const size_t words = 36 * (size_t)depth * 16 * 16 * tps_element_bytes(j->isa) / sizeof(uint32_t);
  for (int p = share(j, index); p < share(j, index + 1); p++)
    (j->transposed ? table[j->isa].transposedBlock : table[j->isa].block)(
        j->conv.inputs, j->conv.outputs, p / depth, p % depth * 16, j->input,
        (uint32_t *)j->output + p / depth * words);
}

void tps_winograd_weights(
    tps_conv conv, tps_isa isa, int threads, const float *weights, int transposed, void *transformed) {
  job j = {.conv = conv, .isa = isa, .threads = threads, .transposed = transposed, .input = weights,
           .output = transformed};
  tps_parallel(threads, weights_thread, &j);
}

static void collect_thread(void *context, int index) {
  const job *j = context;
  const int depth = tps_blocks(j->conv.inputs);
  for (int p = share(j, index); p < share(j, index + 1); p++)
    table[j->isa].gradientBlock(
        j->conv, p / depth, p % depth * 16, j->summed, j->input, j->stride, j->output);
}

void tps_winograd_collect(
    tps_conv conv, tps_isa isa, int threads, int summed, const float *sums, ptrdiff_t stride, float *gradient) {
  job j = {.conv = conv, .isa = isa, .threads = threads, .summed = summed, .input = sums, .stride = stride,
           .output = gradient};
  tps_parallel(threads, collect_thread, &j);
}

// The gradient of the weights of Winograd convolutions: the kernels for each instruction set, and below them the choice
// of one and the division of tiles among threads.
#include "CKernels.h"
#include "winograd.h"
#define KERNEL_FILE "winograd_gradient.inl.h"
#include "isa.h"

typedef struct {
  void (*tiles)(tps_conv, int, int, int, const void *, const void *, float *, void *);
  size_t (*bytes)(tps_conv, int);
} kernels;

#define TPS_KERNELS(suffix) {winograd_gradient_tiles_##suffix, winograd_gradient_bytes_##suffix}

static const kernels table[] = TPS_TABLE(TPS_KERNELS);

/// Tiles that are worked on together. Sums are read and written once for each block: where they do not stay in the
/// second-level cache, that has to be seldom.
static int block_tiles(tps_conv conv, tps_isa isa) {
  size_t inputs = (size_t)tps_blocks(conv.inputs) * 16, outputs = (size_t)tps_blocks(conv.outputs) * 16;
  if (inputs * outputs >= 1 << 16) return TPS_MOST_TILES;
  int staysSmall = !tps_has_large_cache(isa) && inputs * outputs <= 1 << 11;
  return tps_block_tiles((staysSmall ? 160 : 1024) << 10, 36 * (inputs + outputs) * tps_element_bytes(isa));
}

/// Each thread's sums, and behind them its transformed tiles.
static size_t thread_bytes(tps_conv conv, tps_isa isa) {
  return tps_whole_pages(table[isa].bytes(conv, block_tiles(conv, isa)) + sizeof(float) * tps_weight_count(conv));
}

/// Threads that make sums, of which each has all 36 matrices: with few tiles to add up, writing and reading them would
/// take longer than the products.
static int summing(tps_conv conv, int threads) { return tps_threads_within(tps_tiles(conv) / 16, threads); }

size_t tps_winograd_gradient_scratch_bytes(tps_conv conv, tps_isa isa, int threads) {
  return summing(conv, threads) * thread_bytes(conv, isa);
}

typedef struct {
  tps_conv conv;
  tps_isa isa;
  int summing;
  const void *input, *gradient;
  char *scratch;
} job;

static void tiles_thread(void *context, int index) {
  const job *j = context;
  const int tiles = tps_tiles(j->conv);
  const int first = tps_share(tiles, index, j->summing), end = tps_share(tiles, index + 1, j->summing);
  float *sums = (float *)(j->scratch + thread_bytes(j->conv, j->isa) * index);
  table[j->isa].tiles(j->conv, first, end, block_tiles(j->conv, j->isa), j->input, j->gradient, sums,
                      sums + tps_weight_count(j->conv));
}

void tps_winograd_weight_gradient(
    tps_conv conv, tps_isa isa, int threads, const void *input, const void *outputGradient, float *gradient,
    void *scratch) {
  job j = {.conv = conv, .isa = isa, .summing = summing(conv, threads), .input = input, .gradient = outputGradient,
           .scratch = scratch};
  tps_parallel(j.summing, tiles_thread, &j);
  tps_winograd_collect(conv, isa, threads, j.summing, scratch, thread_bytes(conv, isa) / sizeof(float), gradient);
}

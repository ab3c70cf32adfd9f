// Winograd convolutions: the kernels for each instruction set, and below them the choice of one and the division of
// work among threads.
#include "CKernels.h"
#include "winograd.h"
#define KERNEL_FILE "winograd.inl.h"
#include "isa.h"

typedef struct {
  void (*tiles)(tps_conv, int, int, int, const void *, const void *, void *, const tps_epilogue *, double *, void *);
  size_t (*bytes)(tps_conv, int);
} kernels;

#define TPS_KERNELS(suffix) {winograd_tiles_##suffix, winograd_tile_bytes_##suffix}

static const kernels table[] = TPS_TABLE(TPS_KERNELS);

/// Tiles that are worked on together: what keeps transformed values and products in the second-level cache, unless the
/// weights, which are read once for each block, come from memory every time.
static int block_tiles(tps_conv conv, tps_isa isa) {
  if (tps_winograd_weight_bytes(conv, isa) > 8 << 20) return TPS_MOST_TILES;
  size_t bytes = 36 * ((size_t)tps_blocks(conv.inputs) * 16 * tps_element_bytes(isa) + 128);
  return tps_block_tiles((tps_has_large_cache(isa) ? 600 : 160) << 10, bytes);
}

size_t tps_winograd_weight_bytes(tps_conv conv, tps_isa isa) { return tps_weight_count(conv) * tps_element_bytes(isa); }

static size_t thread_bytes(tps_conv conv, tps_isa isa) {
  return tps_whole_pages(table[isa].bytes(conv, block_tiles(conv, isa)));
}

size_t tps_winograd_scratch_bytes(tps_conv conv, tps_isa isa, int threads) { return threads * thread_bytes(conv, isa); }

typedef struct {
  tps_conv conv;
  tps_isa isa;
  int threads;
  const void *input, *weights;
  void *output;
  const tps_epilogue *epilogue;
  char *scratch;
} job;

static void tiles_thread(void *context, int index) {
  const job *j = context;
  const int tiles = tps_tiles(j->conv);
  const size_t channels = (size_t)tps_blocks(j->conv.outputs) * 16;
  double *sums = j->epilogue->sums ? j->epilogue->sums + 2 * channels * index : NULL;
  if (sums) memset(sums, 0, 2 * channels * sizeof *sums);
  table[j->isa].tiles(
      j->conv, tps_share(tiles, index, j->threads), tps_share(tiles, index + 1, j->threads),
      block_tiles(j->conv, j->isa), j->input, j->weights, j->output, j->epilogue, sums,
      j->scratch + thread_bytes(j->conv, j->isa) * index);
}

void tps_winograd_forward(
    tps_conv conv, tps_isa isa, int threads, const void *input, const void *transformed, void *output,
    tps_epilogue epilogue, void *scratch) {
  job j = {.conv = conv, .isa = isa, .threads = threads, .input = input, .weights = transformed, .output = output,
           .epilogue = &epilogue, .scratch = scratch};
  tps_parallel(threads, tiles_thread, &j);
}

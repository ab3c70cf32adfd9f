// Winograd convolutions: the kernels for each instruction set, and below them the choice of one and the division of
// work among threads.
#include "CKernels.h"
#include "division.h"
#include "winograd.h"
/// No block has more tiles.
#define TPS_MOST_TILES 96
#define KERNEL_FILE "winograd.inl.h"
#include "isa.h"

typedef struct {
  void (*tiles)(tps_conv, int, int, int, const void *, const void *, void *, const tps_epilogue *, double *, void *);
  size_t (*tileBytes)(tps_conv, int);
  void (*gradientTiles)(tps_conv, int, int, int, const void *, const void *, float *, void *);
  size_t (*gradientBytes)(tps_conv, int);
} kernels;

#define TPS_KERNELS(suffix)                                                                                           \
  {winograd_tiles_##suffix, winograd_tile_bytes_##suffix, winograd_gradient_tiles_##suffix,                           \
   winograd_gradient_bytes_##suffix}

static const kernels table[] = TPS_TABLE(TPS_KERNELS);

static int tile_count(tps_conv conv) { return conv.images * ((conv.height + 3) / 4) * ((conv.width + 3) / 4); }

static int clamp_tiles(size_t tiles, int most) {
  tiles = tiles / 12 * 12;
  return tiles < 12 ? 12 : tiles > (size_t)most ? most : (int)tiles;
}

/// Tiles that are worked on together: what keeps transformed values and products in the second-level cache.
static int forward_block(tps_conv conv, tps_isa isa) {
  size_t bytes = 36 * ((size_t)tps_blocks(conv.inputs) * 16 * tps_element_bytes(isa) + 128);
  return clamp_tiles((600 << 10) / bytes, TPS_MOST_TILES);
}

/// The same for the gradient; where its sums fill even the third-level cache, more tiles, because those sums are read
/// and written once for each block.
static int gradient_block_tiles(tps_conv conv, tps_isa isa) {
  size_t inputs = (size_t)tps_blocks(conv.inputs) * 16, outputs = (size_t)tps_blocks(conv.outputs) * 16;
  if (inputs * outputs >= 1 << 16) return 96;
  return clamp_tiles((1 << 20) / (36 * (inputs + outputs) * tps_element_bytes(isa)), TPS_MOST_TILES);
}

static size_t gradient_sums(tps_conv conv) {
  return 36 * (size_t)tps_blocks(conv.inputs) * 16 * tps_blocks(conv.outputs) * 16;
}

size_t tps_winograd_weight_bytes(tps_conv conv, tps_isa isa) {
  return gradient_sums(conv) * tps_element_bytes(isa);
}

size_t tps_winograd_scratch_bytes(tps_conv conv, tps_isa isa, int threads) {
  size_t bytes = table[isa].tileBytes(conv, forward_block(conv, isa));
  return threads * tps_whole_pages(bytes);
}

/// Each thread's sums, and behind them its transformed tiles.
static size_t gradient_thread_bytes(tps_conv conv, tps_isa isa) {
  size_t bytes = table[isa].gradientBytes(conv, gradient_block_tiles(conv, isa)) + 4 * gradient_sums(conv);
  return tps_whole_pages(bytes);
}

size_t tps_winograd_gradient_scratch_bytes(tps_conv conv, tps_isa isa, int threads) {
  return threads * gradient_thread_bytes(conv, isa);
}

typedef struct {
  tps_conv conv;
  tps_isa isa;
  int threads;
  const void *input, *other;
  void *output;
  const tps_epilogue *epilogue;
  char *scratch;
} job;

static void forward_thread(void *context, int index) {
  const job *j = context;
  const kernels *k = &table[j->isa];
  int tiles = tile_count(j->conv), block = forward_block(j->conv, j->isa);
  size_t bytes = tps_whole_pages(k->tileBytes(j->conv, block));
  size_t channels = (size_t)tps_blocks(j->conv.outputs) * 16;
  double *sums = j->epilogue->sums ? j->epilogue->sums + 2 * channels * index : NULL;
  if (sums) memset(sums, 0, 2 * channels * sizeof *sums);
  k->tiles(j->conv, tps_share(tiles, index, j->threads), tps_share(tiles, index + 1, j->threads), block, j->input, j->other,
           j->output, j->epilogue, sums, j->scratch + bytes * index);
}

void tps_winograd_forward(
    tps_conv conv, tps_isa isa, int threads, const void *input, const void *transformed, void *output,
    tps_epilogue epilogue, void *scratch) {
  job j = {.conv = conv, .isa = isa, .threads = threads, .input = input, .other = transformed, .output = output,
           .epilogue = &epilogue, .scratch = scratch};
  tps_parallel(threads, forward_thread, &j);
}

static void gradient_thread(void *context, int index) {
  const job *j = context;
  const kernels *k = &table[j->isa];
  int tiles = tile_count(j->conv), block = gradient_block_tiles(j->conv, j->isa);
  float *sums = (float *)(j->scratch + gradient_thread_bytes(j->conv, j->isa) * index);
  if (tps_share(tiles, index, j->threads) == tps_share(tiles, index + 1, j->threads)) memset(sums, 0, 4 * gradient_sums(j->conv));
  k->gradientTiles(j->conv, tps_share(tiles, index, j->threads), tps_share(tiles, index + 1, j->threads), block, j->input,
                   j->other, sums, sums + gradient_sums(j->conv));
}

void tps_winograd_weight_gradient(
    tps_conv conv, tps_isa isa, int threads, const void *input, const void *outputGradient, float *gradient,
    void *scratch) {
  job j = {.conv = conv, .isa = isa, .threads = threads, .input = input, .other = outputGradient,
           .output = gradient, .scratch = scratch};
  tps_parallel(threads, gradient_thread, &j);
  tps_winograd_collect(conv, isa, threads, scratch, gradient_thread_bytes(conv, isa) / sizeof(float), gradient);
}

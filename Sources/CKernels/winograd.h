// What the files of Winograd's convolution share.
#ifndef TPS_WINOGRAD_H
#define TPS_WINOGRAD_H

#include "division.h"

/// No block of tiles that are worked on together has more.
#define TPS_MOST_TILES 96

static inline int tps_tiles(tps_conv conv) {
  return conv.images * ((conv.height + 3) / 4) * ((conv.width + 3) / 4);
}

/// As many tiles of `bytes` each as `budget` holds, within bounds and in whole blocks of the product's rows.
static inline int tps_block_tiles(size_t budget, size_t bytes) {
  size_t tiles = budget / bytes / 12 * 12;
  return tiles < 12 ? 12 : tiles > TPS_MOST_TILES ? TPS_MOST_TILES : (int)tiles;
}

/// The budgets below leave room in the second-level cache: 1 MiB a core where they were measured with AVX-512, 512 KiB
/// where with AVX2.
static inline int tps_has_large_cache(tps_isa isa) { return isa >= TPS_AVX512; }

/// Values of the 36 matrices that weights become.
static inline size_t tps_weight_count(tps_conv conv) {
  return 36 * (size_t)tps_blocks(conv.inputs) * 16 * tps_blocks(conv.outputs) * 16;
}

/// gradient [outputs][inputs][3][3] ← Gᵀ u G, u the total of `summed` threads' sums as the tiles leave them,
/// which lie `stride` floats apart.
void tps_winograd_collect(
    tps_conv conv, tps_isa isa, int threads, int summed, const float *sums, ptrdiff_t stride, float *gradient);

#endif

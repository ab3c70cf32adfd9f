// What the files of Winograd's convolution share.
#ifndef TPS_WINOGRAD_H
#define TPS_WINOGRAD_H

#include "CKernels.h"

/// gradient [outputs][inputs][3][3] ← Gᵀ u G, u the total of the threads' sums as the tiles leave them, which
/// lie `stride` floats apart.
void tps_winograd_collect(
    tps_conv conv, tps_isa isa, int threads, const float *sums, ptrdiff_t stride, float *gradient);

#endif

// How squeeze-and-excitation lays out what it keeps of each image.
#ifndef TPS_SQUEEZE_H
#define TPS_SQUEEZE_H

#include "division.h"

/// Floats of an image: two for each padded channel, then one for each hidden feature, in whole vectors.
static inline size_t tps_squeeze_row(tps_squeeze s) {
  return (size_t)(2 * tps_blocks(s.channels) + tps_blocks(s.hidden)) * 16;
}

#endif

// How channels fill vectors, and how work and scratch memory are divided among threads.
#ifndef TPS_DIVISION_H
#define TPS_DIVISION_H

#include "CKernels.h"

/// Vectors of sixteen that hold `channels`.
static inline int tps_blocks(int channels) { return (channels + 15) / 16; }

/// Where the share of thread `index` begins among `count` pieces of work; it ends where the next one's begins.
static inline int tps_share(int count, int index, int threads) { return (int)((int64_t)count * index / threads); }

/// Threads for work that is worth at most `most` of them.
static inline int tps_threads_within(int most, int threads) { return most < 1 ? 1 : threads < most ? threads : most; }

/// Bytes of one activation.
static inline size_t tps_element_bytes(tps_isa isa) { return isa == TPS_AVX512_BF16 ? 2 : 4; }

/// `bytes` rounded up to whole pages, so that parts of two threads share no cache line but at their ends.
static inline size_t tps_whole_pages(size_t bytes) { return (bytes + 4095) & ~(size_t)4095; }

#endif

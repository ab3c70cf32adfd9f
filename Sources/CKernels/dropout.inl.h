// Dropout for one instruction set: sixteen values at a time, whose masks are four draws of 64 bits.
#include "activation.h"

typedef uint64_t TPS_NAME(draws) __attribute__((ext_vector_type(4)));

/// Elements 4·index … 4·index + 3 of the stream (Randomness/CounterRandom.swift), as sixteen numbers of 16 bits.
TPS_INLINE u16x16 TPS_NAME(draw)(uint64_t key, uint64_t index) {
  const TPS_NAME(draws) places = {1, 2, 3, 4};
  TPS_NAME(draws) z = key + (index * 4 + places) * 0x9E3779B97F4A7C15u;
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
  return (u16x16)(z ^ (z >> 31));
}

/// Groups first ..< end of sixteen values of `tps_dropout`, the first of them at `values`.
static void TPS_NAME(dropout)(
    size_t first, size_t end, uint64_t key, uint16_t threshold, float scale, void *values) {
  ACT *p = values;
  for (size_t i = first; i < end; i++, p += 16) {
    // All bits where a value is kept.
    const u32x16 kept =
        (u32x16)__builtin_convertvector(TPS_NAME(draw)(key, i) >= (u16x16)threshold, i32x16);
    TPS_NAME(store)(p, (f32x16)((u32x16)(TPS_NAME(load)(p) * scale) & kept));
  }
}

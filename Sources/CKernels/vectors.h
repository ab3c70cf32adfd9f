// Vectors of sixteen floats and the conversions between them and memory, for whichever instruction set the including
// file is compiled: the compiler splits them where registers are narrower.
#ifndef TPS_VECTORS_H
#define TPS_VECTORS_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

typedef float f32x16 __attribute__((ext_vector_type(16)));
typedef float f32x8 __attribute__((ext_vector_type(8)));
typedef int32_t i32x16 __attribute__((ext_vector_type(16)));
typedef uint32_t u32x16 __attribute__((ext_vector_type(16)));
typedef uint16_t u16x16 __attribute__((ext_vector_type(16)));

#define TPS_INLINE static inline __attribute__((always_inline))
#define TPS_UNROLL _Pragma("clang loop unroll(full)")

#endif

// Compiles KERNEL_FILE once for each instruction set of this architecture. Its functions are named by TPS_NAME;
// TPS_BF16 says whether activations are bfloat16, TPS_WIDE whether there are 32 registers of 512 bits.
#include "vectors.h"

// Vectors are passed between functions of one file alone, so their calling convention is nobody else's matter.
#pragma clang diagnostic ignored "-Wpsabi"

#define TPS_PASTE_(name, suffix) name##_##suffix
#define TPS_PASTE(name, suffix) TPS_PASTE_(name, suffix)
#define TPS_NAME(name) TPS_PASTE(name, TPS_SUFFIX)

#if defined(__x86_64__)
// Scripts/emulate tests the code for instructions that a CPU lacks by what every CPU of the last decade has.
#ifdef TPS_EMULATED
#define TPS_AVX512_TARGET "avx2,fma"
#define TPS_AVX512_BF16_TARGET "avx2,fma"
#else
#define TPS_AVX512_TARGET "avx512f,avx512bw,avx512vl,avx512dq,fma"
#define TPS_AVX512_BF16_TARGET TPS_AVX512_TARGET ",avx512bf16"
#endif

#pragma clang attribute push(__attribute__((target(TPS_AVX512_BF16_TARGET))), apply_to = function)
#define TPS_SUFFIX avx512_bf16
#define TPS_BF16 1
#define TPS_WIDE 1
#define TPS_HAS_FMA 1
#include "variant.h"
#pragma clang attribute pop

#pragma clang attribute push(__attribute__((target(TPS_AVX512_TARGET))), apply_to = function)
#define TPS_SUFFIX avx512
#define TPS_BF16 0
#define TPS_WIDE 1
#define TPS_HAS_FMA 1
#include "variant.h"
#pragma clang attribute pop

#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
#define TPS_SUFFIX avx2
#define TPS_BF16 0
#define TPS_WIDE 0
#define TPS_HAS_FMA 1
#include "variant.h"
#pragma clang attribute pop

#define TPS_SUFFIX baseline
#define TPS_BF16 0
#define TPS_WIDE 0
#define TPS_HAS_FMA 0
#include "variant.h"

#else
#define TPS_SUFFIX baseline
#define TPS_BF16 0
#define TPS_WIDE 0
#define TPS_HAS_FMA 1
#include "variant.h"

#endif

#if defined(__x86_64__)
/// An array with each instruction set's version of KERNELS(suffix), indexed by tps_isa.
#define TPS_TABLE(KERNELS) {KERNELS(baseline), KERNELS(avx2), KERNELS(avx512), KERNELS(avx512_bf16)}
#else
#define TPS_TABLE(KERNELS) {KERNELS(baseline)}
#endif

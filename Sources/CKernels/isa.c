// Which of the kernels this CPU can run.
#include "CKernels.h"

int tps_supports(tps_isa isa) {
#if defined(__x86_64__) && defined(TPS_EMULATED)
  return isa == TPS_BASELINE || (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"));
#elif defined(__x86_64__)
  int wide = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
             __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq");
  switch (isa) {
  case TPS_BASELINE: return 1;
  case TPS_AVX2: return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
  case TPS_AVX512: return wide;
  case TPS_AVX512_BF16: return wide && __builtin_cpu_supports("avx512bf16");
  }
  return 0;
#else
  return isa == TPS_BASELINE;
#endif
}

// KERNEL_FILE for the instruction set that TPS_SUFFIX, TPS_BF16, TPS_WIDE and TPS_HAS_FMA describe; then they are free
// for the next one. Included by isa.h: no include guard.
#include KERNEL_FILE
#undef TPS_SUFFIX
#undef TPS_BF16
#undef TPS_WIDE
#undef TPS_HAS_FMA

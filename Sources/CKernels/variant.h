// KERNEL_FILE for the instruction set that TPS_SUFFIX, TPS_BF16, TPS_WIDE and TPS_HAS_FMA describe; then they and what the
// headers without include guard define are free for the next one. Included by isa.h: no include guard.
#include KERNEL_FILE
#undef TPS_SUFFIX
#undef TPS_BF16
#undef TPS_WIDE
#undef TPS_HAS_FMA
// activation.h
#undef ACT
#undef VEC
#undef TPS_LANES
#undef TPS_FMA
// gemm.h
#undef TPS_ROWS
#undef TPS_PAIR
// tiles.h
#undef TPS_GAP
// transforms.h
#undef TPS_A
#undef TPS_B
#undef TPS_A2
#undef TPS_B2
#undef TPS_K
#undef TPS_F0
#undef TPS_FA
#undef TPS_FB

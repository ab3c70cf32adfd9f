// One activation vector (sixteen channels of one pixel) between memory and registers, and the product of which
// matrix multiplication is made. Included once for each instruction set: no include guard.

#if TPS_HAS_FMA
#define TPS_FMA(a, b, c) __builtin_elementwise_fma(a, b, c)
#else
#define TPS_FMA(a, b, c) ((a) * (b) + (c))
#endif

#if TPS_BF16
typedef uint16_t TPS_NAME(act);
#define ACT TPS_NAME(act)

TPS_INLINE f32x16 TPS_NAME(load)(const ACT *p) {
  u16x16 bits;
  memcpy(&bits, p, sizeof bits);
  return (f32x16)(__builtin_convertvector(bits, u32x16) << 16);
}

TPS_INLINE u16x16 TPS_NAME(pack)(f32x16 v) {
#ifdef TPS_EMULATED
  // To nearest, ties to even.
  return __builtin_convertvector(((u32x16)v + 0x7FFF + ((u32x16)v >> 16 & 1)) >> 16, u16x16);
#else
  return (u16x16)_mm512_cvtneps_pbh((__m512)v);
#endif
}

TPS_INLINE void TPS_NAME(store)(ACT *p, f32x16 v) {
  u16x16 bits = TPS_NAME(pack)(v);
  memcpy(p, &bits, sizeof bits);
}
#else
typedef float TPS_NAME(act);
#define ACT TPS_NAME(act)

TPS_INLINE f32x16 TPS_NAME(load)(const ACT *p) {
  f32x16 v;
  memcpy(&v, p, sizeof v);
  return v;
}

TPS_INLINE void TPS_NAME(store)(ACT *p, f32x16 v) { memcpy(p, &v, sizeof v); }
#endif

// Transforms hold many values at once: TPS_LANES channels in each, so that they fit the registers.
#if TPS_WIDE
#define TPS_LANES 16
#define VEC f32x16
#else
#define TPS_LANES 8
#define VEC f32x8
#endif

/// A part of an activation vector.
TPS_INLINE VEC TPS_NAME(load_part)(const ACT *p) {
#if TPS_WIDE
  return TPS_NAME(load)(p);
#else
  VEC v;
  memcpy(&v, p, sizeof v);
  return v;
#endif
}

TPS_INLINE void TPS_NAME(store_part)(ACT *p, VEC v) {
#if TPS_WIDE
  TPS_NAME(store)(p, v);
#else
  memcpy(p, &v, sizeof v);
#endif
}

/// acc + a · b, where a is one 32-bit word (a float, or two bfloat16 that are summed) for all lanes of b.
TPS_INLINE f32x16 TPS_NAME(multiply)(f32x16 acc, uint32_t a, u32x16 b) {
#if TPS_BF16 && defined(TPS_EMULATED)
  const u32x16 pair = a;
  acc += (f32x16)(pair & 0xFFFF0000) * (f32x16)(b & 0xFFFF0000);
  return acc + (f32x16)(pair << 16) * (f32x16)(b << 16);
#elif TPS_BF16
  return (f32x16)_mm512_dpbf16_ps((__m512)acc, (__m512bh)_mm512_set1_epi32((int)a), (__m512bh)b);
#else
  float factor;
  memcpy(&factor, &a, sizeof factor);
  return TPS_FMA((f32x16)factor, (f32x16)b, acc);
#endif
}

/// One vector of 32-bit words for a product over pairs: two bfloat16 each, or just the first as floats.
TPS_INLINE u32x16 TPS_NAME(words)(f32x16 first, f32x16 second) {
#if TPS_BF16
  u32x16 low = __builtin_convertvector(TPS_NAME(pack)(first), u32x16);
  u32x16 high = __builtin_convertvector(TPS_NAME(pack)(second), u32x16);
  return low | (high << 16);
#else
  (void)second;
  return (u32x16)first;
#endif
}

/// Stores a part of such a vector.
TPS_INLINE void TPS_NAME(store_words)(uint32_t *p, VEC first, VEC second) {
#if TPS_WIDE
  u32x16 words = TPS_NAME(words)(first, second);
  memcpy(p, &words, sizeof words);
#else
  (void)second;
  memcpy(p, &first, sizeof first);
#endif
}

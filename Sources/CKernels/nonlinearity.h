// The functions that stand between layers, and their derivatives, of one vector. Included once for each instruction set,
// after activation.h: no include guard.

/// max(v, 0), but what is not a number stays so: a diverged training has to show.
TPS_INLINE f32x16 TPS_NAME(rectify)(f32x16 v) {
  const f32x16 zero = 0;
  return zero > v ? zero : v;
}

/// v where `sign` > 0, else 0.
TPS_INLINE f32x16 TPS_NAME(positive)(f32x16 sign, f32x16 v) {
  return (f32x16)((i32x16)v & (sign > (f32x16)0.0f));
}

/// 1 / (1 + e^−v), to two units in the last place where it is above 1e-30; its value for what is not a number is any.
TPS_INLINE f32x16 TPS_NAME(sigmoid)(f32x16 v) {
  // e^−v = 2^n · e^r with |r| ≤ ln 2 / 2 (Cody and Waite 1980), e^r by Cephes' polynomial. Adding 1.5 · 2^23 rounds to a
  // whole number and leaves it in the lowest bits.
  const f32x16 most = 87, least = -87;
  f32x16 x = -v;
  x = most < x ? most : x;
  x = least > x ? least : x;
  const f32x16 shifted = TPS_FMA(x, (f32x16)1.44269504f, (f32x16)12582912.0f);
  const f32x16 n = shifted - 12582912.0f;
  const f32x16 r = TPS_FMA(n, (f32x16)2.12194440e-4f, TPS_FMA(n, (f32x16)-0.693359375f, x));
  f32x16 p = TPS_FMA((f32x16)1.9875691500e-4f, r, (f32x16)1.3981999507e-3f);
  p = TPS_FMA(p, r, (f32x16)8.3334519073e-3f);
  p = TPS_FMA(p, r, (f32x16)4.1665795894e-2f);
  p = TPS_FMA(p, r, (f32x16)1.6666665459e-1f);
  p = TPS_FMA(p, r, (f32x16)5.0000001201e-1f);
  p = TPS_FMA(p, r * r, r) + 1.0f;
  const f32x16 exponential = (f32x16)((u32x16)p + ((u32x16)shifted << 23));
  return 1.0f / (1.0f + exponential);
}

// GELU is v · σ(a v + b v³), its tanh form with tanh written as a logistic function: a = 2 √(2/π), b = 0.044715 a.
#define TPS_GELU_LINEAR 1.5957691216057308f
#define TPS_GELU_CUBIC 0.07135481282052748f

/// The value for `v`.
TPS_INLINE f32x16 TPS_NAME(activate)(const tps_activation activation, f32x16 v) {
  switch (activation) {
  case TPS_IDENTITY: return v;
  case TPS_RELU: return TPS_NAME(rectify)(v);
  case TPS_GELU:
    return v * TPS_NAME(sigmoid)(v * TPS_FMA(v * v, (f32x16)TPS_GELU_CUBIC, (f32x16)TPS_GELU_LINEAR));
  case TPS_SILU: return v * TPS_NAME(sigmoid)(v);
  }
}

/// The gradient of `v`, where `g` is that of its value.
TPS_INLINE f32x16 TPS_NAME(activation_gradient)(const tps_activation activation, f32x16 v, f32x16 g) {
  switch (activation) {
  case TPS_IDENTITY: return g;
  case TPS_RELU: return TPS_NAME(positive)(v, g);
  case TPS_GELU: {
    const f32x16 square = v * v;
    const f32x16 s = TPS_NAME(sigmoid)(v * TPS_FMA(square, (f32x16)TPS_GELU_CUBIC, (f32x16)TPS_GELU_LINEAR));
    const f32x16 slope = v * TPS_FMA(square, (f32x16)(3 * TPS_GELU_CUBIC), (f32x16)TPS_GELU_LINEAR);
    return g * (s * TPS_FMA(slope, 1.0f - s, (f32x16)1.0f));
  }
  case TPS_SILU: {
    const f32x16 s = TPS_NAME(sigmoid)(v);
    return g * (s * TPS_FMA(v, 1.0f - s, (f32x16)1.0f));
  }
  }
}

#undef TPS_GELU_LINEAR
#undef TPS_GELU_CUBIC

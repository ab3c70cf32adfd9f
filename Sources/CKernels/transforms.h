// The one-dimensional transforms of F(4, 3) at the points 0, ±a, ±b, ∞ with a = 3/4 and b = 3/2, which round less than
// the usual 0, ±1, ±2, ∞ (Barabasz et al. 2020), of TPS_LANES channels at once. Included once for each instruction set,
// after activation.h: no include guard.

#define TPS_A 0.75f
#define TPS_B 1.5f
#define TPS_A2 (TPS_A * TPS_A)
#define TPS_B2 (TPS_B * TPS_B)
#define TPS_K(x) ((VEC)(x))

/// v ← Bᵀ d: six values of the input.
TPS_INLINE void TPS_NAME(input6)(const VEC d[6], VEC v[6]) {
  VEC evenA = TPS_FMA(TPS_K(-TPS_B2), d[2], d[4]), oddA = TPS_K(TPS_A) * TPS_FMA(TPS_K(-TPS_B2), d[1], d[3]);
  VEC evenB = TPS_FMA(TPS_K(-TPS_A2), d[2], d[4]), oddB = TPS_K(TPS_B) * TPS_FMA(TPS_K(-TPS_A2), d[1], d[3]);
  v[0] = TPS_FMA(TPS_K(TPS_A2 * TPS_B2), d[0], TPS_FMA(TPS_K(-(TPS_A2 + TPS_B2)), d[2], d[4]));
  v[1] = evenA + oddA;
  v[2] = evenA - oddA;
  v[3] = evenB + oddB;
  v[4] = evenB - oddB;
  v[5] = TPS_FMA(TPS_K(TPS_A2 * TPS_B2), d[1], TPS_FMA(TPS_K(-(TPS_A2 + TPS_B2)), d[3], d[5]));
}

/// y ← Aᵀ m: four values of the output.
TPS_INLINE void TPS_NAME(output4)(const VEC m[6], VEC y[4]) {
  VEC sumA = m[1] + m[2], sumB = m[3] + m[4], differenceA = m[1] - m[2], differenceB = m[3] - m[4];
  y[0] = m[0] + sumA + sumB;
  y[1] = TPS_FMA(TPS_K(TPS_B), differenceB, TPS_K(TPS_A) * differenceA);
  y[2] = TPS_FMA(TPS_K(TPS_B2), sumB, TPS_K(TPS_A2) * sumA);
  y[3] = TPS_FMA(TPS_K(TPS_B2 * TPS_B), differenceB, TPS_FMA(TPS_K(TPS_A2 * TPS_A), differenceA, m[5]));
}

/// m ← A y: the transpose, for the gradient of the output.
TPS_INLINE void TPS_NAME(gradient6)(const VEC y[4], VEC m[6]) {
  VEC evenA = TPS_FMA(TPS_K(TPS_A2), y[2], y[0]), oddA = TPS_FMA(TPS_K(TPS_A2), y[3], y[1]) * TPS_K(TPS_A);
  VEC evenB = TPS_FMA(TPS_K(TPS_B2), y[2], y[0]), oddB = TPS_FMA(TPS_K(TPS_B2), y[3], y[1]) * TPS_K(TPS_B);
  m[0] = y[0];
  m[1] = evenA + oddA;
  m[2] = evenA - oddA;
  m[3] = evenB + oddB;
  m[4] = evenB - oddB;
  m[5] = y[3];
}

// 1 / Π (point − other points).
#define TPS_F0 (1.0f / (TPS_A2 * TPS_B2))
#define TPS_FA (1.0f / (2 * TPS_A2 * (TPS_A2 - TPS_B2)))
#define TPS_FB (1.0f / (2 * TPS_B2 * (TPS_B2 - TPS_A2)))

/// u ← G g: three weights.
TPS_INLINE void TPS_NAME(weight6)(const VEC g[3], VEC u[6]) {
  VEC evenA = TPS_FMA(TPS_K(TPS_A2), g[2], g[0]) * TPS_K(TPS_FA), oddA = g[1] * TPS_K(TPS_A * TPS_FA);
  VEC evenB = TPS_FMA(TPS_K(TPS_B2), g[2], g[0]) * TPS_K(TPS_FB), oddB = g[1] * TPS_K(TPS_B * TPS_FB);
  u[0] = g[0] * TPS_K(TPS_F0);
  u[1] = evenA + oddA;
  u[2] = evenA - oddA;
  u[3] = evenB + oddB;
  u[4] = evenB - oddB;
  u[5] = g[2];
}

/// g ← Gᵀ u: the transpose, for the gradient of the weights.
TPS_INLINE void TPS_NAME(gradient3)(const VEC u[6], VEC g[3]) {
  VEC sumA = (u[1] + u[2]) * TPS_K(TPS_FA), sumB = (u[3] + u[4]) * TPS_K(TPS_FB);
  VEC differenceA = (u[1] - u[2]) * TPS_K(TPS_A * TPS_FA), differenceB = (u[3] - u[4]) * TPS_K(TPS_B * TPS_FB);
  g[0] = TPS_FMA(u[0], TPS_K(TPS_F0), sumA + sumB);
  g[1] = differenceA + differenceB;
  g[2] = TPS_FMA(TPS_K(TPS_A2), sumA, TPS_FMA(TPS_K(TPS_B2), sumB, u[5]));
}

// The nonlinearities that may stand behind normalisations and sums: one choice for a whole network.
// Each is exactly one of PyTorch's modules.

/// A function applied to each value.
public enum Activation: String, Codable, Sendable, CaseIterable {
  /// max(x, 0): `torch.nn.ReLU`.
  case relu
  /// x · ½ (1 + tanh(√(2/π) (x + 0.044715 x³))): `torch.nn.GELU(approximate="tanh")` (Hendrycks and Gimpel 2016). Its
  /// values are within 5e-4 of the form with the error function, and it shares its only costly part, a logistic
  /// function, with `silu`.
  case gelu
  /// x / (1 + e^−x): `torch.nn.SiLU` (Elfwing et al. 2018).
  case silu
}

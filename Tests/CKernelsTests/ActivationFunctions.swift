// The activations as they are defined, in double precision.
import CKernels
import Foundation

/// All that the kernels know.
let activations = [TPS_IDENTITY, TPS_RELU, TPS_GELU, TPS_SILU]

extension tps_activation {
  var testDescription: String {
    [TPS_IDENTITY: "identity", TPS_RELU: "ReLU", TPS_GELU: "GELU", TPS_SILU: "SiLU"][self] ?? "?"
  }

  func value(_ x: Double) -> Double {
    switch self {
    case TPS_RELU: max(x, 0)
    case TPS_GELU: x * Self.sigmoid(Self.inner(x))
    case TPS_SILU: x * Self.sigmoid(x)
    default: x
    }
  }

  func slope(_ x: Double) -> Double {
    switch self {
    case TPS_RELU: x > 0 ? 1 : 0
    case TPS_GELU: Self.slope(x, inner: Self.inner(x), innerSlope: Self.scale * (1 + 3 * 0.044715 * x * x))
    case TPS_SILU: Self.slope(x, inner: x, innerSlope: 1)
    default: 1
    }
  }

  private static let scale = 2 * (2 / Double.pi).squareRoot()
  private static func inner(_ x: Double) -> Double { scale * (x + 0.044715 * x * x * x) }
  private static func sigmoid(_ x: Double) -> Double { 1 / (1 + exp(-x)) }

  /// Of x · σ(inner(x)).
  private static func slope(_ x: Double, inner: Double, innerSlope: Double) -> Double {
    let (s, rest) = (sigmoid(inner), sigmoid(-inner))
    // Infinity times zero where the cube has left double's range.
    return rest == 0 || s == 0 ? s : s + x * s * rest * innerSlope
  }
}

// The activations and their gradients.
import Glibc
package import Models

/// y = f(x) for each value.
package enum ReferenceActivation {
  /// The output for `input`, of any shape.
  package static func forward(_ input: ReferenceTensor, _ activation: Activation) -> ReferenceTensor {
    input.map { value($0, activation) }
  }

  /// The gradient of `input`, where `gradient` is that of the output; for a ReLU at 0 it is 0, as PyTorch's.
  package static func backward(
    _ gradient: ReferenceTensor, input: ReferenceTensor, _ activation: Activation
  ) -> ReferenceTensor {
    gradient.zip(input) { $0 * slope($1, activation) }
  }

  private static func value(_ x: Double, _ activation: Activation) -> Double {
    switch activation {
    case .relu: max(x, 0)
    case .gelu: 0.5 * x * (1 + tanh(inner(x)))
    case .silu: x / (1 + exp(-x))
    }
  }

  private static func slope(_ x: Double, _ activation: Activation) -> Double {
    switch activation {
    case .relu: return x > 0 ? 1 : 0
    case .gelu:
      let t = tanh(inner(x))
      return 0.5 * (1 + t) + 0.5 * x * (1 - t * t) * root * (1 + 3 * 0.044715 * x * x)
    case .silu:
      let s = 1 / (1 + exp(-x))
      return s * (1 + x * (1 - s))
    }
  }

  private static let root = (2 / Double.pi).squareRoot()

  /// The argument of GELU's hyperbolic tangent.
  private static func inner(_ x: Double) -> Double { root * (x + 0.044715 * x * x * x) }
}

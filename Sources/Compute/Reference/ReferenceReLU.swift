// The rectifier and its gradient.

/// y = max(x, 0); the gradient at 0 is 0, as PyTorch's.
public enum ReferenceReLU {
  /// The output for `input`, of any shape.
  public static func forward(_ input: ReferenceTensor) -> ReferenceTensor {
    input.map { max($0, 0) }
  }

  /// The gradient of `input`, where `gradient` is that of the output.
  public static func backward(_ gradient: ReferenceTensor, input: ReferenceTensor) -> ReferenceTensor {
    gradient.zip(input) { $1 > 0 ? $0 : 0 }
  }
}

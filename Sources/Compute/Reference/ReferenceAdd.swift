// The sum that ends a residual block; its gradient goes unchanged to both sides.

/// y = a + b for two maps of one shape.
public enum ReferenceAdd {
  /// The sum.
  public static func forward(_ first: ReferenceTensor, _ second: ReferenceTensor) -> ReferenceTensor {
    first.zip(second, +)
  }

  /// The gradients of both terms, where `gradient` is that of the sum.
  public static func backward(_ gradient: ReferenceTensor) -> (ReferenceTensor, ReferenceTensor) {
    (gradient, gradient)
  }
}

// The sum that ends a residual block; its gradient goes unchanged to both sides.

/// y = a + b for two maps of one shape.
package enum ReferenceAdd {
  /// The sum.
  package static func forward(_ first: ReferenceTensor, _ second: ReferenceTensor) -> ReferenceTensor {
    first.zip(second, +)
  }

  /// The gradients of both terms, where `gradient` is that of the sum.
  package static func backward(_ gradient: ReferenceTensor) -> (ReferenceTensor, ReferenceTensor) {
    (gradient, gradient)
  }
}

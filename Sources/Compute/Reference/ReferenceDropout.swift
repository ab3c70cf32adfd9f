// Dropout (Srivastava et al. 2014), scaled in training so that inference does nothing;
// masks are drawn by position, so a step can be repeated exactly.
import Randomness

/// y = x · mask, with a mask of 0 (dropped) and 1 / (1 − rate) (kept); so is its gradient.
package enum ReferenceDropout {
  /// The mask of a map of `shape`: element i in the flat order is kept when draw i of the stream
  /// (`seed`, `node`) is at least `rate`, a number of 0 up to, but not, 1.
  ///
  /// The draw is the reference's own; other backends may draw in another order.
  package static func mask(shape: [Int], rate: Float, seed: UInt64, node: Int) -> ReferenceTensor {
    var random = CounterRandom(seed: seed, UInt64(node))
    let kept = 1 / (1 - Double(rate))
    return ReferenceTensor(shape: shape).map { _ in random.uniform() >= rate ? kept : 0 }
  }

  /// The output for `input`.
  package static func forward(_ input: ReferenceTensor, mask: ReferenceTensor) -> ReferenceTensor {
    input.zip(mask, *)
  }

  /// The gradient of the input, where `gradient` is that of the output.
  package static func backward(_ gradient: ReferenceTensor, mask: ReferenceTensor) -> ReferenceTensor {
    gradient.zip(mask, *)
  }
}

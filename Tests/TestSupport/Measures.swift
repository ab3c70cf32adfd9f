// How far tensors and whole steps are apart, and the two yardsticks of the suite:
// relative error in fp32, direction of the gradients in bf16.
import Compute
public import Testing

/// The largest difference over the largest magnitude of `expected`, which counts as at least `floor`; infinite where
/// a value is not a number or the counts differ.
public func relativeError(_ values: [Float], _ expected: [Float], floor: Float = 0) -> Float {
  guard values.count == expected.count else { return .infinity }
  let size = expected.reduce(floor) { max($0, abs($1)) }
  var worst: Float = 0
  for (value, expected) in zip(values, expected) {
    let difference = abs(value - expected)
    guard difference.isFinite else { return .infinity }
    worst = max(worst, difference)
  }
  return worst == 0 ? 0 : worst / size
}

/// The cosine of the angle between two tensors.
public func cosine(_ left: [Float], _ right: [Float]) -> Double {
  zip(left, right).reduce(0) { $0 + Double($1.0) * Double($1.1) } / (norm(left) * norm(right))
}

/// The Euclidean norm.
public func norm(_ values: [Float]) -> Double {
  values.reduce(0) { $0 + Double($1) * Double($1) }.squareRoot()
}

extension Outcome {
  /// The largest magnitude among all gradients.
  var largestGradient: Float {
    gradients.values.reduce(0) { $1.reduce($0) { max($0, abs($1)) } }
  }

  /// Expects logits, loss, gradients and statistics within `bound` of `expected`, tensor by tensor.
  ///
  /// A gradient that the mathematics makes vanish (a scale before another normalisation) is what remains of larger
  /// numbers that cancel, so a tensor counts as no smaller than a hundredth of the step's largest gradient.
  public func expectNear(
    _ expected: Outcome, within bound: Float = 1e-4, sourceLocation: SourceLocation = #_sourceLocation
  ) {
    func expect(_ name: String, _ values: [Float], _ expected: [Float]?, floor: Float = 0) {
      let error = relativeError(values, expected ?? [], floor: floor)
      #expect(error <= bound, "\(name)", sourceLocation: sourceLocation)
    }
    expect("logits", logits, expected.logits)
    expect("loss", [result.loss], [expected.result.loss])
    #expect(gradients.count == expected.gradients.count && statistics.count == expected.statistics.count)
    let floor = expected.largestGradient / 100
    for (name, gradient) in gradients { expect(name, gradient, expected.gradients[name], floor: floor) }
    for (name, statistic) in statistics { expect(name, statistic, expected.statistics[name]) }
  }

  /// Expects each gradient to point where `expected` does, and nearly the same loss, as bf16 must: its 8 bits of
  /// significand leave single values wrong by up to 2⁻⁸ an operation, but sums of many in the right direction.
  ///
  /// Gradients far smaller than the step's others (see `expectNear`) are rounding noise in bf16 and not compared.
  public func expectAligned(with expected: Outcome, sourceLocation: SourceLocation = #_sourceLocation) {
    #expect(abs(result.loss - expected.result.loss) <= 0.02 * expected.result.loss, sourceLocation: sourceLocation)
    let floor = Double(expected.largestGradient / 100)
    for (name, gradient) in expected.gradients where norm(gradient) > floor * Double(gradient.count).squareRoot() {
      #expect(cosine(gradients[name] ?? [], gradient) >= 0.99, "\(name)", sourceLocation: sourceLocation)
    }
  }
}

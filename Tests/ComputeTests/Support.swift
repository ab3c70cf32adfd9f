// Random tensors from a seed, and gradients by central finite differences:
// what every test of an operation starts from.
import Compute

/// A small generator of its own (SplitMix64), so that tests do not lean on what they test.
struct TestRandom: RandomNumberGenerator {
  var state: UInt64

  init(_ seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }

  mutating func tensor(_ shape: [Int], in range: ClosedRange<Double> = -1...1) -> ReferenceTensor {
    ReferenceTensor(shape: shape).map { _ in Double.random(in: range, using: &self) }
  }

  /// Up to `count` positions of 0 ..< `bound`.
  mutating func positions(_ count: Int, below bound: Int) -> [Int] {
    bound <= count ? Array(0..<bound) : (0..<count).map { _ in Int.random(in: 0..<bound, using: &self) }
  }
}

extension ReferenceTensor {
  /// Σ a · b: turns an operation's output into a number whose gradient by the output is `other`.
  func dot(_ other: ReferenceTensor) -> Double { zip(other, *).data.reduce(0, +) }

  /// The largest difference between elements.
  func distance(to other: ReferenceTensor) -> Double { zip(other) { abs($0 - $1) }.data.max() ?? 0 }
}

/// The largest error of `gradient` against central differences of `function` at some positions of `point`,
/// relative to the gradient where that is larger than 1.
func gradientError(
  _ gradient: ReferenceTensor, at point: ReferenceTensor, step: Double = 1e-5, positions count: Int = 24,
  of function: (ReferenceTensor) throws -> Double
) rethrows -> Double {
  guard gradient.shape == point.shape else { return .infinity }
  var random = TestRandom(UInt64(point.count))
  var worst = 0.0
  for position in random.positions(count, below: point.count) {
    var (above, below) = (point, point)
    above[position] += step
    below[position] -= step
    let slope = try (function(above) - function(below)) / (above[position] - below[position])
    let error = abs(slope - gradient[position]) / max(1, abs(slope), abs(gradient[position]))
    worst = error.isNaN ? .infinity : max(worst, error)
  }
  return worst
}

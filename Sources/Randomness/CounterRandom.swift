// Counter-based random numbers: what is drawn depends on the key and the position alone,
// never on threads, order or history, so augmentation and dropout can be repeated exactly after a resume.

/// A random stream named by a seed and any number of words, such as (seed, epoch, sample).
///
/// The generator is SplitMix64 (Steele, Lea and Flood, "Fast splittable pseudorandom number generators",
/// OOPSLA 2014) read as a counter: element `i` is `mix(key + (i + 1)·γ)`, and the key is a chain of the same
/// mixing over the words.
public struct CounterRandom: RandomNumberGenerator, Sendable {
  private static let gamma: UInt64 = 0x9E37_79B9_7F4A_7C15

  /// The stream's number, for code that draws it by the same formula.
  package let key: UInt64
  private var counter: UInt64 = 0

  /// The stream of `seed` and the words that tell it from the seed's other streams.
  @inlinable
  public init(seed: UInt64, _ words: UInt64...) {
    self.init(seed: seed, words: words)
  }

  /// The stream of `seed` and `words`.
  public init(seed: UInt64, words: [UInt64]) {
    var key = Self.mix(seed &+ Self.gamma)
    for word in words { key = Self.mix((key ^ word) &+ Self.gamma) }
    self.key = key
  }

  private static func mix(_ value: UInt64) -> UInt64 {
    var z = value
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }

  /// Element `index` of the stream, whatever was drawn before.
  public subscript(index: UInt64) -> UInt64 {
    Self.mix(key &+ (index &+ 1) &* Self.gamma)
  }

  /// The next element of the stream.
  public mutating func next() -> UInt64 {
    defer { counter &+= 1 }
    return self[counter]
  }

  /// The next element as a number of [0, 1), a multiple of 2⁻²⁴.
  public mutating func uniform() -> Float {
    Float(next() >> 40) * 0x1p-24
  }

  /// The next element as an integer of 0 ..< `bound`, by multiplication (Lemire): one draw whatever the bound,
  /// with a bias below bound / 2⁶⁴. `bound` must be positive.
  public mutating func integer(below bound: Int) -> Int {
    Int(next().multipliedFullWidth(by: UInt64(bound)).high)
  }

  /// The integers 0 ..< `count` in an order drawn from the stream (Fisher and Yates).
  public mutating func permutation(of count: Int) -> [Int] {
    var order = Array(0..<count)
    for last in stride(from: count - 1, to: 0, by: -1) {
      order.swapAt(last, integer(below: last + 1))
    }
    return order
  }
}

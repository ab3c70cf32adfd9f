// How values at a rung are ranked: as whole numbers in the values' order, which every engine sorts alike.
// NaN ranks below everything, so that a trial which diverged is never promoted for it.

/// A value's place among all values: the larger, the better.
struct RungOrder: Comparable, Sendable {
  /// The order as a whole number.
  let key: Int64

  /// The order of `value`; −0 is 0.
  init(_ value: Double) {
    guard !value.isNaN else {
      key = .min
      return
    }
    let bits = Int64(bitPattern: (value == 0 ? 0 : value).bitPattern)
    key = bits >= 0 ? bits : bits ^ .max
  }

  /// The order that a database keeps.
  init(key: Int64) {
    self.key = key
  }

  /// The value: what `init` was given, but for the sign of zero and the kind of NaN.
  var value: Double {
    guard key != .min else { return .nan }
    return Double(bitPattern: UInt64(bitPattern: key >= 0 ? key : key ^ .max))
  }

  static func < (left: RungOrder, right: RungOrder) -> Bool { left.key < right.key }
}

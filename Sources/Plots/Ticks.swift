// Ticks of an axis: round numbers, the first at or below the data and the last at or above it,
// so that the axis ends on labels and every point lies between them.
import Foundation

/// The ticks of an axis, ascending, and their labels.
package struct Ticks: Equatable {
  package let axis: Axis
  package let values: [Double]
  package let labels: [String]

  /// Ends of the axis.
  var first: Double { values.first ?? 0 }
  var last: Double { values.last ?? 1 }

  /// Where `value` lies between the ends: 0…1.
  func share(_ value: Double) -> Double {
    let (low, high) = (axis.position(first), axis.position(last))
    return (axis.position(value) - low) / (high - low)
  }

  /// About `count` ticks that cover `data`; of `count` 1 or less, the fewest there can be: two.
  package init(_ axis: Axis, covering data: [Double], count: Int) {
    self.axis = axis
    let held = (data + axis.covers).filter(axis.holds)
    let (low, high) = Self.widened(held.min(), held.max(), axis)
    if axis.scale == .log {
      values = Self.logarithmic(low, high, count: max(2, count))
      labels = values.map(axis.text)
    } else {
      let (step, multiples) = Self.linear(low, high, count: max(2, count), isWhole: axis.format == .integer)
      values = multiples.map { $0 * step }
      labels = axis.labels(values, step: step)
    }
  }

  /// An interval that has a length, around what was found.
  private static func widened(_ low: Double?, _ high: Double?, _ axis: Axis) -> (Double, Double) {
    guard let low, let high else { return axis.scale == .log ? (1, 10) : (0, 1) }
    guard high - low <= abs(high) * 1e-9 else { return (low, high) }
    if axis.scale == .log { return (low / 2, high * 2) }
    if low == 0 { return (0, 1) }
    let margin = axis.format == .integer ? max(1, abs(low) * 1e-6) : abs(low) * 0.05
    return (low - margin, high + margin)
  }

  /// Multiples of 1, 2 or 5 times a power of ten.
  private static func linear(
    _ low: Double, _ high: Double, count: Int, isWhole: Bool
  ) -> (step: Double, multiples: [Double]) {
    var power = Int(log10((high - low) / Double(count)).rounded(.down)) - 1
    if isWhole { power = max(0, power) }
    while true {
      for factor in [1.0, 2, 5] {
        // Dividing by a whole power keeps 0.1 and its like as near as they can be.
        let step = power < 0 ? factor / pow(10, Double(-power)) : factor * pow(10, Double(power))
        // A value that is a multiple but for rounding is taken for one.
        let start = (low / step + 1e-9).rounded(.down)
        let end = max(start + 1, (high / step - 1e-9).rounded(.up))
        if end - start <= Double(max(1, count - 1)) || (count <= 2 && end - start <= 2) {
          return (step, Array(stride(from: start, through: end, by: 1)))
        }
      }
      power += 1
    }
  }

  private static func logarithmic(_ low: Double, _ high: Double, count: Int) -> [Double] {
    for factors in [[1.0, 2, 5], [1, 3], [1]] {
      let ticks = covering(low, high, factors: factors, every: 1)
      if ticks.count <= count { return ticks }
    }
    for every in 2...700 {
      let ticks = covering(low, high, factors: [1], every: every)
      if ticks.count <= max(2, count) { return ticks }
    }
    return [low, high]
  }

  /// The factors times every so many powers of ten, from the last at or below `low` to the first at or above `high`.
  private static func covering(_ low: Double, _ high: Double, factors: [Double], every: Int) -> [Double] {
    let start = Int((log10(low) / Double(every)).rounded(.down)) - 1
    let end = Int((log10(high) / Double(every)).rounded(.up)) + 1
    let all = (start...end).flatMap { power in factors.map { $0 * pow(10, Double(power * every)) } }
    let from = all.lastIndex { $0 <= low * (1 + 1e-9) } ?? 0
    let to = max(from + 1, all.firstIndex { $0 >= high * (1 - 1e-9) } ?? all.count - 1)
    return Array(all[from...min(to, all.count - 1)])
  }
}

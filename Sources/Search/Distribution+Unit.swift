// Every distribution as a stretch of 0…1: what samplers and forests reckon with.
// A value that can be counted is a cell of the stretch, a value of a continuum a point.
import Foundation
import Randomness

extension Distribution {
  /// Where 0…1 lies in the values' own measure: the logarithm where they are uniform in it, whole numbers with ± ½
  /// around them.
  private var measure: (from: Double, to: Double) {
    switch self {
    case .float(let low, let high, nil, let log):
      return log ? (Foundation.log(low), Foundation.log(high)) : (low, high)
    case .integer(let low, let high, _, true):
      return (Foundation.log(Double(low) - 0.5), Foundation.log(Double(high) + 0.5))
    default:
      return (0, Double(count ?? 1))
    }
  }

  /// The stretch of 0…1 that a value takes up; empty, but in its place, for one of a continuum.
  func cell(of stored: Double) -> ClosedRange<Double> {
    let (from, to) = measure
    func unit(_ value: Double) -> Double { min(1, max(0, (value - from) / (to - from))) }
    switch self {
    case .float(let low, let high, nil, let log):
      guard high > low else { return 0...1 }
      let place = unit(log ? Foundation.log(stored) : stored)
      return place...place
    case .float(let low, _, let step?, _):
      let index = ((stored - low) / step).rounded()
      return unit(index)...unit(index + 1)
    case .integer(_, _, _, true):
      return unit(Foundation.log(stored - 0.5))...unit(Foundation.log(stored + 0.5))
    case .integer(let low, _, let step, false):
      let index = (stored - Double(low)) / Double(step)
      return unit(index)...unit(index + 1)
    case .categorical:
      return unit(stored)...unit(stored + 1)
    }
  }

  /// The value at a place of 0…1.
  func stored(atUnit place: Double) -> Double {
    let (from, to) = measure
    let (low, high) = bounds
    let value = from + place * (to - from)
    switch self {
    case .float(_, _, nil, let log): return min(high, max(low, log ? exp(value) : value))
    case .integer(_, _, _, true): return min(high, max(low, exp(value).rounded()))
    default: return stored(at: min(Int(value), (count ?? 1) - 1))
    }
  }

  /// Draws a value, as the database keeps it: one element of the stream, whatever the distribution.
  func draw(_ random: inout CounterRandom) -> Double { stored(atUnit: random.unit()) }
}

extension CounterRandom {
  /// The next element as a number of [0, 1), a multiple of 2⁻⁵³.
  mutating func unit() -> Double { Double(next() >> 11) * 0x1p-53 }

  /// The next two elements as a number of the standard normal distribution (Box and Muller).
  mutating func normal() -> Double {
    let radius = (-2 * log(1 - unit())).squareRoot()
    return radius * cos(2 * .pi * unit())
  }
}

// How near results have to come to double precision.
import Testing

/// Bounds of the errors of a tensor.
struct Bounds {
  /// Of all errors together: their root mean square as a share of the values'.
  var whole: Double
  /// Of each error, as a share of the values' root mean square …
  var each: Double
  /// … plus one of its own value.
  var relative = 0.0

  /// Winograd's transforms round more than a direct sum: in bf16 they leave about 1 %, twice as much in the smallest.
  static func winograd(_ set: InstructionSet) -> Bounds {
    set.isBF16 ? Bounds(whole: 2.5e-2, each: 0.15) : .fp32
  }

  /// A few operations in fp32, or a sum of many.
  static let fp32 = Bounds(whole: 2e-6, each: 1e-5)

  /// A pass over memory computes in fp32 and rounds once, when it stores; so many passes round as often.
  static func pass(_ set: InstructionSet, steps: Int = 1) -> Bounds {
    let rounding = Double(steps) * set.rounding
    return Bounds(whole: 1e-5 + rounding, each: 1e-5 + Double(steps - 1) * set.rounding, relative: rounding)
  }
}

/// Expects as many `values` as `expected`, all numbers and within `bounds`.
func expectNear(
  _ values: [Float], _ expected: [Double], _ bounds: Bounds, _ comment: @autoclosure () -> Comment = "",
  sourceLocation: SourceLocation = #_sourceLocation
) {
  #expect(values.count == expected.count, comment(), sourceLocation: sourceLocation)
  // Without the weights that never meet a pixel.
  let size = rootMeanSquare(expected.filter { $0 != 0 })
  let errors = zip(values, expected).map { abs(Double($0) - $1) }
  let worst = zip(errors, expected).map { $0 - bounds.relative * abs($1) }.max() ?? 0
  #expect(worst <= bounds.each * size, comment(), sourceLocation: sourceLocation)
  // False too where one of them is no number.
  let whole = rootMeanSquare(errors)
  #expect(whole <= bounds.whole * size, comment(), sourceLocation: sourceLocation)
}

func rootMeanSquare(_ values: [Double]) -> Double {
  (values.reduce(0) { $0 + $1 * $1 } / Double(max(values.count, 1))).squareRoot()
}

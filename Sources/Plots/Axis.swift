// An axis: what it measures, how values are spread along it and how its numbers are written.
// Numbers are written alike along one axis, as short as their step allows.
import Foundation

/// One direction of a figure.
public struct Axis: Sendable, Equatable {
  /// How values are spread.
  public enum Scale: Sendable, Equatable {
    /// Evenly.
    case linear
    /// Evenly in their logarithm; what is not above zero has no place.
    case log
  }

  /// How numbers are written.
  public enum Format: Sendable, Equatable {
    /// With as many decimals as they need.
    case number
    /// Whole numbers.
    case integer
    /// Shares of one as percentages.
    case percent
    /// Large numbers by thousands (k), millions (M) and billions (G).
    case compact
  }

  /// What it measures, with its unit.
  public var title: String
  /// How values are spread.
  public var scale: Scale
  /// How numbers are written.
  public var format: Format
  /// Values it has to cover besides those of the data.
  public var covers: [Double]

  /// An axis; see the properties.
  public init(_ title: String, _ format: Format = .number, scale: Scale = .linear, covers: [Double] = []) {
    self.title = title
    self.format = format
    self.scale = scale
    self.covers = covers
  }

  /// Whether `value` has a place on it. The limits keep every sum and power within a Double.
  func holds(_ value: Double) -> Bool { abs(value) <= 1e300 && (scale == .linear || value >= 1e-300) }

  /// Where `value` lies, on a scale that is even in the figure.
  func position(_ value: Double) -> Double { scale == .log ? log10(value) : value }

  /// `value` alone, as a sentence would have it: about three digits.
  func text(_ value: Double) -> String {
    guard value.isFinite else { return "–" }
    switch format {
    case .percent: return "\(Self.fixed(value * 100, 1)) %"
    case .integer: return Self.fixed(value, 0)
    case .compact: return Self.significant(value, unit: Self.unit(abs(value)))
    case .number: return Self.significant(value, unit: (1, ""))
    }
  }

  /// The labels of ticks that lie `step` apart.
  func labels(_ ticks: [Double], step: Double) -> [String] {
    let largest = ticks.map(abs).max() ?? 0
    switch format {
    case .percent:
      // Beyond all shares: of other programs' studies, say.
      if largest >= 1000 { return ticks.map { Self.scientific($0 * 100, step * 100, largest * 100) + " %" } }
      let digits = Self.digits(step * 100)
      return ticks.map { "\(Self.fixed($0 * 100, digits)) %" }
    case .integer:
      return ticks.map { Self.fixed($0, 0) }
    case .number, .compact:
      let unit = format == .compact ? Self.unit(largest) : (1, "")
      let digits = Self.digits(step / unit.0)
      if format == .number, largest >= 1e7 { return ticks.map { Self.scientific($0, step, largest) } }
      if digits > 6 { return ticks.map { String(format: "%.6g", $0) } }
      return ticks.map { $0 == 0 ? "0" : Self.fixed($0 / unit.0, digits) + unit.1 }
    }
  }

  /// A number beyond those that are easily read in full, with the digits that tell multiples of `step` apart.
  private static func scientific(_ value: Double, _ step: Double, _ largest: Double) -> String {
    let digits = step > 0 ? Int((log10(largest / step)).rounded(.up)) + 1 : 3
    return String(format: "%.\(min(12, max(3, digits)))g", value)
  }

  /// Decimals that tell multiples of `step` apart.
  private static func digits(_ step: Double) -> Int {
    guard step > 0, step.isFinite else { return 0 }
    return min(12, max(0, Int((-log10(step) - 1e-9).rounded(.up))))
  }

  private static func unit(_ magnitude: Double) -> (Double, String) {
    switch magnitude {
    case 1e9...: (1e9, "G")
    case 1e6...: (1e6, "M")
    case 1e4...: (1e3, "k")
    default: (1, "")
    }
  }

  private static func significant(_ value: Double, unit: (Double, String)) -> String {
    let scaled = value / unit.0
    guard scaled != 0 else { return "0" }
    let magnitude = Int(log10(abs(scaled)).rounded(.down))
    if magnitude < -5 || magnitude > 9 { return String(format: "%.3g", value) }
    var text = fixed(scaled, max(0, 2 - magnitude))
    if text.contains(".") {
      while text.last == "0" { text.removeLast() }
      if text.last == "." { text.removeLast() }
    }
    return text + unit.1
  }

  private static func fixed(_ value: Double, _ digits: Int) -> String {
    let text = String(format: "%.\(digits)f", value)
    // No minus before a zero.
    return text.hasPrefix("-") && text.allSatisfy { "-0.".contains($0) } ? String(text.dropFirst()) : text
  }
}

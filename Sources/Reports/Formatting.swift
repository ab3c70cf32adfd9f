// Numbers as people read them: fixed digits, thousands apart, durations and sizes with their units.
import Foundation

/// Formats numbers for tables and messages.
public enum Format {
  /// `value` with `digits` decimals.
  public static func fixed(_ value: Double, _ digits: Int) -> String {
    String(format: "%.\(digits)f", value)
  }

  /// A share as a percentage with two decimals, `94.84 %`.
  public static func percent(_ share: Double) -> String { "\(fixed(share * 100, 2)) %" }

  /// `value` with four significant digits, `0.0123` or `1.5e-06`.
  public static func significant(_ value: Double) -> String { String(format: "%.4g", value) }

  /// An integer with its thousands apart, `4,959,770`.
  public static func grouped(_ value: Int) -> String {
    var digits = String(value.magnitude)
    var groups: [String] = []
    while digits.count > 3 {
      groups.insert(String(digits.suffix(3)), at: 0)
      digits.removeLast(3)
    }
    return (value < 0 ? "-" : "") + ([digits] + groups).joined(separator: ",")
  }

  /// So many of something, `1 thread` or `2 threads`.
  public static func counted(_ count: Int, _ noun: String) -> String {
    "\(grouped(count)) \(noun)\(count == 1 ? "" : "s")"
  }

  /// What so few images say of the accuracy on others of their kind (Wilson's interval); nil where they are not few.
  public static func confidence(_ accuracy: Double, of count: Int) -> String? {
    guard (1..<1000).contains(count) else { return nil }
    let (n, z) = (Double(count), 1.96)
    let centre = (accuracy + z * z / (2 * n)) / (1 + z * z / n)
    let half = z * (accuracy * (1 - accuracy) / n + z * z / (4 * n * n)).squareRoot() / (1 + z * z / n)
    return "\(counted(count, "image")): with 95 % confidence the accuracy on others like them is "
      + "\(fixed(max(0, centre - half) * 100, 1)) to \(fixed(min(1, centre + half) * 100, 1)) %"
  }

  /// A duration, `1:02:03` or `2:03`.
  public static func duration(_ seconds: Double) -> String {
    guard seconds < 1e12 else { return "–" }
    let total = Int(max(0, seconds.rounded()))
    let (hours, minutes, rest) = (total / 3600, total / 60 % 60, total % 60)
    return hours > 0
      ? String(format: "%d:%02d:%02d", hours, minutes, rest) : String(format: "%d:%02d", minutes, rest)
  }

  /// A size in MiB.
  public static func mebibytes(_ bytes: Int) -> String { "\(grouped(Int((Double(bytes) / 1_048_576).rounded()))) MiB" }

  /// A bar of `columns`, filled to an eighth of a column.
  public static func bar(_ share: Double, _ columns: Int) -> String {
    let eighths = Int((min(1, max(0, share)) * Double(columns * 8)).rounded(.down))
    let parts = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"]
    let filled = String(repeating: "█", count: eighths / 8) + parts[eighths % 8]
    return "▕" + filled + String(repeating: " ", count: columns - filled.count) + "▏"
  }
}

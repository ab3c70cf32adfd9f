// Distributions and values as Optuna's JSON, written as Python's json.dumps would and read from what it wrote.
// A categorical value's JSON is the choice itself; in the database it is the choice's index.
import Formats
import Foundation
import Training

extension Distribution {
  /// Optuna's JSON of the distribution.
  public var json: String {
    let body =
      switch self {
      case .float(let low, let high, let step, let log):
        (
          "Float",
          #""step": \#(step.map(JSONText.number) ?? "null"), "low": \#(JSONText.number(low)), "#
            + #""high": \#(JSONText.number(high)), "log": \#(log)"#
        )
      case .integer(let low, let high, let step, let log):
        ("Int", #""log": \#(log), "step": \#(step), "low": \#(low), "high": \#(high)"#)
      case .categorical(let choices):
        ("Categorical", #""choices": [\#(choices.map(\.json).joined(separator: ", "))]"#)
      }
    return #"{"name": "\#(body.0)Distribution", "attributes": {\#(body.1)}}"#
  }

  /// Reads what Optuna, or `json`, wrote. Throws `StorageError.unusable`.
  public init(json: String) throws {
    guard case .map(let parts) = try? JSONText.tree(json), case .scalar(let name, _) = parts["name"],
      case .map(let attributes) = parts["attributes"], let distribution = Self.read(name, attributes)
    else { throw StorageError.unusable("the study has a distribution that tpsnet does not know: \(json.prefix(200))") }
    self = distribution
  }

  private static func read(_ name: String, _ attributes: [String: ConfigurationTree]) -> Distribution? {
    func text(_ key: String) -> String? {
      guard case .scalar(let text, isQuoted: false) = attributes[key] else { return nil }
      return text
    }
    func number(_ key: String) -> Double? { text(key).flatMap(Double.init) }
    func integer(_ key: String) -> Int? { text(key).flatMap(Int.init) }
    let log = text("log") == "true"
    switch name {
    case "FloatDistribution":
      guard let low = number("low"), let high = number("high"), low.isFinite, high.isFinite, low <= high else {
        return nil
      }
      guard number("step").map({ $0 > 0 && $0.isFinite && (high - low) / $0 < 1e15 }) ?? true else { return nil }
      return .float(low: low, high: high, step: number("step"), log: log)
    case "IntDistribution":
      guard let low = integer("low"), let high = integer("high"), low <= high else { return nil }
      let step = integer("step") ?? 1
      let (width, overflows) = high.subtractingReportingOverflow(low)
      guard step > 0, !overflows, width < 1 << 53 else { return nil }
      return .integer(low: low, high: high, step: step, log: log)
    case "CategoricalDistribution":
      guard case .list(let items) = attributes["choices"], !items.isEmpty else { return nil }
      // Other programs' studies have Python's None among their choices.
      let choices = items.compactMap { $0 == .scalar("null", isQuoted: false) ? .text("None") : Choice(tree: $0) }
      return choices.count == items.count ? .categorical(choices) : nil
    default: return nil
    }
  }
}

extension Choice {
  /// The choice as JSON.
  var json: String {
    switch self {
    case .text(let text): text.jsonQuoted
    case .integer(let value): "\(value)"
    case .number(let value): JSONText.number(value)
    case .flag(let value): "\(value)"
    }
  }

  /// The choice that a JSON value is; nil for null and for what is not a plain value.
  init?(tree: ConfigurationTree) {
    guard case .scalar(let text, let isQuoted) = tree else { return nil }
    if isQuoted {
      self = .text(text)
    } else if let flag = Bool(text) {
      self = .flag(flag)
    } else if let integer = Int(text) {
      self = .integer(integer)
    } else if let number = Double(text) {
      self = .number(number)
    } else {
      return nil
    }
  }
}

extension ParameterValue {
  /// The value as people see it, as JSON: a number, or the choice.
  var json: String {
    switch distribution {
    case .float: JSONText.number(stored)
    case .integer: JSONText.integer(stored)
    case .categorical(let choices):
      Int(exactly: stored).flatMap { choices.indices.contains($0) ? choices[$0].json : nil } ?? "null"
    }
  }
}

extension [String: ParameterValue] {
  /// The values by name as Optuna's `fixed_params`.
  var fixedParametersJSON: String {
    let members = sorted { $0.key < $1.key }.map { "\($0.key.jsonQuoted): \($0.value.json)" }
    return "{\(members.joined(separator: ", "))}"
  }
}

/// JSON as Python writes and reads it.
enum JSONText {
  /// A number, NaN and infinities included.
  static func number(_ value: Double) -> String {
    if value.isNaN { return "NaN" }
    if value.isInfinite { return value < 0 ? "-Infinity" : "Infinity" }
    return "\(value)"
  }

  /// A whole number that is kept as a floating-point one.
  static func integer(_ value: Double) -> String {
    Int(exactly: value).map { "\($0)" } ?? number(value)
  }

  /// The tree of a JSON text.
  static func tree(_ json: String) throws -> ConfigurationTree {
    // YAML has no pairs of surrogates, which is how Python writes characters beyond the basic plane.
    let pairs = #/\\u(?<high>[dD][89abAB][0-9a-fA-F]{2})\\u(?<low>[dD][c-fC-F][0-9a-fA-F]{2})/#
    let plain = json.replacing(pairs) { match in
      let units = [match.high, match.low].compactMap { UInt16($0, radix: 16) }
      return String(decoding: units, as: UTF16.self)
    }
    return try ConfigurationTree(yaml: plain, origin: "JSON")
  }
}

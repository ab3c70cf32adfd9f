// What programs read out of a trial beside its parameters: rung, error, and an order of merit.
// The names of attributes are given once, here.
import Foundation

/// Names of trial attributes that people see.
public enum TrialAttribute {
  /// Why it failed.
  public static let error = "tpsnet:error"
  /// Seconds of training so far.
  public static let seconds = "seconds"
  /// Parameters of its network, frozen ones included.
  public static let parameters = "parameters"
}

extension Trial {
  /// The last rung reached, from 0.
  public var rung: Int? {
    let prefix = StorageRules.rungPrefix
    return systemAttributes.keys.compactMap { $0.hasPrefix(prefix) ? Int($0.dropFirst(prefix.count)) : nil }.max()
  }

  /// Parameters of its network, frozen ones included.
  public var parameterCount: Int? { userAttributes[TrialAttribute.parameters].flatMap { Int($0) } }

  /// Seconds of training so far.
  public var seconds: Double? { userAttributes[TrialAttribute.seconds].flatMap(Double.init) }

  /// Why it failed.
  public var error: String? {
    userAttributes[TrialAttribute.error].flatMap { try? JSONDecoder().decode(String.self, from: Data($0.utf8)) }
  }

  /// The value by which it is compared: its own, or the last that is known while it is trained or waits to go on; nil
  /// where it failed or nothing is known yet.
  public var result: Double? {
    guard state != .failed else { return nil }
    return (value ?? intermediateValues.max { $0.key < $1.key }?.value).flatMap { $0.isFinite ? $0 : nil }
  }

  /// Those of `trials` that have a result, the best first.
  public static func ranked(_ trials: [Trial]) -> [Trial] {
    trials.filter { $0.result != nil }.sorted(by: isBetter)
  }

  /// Whether the first of two trials with a result is the better: trained to its end, or else after more epochs; then
  /// by value, then by number.
  public static func isBetter(_ one: Trial, _ other: Trial) -> Bool {
    func merit(_ trial: Trial) -> (Int, Int, Double, Int) {
      (
        trial.state == .complete ? 1 : 0, trial.state == .complete ? 0 : trial.rung ?? -1, trial.result ?? -1,
        -trial.number
      )
    }
    return merit(one) > merit(other)
  }
}

extension Choice: Encodable {
  /// Writes a JSON text, number or truth value.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    switch self {
    case .text(let text): try container.encode(text)
    case .integer(let value): try container.encode(value)
    case .number(let value): try container.encode(value)
    case .flag(let value): try container.encode(value)
    }
  }
}

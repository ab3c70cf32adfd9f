// What programs read out of a trial beside its parameters: rung, error, and an order of merit.
// The names of the attributes that people see are given once, here.
import Foundation

/// Names of trial attributes that people see.
public enum TrialAttribute {
  /// Why it failed.
  public static let error = "tpsnet:error"
  /// Seconds of training so far.
  public static let seconds = "seconds"
  /// Parameters of its network, frozen ones included.
  public static let parameters = "parameters"
  /// Multiply-adds of an image.
  public static let multiplyAdds = "multiplyAdds"
}

extension Trial {
  /// The last rung reached, from 0.
  public var rung: Int? {
    let prefix = StorageRules.rungPrefix
    return systemAttributes.keys.compactMap { $0.hasPrefix(prefix) ? Int($0.dropFirst(prefix.count)) : nil }.max()
  }

  /// Parameters of its network, frozen ones included.
  public var parameterCount: Int? { userAttributes[TrialAttribute.parameters].flatMap { Int($0) } }

  /// Multiply-adds of an image.
  public var multiplyAdds: Int? { userAttributes[TrialAttribute.multiplyAdds].flatMap { Int($0) } }

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

  /// Those of `trials` that have a result, the best first: trained to their end, or else after more epochs; then by
  /// result, then by number.
  public static func ranked(_ trials: [Trial]) -> [Trial] {
    let known = trials.compactMap { trial in trial.merit.map { (trial, merit: $0) } }
    return known.sorted { left, right in
      left.merit == right.merit ? left.0.number < right.0.number : left.merit > right.merit
    }.map(\.0)
  }

  private var merit: Merit? {
    result.map { Merit(epoch: state == .complete ? .max : intermediateValues.keys.max() ?? 0, result: $0) }
  }

  private struct Merit: Comparable {
    let epoch: Int
    let result: Double

    static func < (left: Merit, right: Merit) -> Bool { (left.epoch, left.result) < (right.epoch, right.result) }
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

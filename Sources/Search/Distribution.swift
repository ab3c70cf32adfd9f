// What values one searched variable can take: Optuna's three kinds of distribution, and how a value is stored.
// A study's database keeps every value as one number, so that both programs read each other's trials.

/// A value of a categorical variable.
public enum Choice: Hashable, Sendable {
  /// A word.
  case text(String)
  /// A whole number.
  case integer(Int)
  /// A number.
  case number(Double)
  /// A truth value.
  case flag(Bool)

  /// The number, of either kind.
  public var number: Double? {
    switch self {
    case .integer(let value): Double(value)
    case .number(let value): value
    case .text, .flag: nil
    }
  }

  /// Whether it is the same value, as 1 and 1.0 are.
  func isSame(as other: Choice) -> Bool { self == other || (number != nil && number == other.number) }
}

extension Choice: CustomStringConvertible {
  /// As one would write it in a configuration.
  public var description: String {
    switch self {
    case .text(let text): text
    case .integer(let value): "\(value)"
    case .number(let value): "\(value)"
    case .flag(let value): "\(value)"
    }
  }
}

/// The values of one variable and how they are drawn.
public enum Distribution: Hashable, Sendable {
  /// Numbers of `low...high`, in steps from `low` where `step` is given, uniform or uniform in the logarithm.
  case float(low: Double, high: Double, step: Double?, log: Bool)
  /// Whole numbers of `low...high` in steps from `low`, uniform or uniform in the logarithm.
  case integer(low: Int, high: Int, step: Int, log: Bool)
  /// One of a list, each as likely.
  case categorical([Choice])
}

extension Distribution {
  /// How many values there are; nil where they are a continuum.
  public var count: Int? {
    switch self {
    case .float(let low, let high, let step, _):
      if low == high { 1 } else { step.map { Int(((high - low) / $0).rounded()) + 1 } }
    case .integer(let low, let high, let step, _): (high - low) / step + 1
    case .categorical(let choices): choices.count
    }
  }

  /// Value `index` of those that can be counted, as the database keeps it.
  func stored(at index: Int) -> Double {
    switch self {
    case .float(let low, let high, let step, _): min(high, low + Double(index) * (step ?? 0))
    case .integer(let low, _, let step, _): Double(low + index * step)
    case .categorical: Double(index)
    }
  }

  /// What the database's number means; nil where it means nothing.
  public func value(of stored: Double) -> Choice? {
    switch self {
    case .float:
      return stored.isFinite ? .number(stored) : nil
    case .integer:
      return Int(exactly: stored.rounded()).map { .integer($0) }
    case .categorical(let choices):
      guard let index = Int(exactly: stored), choices.indices.contains(index) else { return nil }
      return choices[index]
    }
  }

  /// The number that the database keeps for `value`; nil where it is not one of the distribution's.
  public func stored(of value: Choice) -> Double? {
    if case .categorical(let choices) = self {
      return choices.firstIndex { $0.isSame(as: value) }.map(Double.init)
    }
    guard let number = value.number, number.isFinite else { return nil }
    let (low, high) = bounds
    // A value that went through text or another program's arithmetic may lie an ulp outside.
    let slack = 1e-9 * (high - low)
    guard number >= low - slack, number <= high + slack else { return nil }
    guard let count, count > 1 else { return min(high, max(low, number)) }
    let nearest = stored(at: min(count - 1, Int(((number - low) / (high - low) * Double(count - 1)).rounded())))
    return abs(nearest - number) <= slack ? nearest : nil
  }

  /// The smallest and the largest number that the database keeps.
  var bounds: (low: Double, high: Double) {
    switch self {
    case .float(let low, let high, _, _): (low, high)
    case .integer(let low, let high, _, _): (Double(low), Double(high))
    case .categorical(let choices): (0, Double(choices.count - 1))
    }
  }

  /// Whether it is uniform in the logarithm.
  public var isLogarithmic: Bool {
    switch self {
    case .float(_, _, _, let log), .integer(_, _, _, let log): log
    case .categorical: false
    }
  }
}

extension Distribution: CustomStringConvertible {
  /// As one would say it: `1 to 24`, `0.0001 to 0.1 (log)`, `one of 3, 5`.
  public var description: String {
    switch self {
    case .float(let low, let high, let step, let log):
      "\(low) to \(high)" + (step.map { " in steps of \($0)" } ?? "") + (log ? " (log)" : "")
    case .integer(let low, let high, let step, let log):
      "\(low) to \(high)" + (step > 1 ? " in steps of \(step)" : "") + (log ? " (log)" : "")
    case .categorical(let choices):
      "one of \(choices.map(\.description).joined(separator: ", "))"
    }
  }
}

/// A variable's value in a trial.
public struct ParameterValue: Hashable, Sendable {
  /// The number that the database keeps: the value itself, or the index of a choice.
  public var stored: Double
  /// Where the value comes from.
  public var distribution: Distribution

  /// A value as the database keeps it.
  public init(stored: Double, distribution: Distribution) {
    self.stored = stored
    self.distribution = distribution
  }

  /// What the number means; nil where the distribution has no such value.
  public var value: Choice? { distribution.value(of: stored) }
}

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
}

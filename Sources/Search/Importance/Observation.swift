// What is learned from: the values of trials and what they reached, all measured after equally many epochs.

/// The values of a trial and its accuracy.
public struct Observation: Sendable, Equatable {
  /// The values by the variable's path; a variable that did not exist has none.
  public var values: [String: ParameterValue]
  /// The accuracy.
  public var target: Double

  /// An observation; see the properties.
  public init(values: [String: ParameterValue], target: Double) {
    self.values = values
    self.target = target
  }
}

extension [Observation] {
  /// The variables that occur, by name, and the distribution of each.
  var distributions: [(name: String, distribution: Distribution)] {
    var result: [String: Distribution] = [:]
    for observation in self {
      for (name, value) in observation.values where result[name] == nil { result[name] = value.distribution }
    }
    return result.map { ($0.key, $0.value) }.sorted { $0.name < $1.name }
  }
}

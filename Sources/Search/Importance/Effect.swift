// How accuracy goes with one variable, whatever the others were: its values or stretches, each with mean and spread.

/// The accuracy by the values of one variable, in their order.
public struct Effect: Sendable, Equatable {
  /// Observations of one value, or of a stretch of values.
  public struct Group: Sendable, Equatable {
    /// The value, or the stretch, in words.
    public let label: String
    /// The smallest and the largest value; nil for words.
    public let low, high: Double?
    /// The accuracies, in the order of the observations.
    public let targets: [Double]

    /// Number of observations.
    public var count: Int { targets.count }
    /// Their mean.
    public var mean: Double { targets.reduce(0, +) / Double(max(1, count)) }
    /// Their standard deviation; 0 for one.
    public var deviation: Double {
      guard count > 1 else { return 0 }
      let mean = mean
      return (targets.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(count - 1)).squareRoot()
    }
  }

  /// The variable's path.
  public let parameter: String
  /// Its values, from the least; words in the order of the choices.
  public let groups: [Group]

  /// The effect of `parameter` in `observations`. Where more than `stretches` of its values were tried, neighbours are
  /// put together to that many stretches of about equally many observations. Nil where no observation has it.
  public init?(of parameter: String, in observations: [Observation], stretches: Int = 8) {
    let pairs = observations.compactMap { observation in
      observation.values[parameter].map { (value: $0, target: observation.target) }
    }.sorted { $0.value.stored < $1.value.stored }
    guard let distribution = pairs.first?.value.distribution else { return nil }
    self.parameter = parameter

    var runs: [[(value: ParameterValue, target: Double)]] = []
    for pair in pairs {
      if let last = runs.last?.last, last.value.stored == pair.value.stored {
        runs[runs.count - 1].append(pair)
      } else {
        runs.append([pair])
      }
    }
    let isOrdered = if case .categorical = distribution { false } else { true }
    if isOrdered, runs.count > stretches {
      var merged: [[(value: ParameterValue, target: Double)]] = []
      var done = 0
      for run in runs {
        // A stretch begins where the last has its share of all observations so far.
        if merged.isEmpty || done >= merged.count * pairs.count / stretches { merged.append([]) }
        merged[merged.count - 1] += run
        done += run.count
      }
      runs = merged
    }
    groups = runs.compactMap { run in
      guard let first = run.first?.value, let last = run.last?.value, let value = first.value else { return nil }
      let end = last.value ?? value
      return Group(
        label: first.stored == last.stored ? "\(value)" : "\(value.short)–\(end.short)",
        low: value.number, high: end.number, targets: run.map(\.target))
    }
  }
}

extension Choice {
  /// The value with three digits.
  fileprivate var short: String {
    guard case .number(let value) = self else { return description }
    var scale = 1.0
    while abs(value) * scale < 100, scale < 1e12 { scale *= 10 }
    return "\((value * scale).rounded() / scale)"
  }
}

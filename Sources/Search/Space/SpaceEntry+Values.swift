// What a path may be, checked: a list or a range as a distribution, with an error for each way it can be wrong.
import Training

/// One value, or a variable.
enum SpaceValues {
  case one(Choice)
  case many(Distribution)
}

extension SpaceEntry {
  /// What doubles, by which the database keeps values, count exactly.
  private static let largest = 0x1p53

  /// What the entry says, of whole numbers alone if `isWhole`.
  func values(isWhole: Bool) throws -> SpaceValues {
    func check(_ value: Choice) throws {
      if let number = value.number, number.magnitude > Self.largest {
        throw error("\(value) is beyond all networks and trainings")
      }
      guard isWhole else { return }
      guard case .integer = value else { throw error("\(value) is not a whole number") }
    }
    switch form {
    case .fixed(.scalar(let text, let isQuoted)):
      let value = Choice(text: text, isQuoted: isQuoted)
      try check(value)
      return .one(value)
    case .fixed:
      throw error("a value, a list or a range is expected")
    case .list(let choices, _):
      guard !choices.isEmpty else { throw error("choices are plain values") }
      for (index, choice) in choices.enumerated() {
        try check(choice)
        if choices[..<index].contains(where: { $0.isSame(as: choice) }) { throw error("\(choice) is listed twice") }
      }
      return .many(.categorical(choices))
    case .range(let low, let high, let step, let log):
      return .many(try range(low, high, step, log, isWhole: isWhole))
    }
  }

  /// All the whole numbers that the entry allows, or those at a range's ends.
  func wholeNumbers() throws -> [Int] {
    switch try values(isWhole: true) {
    case .one(let value): [Int(value.number ?? 0)]
    case .many(.categorical(let choices)): choices.map { Int($0.number ?? 0) }
    case .many(let distribution): [Int(distribution.bounds.low), Int(distribution.bounds.high)]
    }
  }

  private func range(
    _ low: SpaceNumber, _ high: SpaceNumber, _ step: SpaceNumber?, _ log: Bool, isWhole: Bool
  ) throws -> Distribution {
    func error(_ number: SpaceNumber, _ key: String, _ reason: String) -> SpaceError {
      SpaceError(number.mark, "\(path).\(key)", reason)
    }
    if isWhole {
      for (key, number) in [("low", low), ("high", high)] + (step.map { [("step", $0)] } ?? []) {
        guard case .integer = number.value else { throw error(number, key, "\(number.value) is not a whole number") }
        guard number.double.magnitude <= Self.largest else {
          throw error(number, key, "\(number.value) is beyond all networks and trainings")
        }
      }
    }
    guard low.double <= high.double else {
      throw error(low, "low", "\(low.value) is above high, \(high.value): exchange them")
    }
    if log {
      guard low.double > 0 else {
        throw error(low, "low", "\(low.value) has no logarithm: start above 0, or leave out log")
      }
      if let step { throw error(step, "step", "steps and log do not go together: leave out one") }
    }
    if let step {
      guard step.double > 0 else { throw error(step, "step", "\(step.value) leads nowhere: use a step above 0") }
      let steps = (high.double - low.double) / step.double
      guard abs(steps - steps.rounded()) <= 1e-9 * max(1, steps) else {
        let last = low.double + steps.rounded(.down) * step.double
        throw error(
          high, "high",
          "not reached from \(low.value) in steps of \(step.value): use \(Self.text(last, isWhole: isWhole))")
      }
      guard steps < 1e6 else {
        throw error(step, "step", "more than a million steps: use a larger one, or leave it out")
      }
    }
    if isWhole {
      return .integer(low: Int(low.double), high: Int(high.double), step: step.map { Int($0.double) } ?? 1, log: log)
    }
    return .float(low: low.double, high: high.double, step: step?.double, log: log)
  }

  private static func text(_ value: Double, isWhole: Bool) -> String {
    isWhole ? "\(Int(value))" : "\(Float(value))"
  }
}

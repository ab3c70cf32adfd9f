// What a study's report is made of: its trials, ranked and compared after equally many epochs, and its variables.
// Figures and tables take everything from here.
import Foundation
public import Search

/// A study, read once.
public struct StudyData: Sendable {
  /// Its name.
  public let name: String
  /// What it searches; nil where another program made it.
  public let definition: StudyDefinition?
  /// All trials by number.
  public let trials: [Trial]
  /// The epochs after which trials are compared; nil where they are compared at their end.
  public let epoch: Int?
  /// The trials that have a result, the best first.
  public let ranked: [Trial]
  /// What the compared trials reached after `epoch` epochs.
  let compared: [(trial: Trial, accuracy: Double)]
  /// The variables of the compared trials, in natural order.
  let variables: [StudyVariable]
  /// How much each variable matters by fANOVA among the compared trials, most first.
  public let importance: [Importance]

  /// A study and its trials, compared after `epoch` epochs; nil takes the most epochs that a fifth of the trials with
  /// a result, or ten if that is more, have come to.
  public init(name: String, definition: StudyDefinition?, trials: [Trial], epoch: Int? = nil) {
    self.name = name
    self.definition = definition
    self.trials = trials
    let epoch = epoch ?? Self.commonEpoch(trials)
    self.epoch = epoch
    ranked = Trial.ranked(trials)
    compared = trials.compactMap { trial in
      let value = epoch.map { trial.intermediateValues[$0] } ?? (trial.state == .complete ? trial.value : nil)
      return value.flatMap { $0.isFinite ? (trial, $0) : nil }
    }
    variables = StudyVariable.all(compared)
    importance = Importance.fANOVA(Self.observations(compared))
  }

  private static func commonEpoch(_ trials: [Trial]) -> Int? {
    var reached: [Int: Int] = [:]
    for trial in trials {
      for (epoch, value) in trial.intermediateValues where value.isFinite { reached[epoch, default: 0] += 1 }
    }
    let measured = trials.count { $0.intermediateValues.values.contains(where: \.isFinite) }
    let enough = max(measured / 5, min(10, measured))
    return reached.filter { $0.value >= enough }.keys.max() ?? reached.keys.min()
  }

  /// The compared trials as the analysis takes them.
  static func observations(_ compared: [(trial: Trial, accuracy: Double)]) -> [Observation] {
    compared.map { Observation(values: $0.trial.parameters, target: $0.accuracy) }
  }

  /// How the accuracy of the figures is called.
  var accuracyTitle: String {
    epoch.map { "validation accuracy after \(Format.counted($0, "epoch"))" } ?? "validation accuracy"
  }

  /// `47 of 200 trials`.
  var comparedText: String {
    "\(Format.grouped(compared.count)) of \(Format.counted(trials.count, "trial"))"
  }

  /// The states that occur with their numbers of trials.
  public var counts: [(state: TrialState, count: Int)] {
    TrialState.allCases.compactMap { state in
      let count = trials.count { $0.state == state }
      return count > 0 ? (state, count) : nil
    }
  }

  /// Seconds of training of all trials.
  var seconds: Double { trials.reduce(0) { $0 + ($1.seconds ?? 0) } }

  /// How many trials came to an epoch: the first, the last and those before which some ended.
  var survival: [(epoch: Int, count: Int)] {
    let ends = trials.compactMap { $0.intermediateValues.keys.max() }
    let epochs = Set(trials.flatMap(\.intermediateValues.keys)).sorted()
    let counts = epochs.map { epoch in (epoch: epoch, count: ends.count { $0 >= epoch }) }
    return counts.indices.filter { index in
      index == 0 || index == counts.count - 1 || counts[index].count != counts[index - 1].count
    }.map { counts[$0] }
  }

  /// The epochs of the rungs; without a definition, those at which trials ended.
  var rungs: [Int] {
    if let definition {
      let rungs = definition.rungs + [definition.epochs]
      if rungs.count <= 20 { return rungs }
    }
    return Set(trials.filter { $0.state.isFinished }.compactMap { $0.intermediateValues.keys.max() }).sorted()
  }
}

extension Trial {
  /// Its result, and of how many epochs: `51.50 % in the best of 9 epochs`, for a complete trial's value is its best
  /// epoch's.
  public var resultText: String? {
    result.map { value in
      let epochs = intermediateValues.keys.max().map { Format.counted($0, "epoch") }
      return Format.percent(value) + (epochs.map { " \(state == .complete ? "in the best of" : "after") \($0)" } ?? "")
    }
  }
}

extension TrialState {
  /// The state as people call it. What is pruned may go on, under ASHA that pauses.
  public var word: String { self == .failed ? "failed" : rawValue.lowercased() }
}

// From options to a study's definition, new or to be compared with the one that is stored.
// A difference is refused by the name of its option.
import Datasets
import Foundation
import Reports
import Search
import Training

extension StudyMakingOptions {
  /// The definition of a new study.
  func newDefinition(of study: String) throws -> StudyDefinition {
    guard let space else {
      throw ConfigurationError(
        "there is no study \(study) to go on with: --space FILE makes it (or one of \(Self.spaceNames))")
    }
    let text = try Self.text(of: space)
    let base = try base(of: text, space)
    var definition = try StudyDefinition(
      space: text, origin: space, base: base, settings: settings, epochs: epochs, sampler: (sampler ?? .random).sampler,
      pruner: chosenPruner, horizon: horizon ?? .trial, seed: seed ?? 0, budget: chosenBudget ?? Budget())
    if let grace, definition.rungs.isEmpty {
      throw ConfigurationError(
        "--grace \(grace): trials of \(definition.epochs) epochs have no rung then: use less, or --pruner none")
    }
    if images != nil {
      // Fewer are held out only because fewer are trained on.
      let full = try StudyDefinition(space: text, origin: space, base: base, settings: otherSettings)
      definition.fullValidation = try full.baseConfiguration().data.validation
    }
    return definition
  }

  /// What the options say, and for the rest what `stored` says.
  func definition(goingOnWith stored: StudyDefinition) throws -> StudyDefinition {
    var result = stored
    if space != nil || !settings.isEmpty || !configuration.base.isEmpty {
      // Whatever the default preset has become since.
      let text = try space.map(Self.text) ?? stored.space
      let made = try StudyDefinition(
        space: text, origin: stored.origin, base: base(of: text, stored.origin) ?? stored.baseConfiguration(),
        settings: settings)
      (result.space, result.settings, result.base) = (made.space, made.settings, made.base)
    }
    if let epochs { result.epochs = epochs }
    if let sampler { result.sampler = sampler.sampler }
    if pruner != nil || grace != nil || reductionFactor != nil || asha != nil { result.pruner = chosenPruner }
    if let horizon { result.horizon = horizon }
    if let seed { result.seed = seed }
    if let chosenBudget { result.budget = chosenBudget }
    return result
  }

  private static func text(of space: String) throws -> String {
    if let text = SearchSpace.shipped(named: space) { return text }
    guard FileManager.default.fileExists(atPath: space) else {
      throw ConfigurationError("--space \(space): no such file, and none of the spaces \(spaceNames)")
    }
    return try YAMLText.read(URL(fileURLWithPath: space), "--space ")
  }

  /// `--preset`, or else the preset of the space `text`, and `--config` over it; nil where neither option was given.
  private func base(of text: String, _ origin: String) throws -> Configuration? {
    guard !configuration.base.isEmpty else { return nil }
    let own = configuration.preset == nil ? try SearchSpace.preset(of: text, origin: origin) : nil
    return try Configuration.resolve((own.map { [.preset($0)] } ?? []) + configuration.base)
  }

  /// What is laid over the space: `--images` and the like, then `--set`. Evaluation costs a third of a training step an
  /// image, and 1,000 images tell 3 to 4 points apart.
  private var settings: [String] {
    let part = images.map { ["data.limitTrain=\($0)", "data.validation=\(min(5000, max(1000, $0 / 5)))"] }
    return (part ?? []) + otherSettings
  }

  /// The same without `--images`.
  private var otherSettings: [String] {
    var result: [String] = []
    if let dataset {
      // Workers may run elsewhere.
      let source = (try? DatasetSource(parsing: dataset))?.description ?? dataset
      result.append("data.dataset=\(YAMLText.scalar(source))")
    }
    if let precision { result.append("training.precision=\(precision.rawValue)") }
    return result + configuration.assignments
  }

  private var chosenPruner: Pruner {
    switch pruner ?? .asha {
    case .none: .none
    case .median: .median(warmup: (grace ?? 1) - 1, startTrials: 5)
    case .asha: .asha(grace: grace ?? 1, reductionFactor: reductionFactor ?? 2, mode: asha ?? .pause)
    }
  }

  /// Nil where no limit was named.
  private var chosenBudget: Budget? {
    guard budget != nil || budgetMultiplyAdds != nil || needsCalibration else { return nil }
    return Budget(
      parameters: budget?.count ?? Budget().parameters, multiplyAdds: budgetMultiplyAdds?.count,
      secondsPerEpoch: budgetSeconds, memoryBytes: budgetMemory?.count)
  }

  /// Whether the budget is of what a machine has to be measured for.
  var needsCalibration: Bool { budgetSeconds != nil || budgetMemory != nil }
}

extension StudyDefinition {
  /// Throws `ConfigurationError` at the first option by which this differs from what a study was made with.
  func demandSame(as stored: StudyDefinition, study: String) throws {
    func demand<Value: Equatable>(
      _ option: String, _ value: KeyPath<StudyDefinition, Value>, _ remedy: String = "leave the option out"
    ) throws {
      guard self[keyPath: value] != stored[keyPath: value] else { return }
      let (theirs, ours) = (Self.text(stored[keyPath: value]), Self.text(self[keyPath: value]))
      let difference = theirs == ours ? "another" : "\(theirs), not \(ours)"
      throw ConfigurationError(
        "\(option): study \(study) was made with \(difference): \(remedy), or choose another --study")
    }
    try demand("--space", \.space)
    // Earlier versions did not note the whole path of a folder of images among the settings.
    let hasSameImages = try baseConfiguration().data.dataset == stored.baseConfiguration().data.dataset
    func others(_ settings: [String]) -> [String] {
      settings.filter { !(hasSameImages && $0.hasPrefix("data.dataset=")) }
    }
    if others(settings) != others(stored.settings) {
      try demand(
        "--set, --images, --precision, --dataset", \.settings,
        "repeat them as they were, or leave out these, --space, --preset and --config")
    }
    // As values: a text may be older than a setting.
    if try baseConfiguration() != stored.baseConfiguration() { try demand("--preset, --config", \.base) }
    try demand("--epochs", \.epochs)
    try demand("--sampler", \.sampler)
    try demand("--pruner, --grace, --reduction-factor, --asha", \.pruner)
    try demand("--horizon", \.horizon)
    try demand("--seed", \.seed)
    try demand("--budget and --budget-…", \.budget)
  }

  /// A value in a few words; of a whole text, that it is another one.
  private static func text(_ value: some Equatable) -> String {
    let text =
      (value as? [String])?.joined(separator: " ") ?? (value as? Pruner)?.words ?? (value as? Sampler)?.words
      ?? (value as? Budget)?.words ?? "\(value)"
    return text.contains("\n") || text.count > 200 ? "other contents" : text.isEmpty ? "none" : text
  }
}

extension Pruner {
  /// As its options have it.
  fileprivate var words: String {
    switch self {
    case .none: "none"
    case .median(let warmup, _): "median, grace \(warmup + 1)"
    case .asha(let grace, let factor, let mode): "asha, grace \(grace), factor \(factor), \(mode.rawValue)"
    }
  }
}

extension Budget {
  /// As its options have it.
  fileprivate var words: String {
    let limits = [
      parameters.map { Format.counted($0, "parameter") }, multiplyAdds.map { Format.counted($0, "multiply-add") },
      secondsPerEpoch.map { "\(Format.significant($0)) seconds an epoch" }, memoryBytes.map(Format.mebibytes),
    ]
    return limits.compactMap(\.self).joined(separator: " and ")
  }
}

extension Sampler {
  /// As its option has it.
  fileprivate var words: String {
    switch self {
    case .random: "random"
    case .grid: "grid"
    case .tpe: "tpe"
    }
  }
}

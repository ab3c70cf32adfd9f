// What makes a study's trials: values that are new, possible and within the budget, from the study's definition alone.
// Trial n depends on the seed, n and the trials before it, never on who makes it.
import Models
import Randomness
public import Training

/// Makes the trials of a study, and their configurations.
public struct Proposer: Sendable {
  /// The study.
  public let definition: StudyDefinition
  /// Its space.
  public let space: SearchSpace
  let candidates: CandidateSpace
  /// The feasible points in order, for the sampler that goes through them.
  private let grid: [Point]

  /// Reads a study's definition. Throws `SpaceError` or `SearchError`, also where no point keeps the budget.
  public init(_ definition: StudyDefinition) throws {
    self.definition = definition
    let base = try definition.baseConfiguration()
    space = try SearchSpace(
      yaml: definition.space, origin: definition.origin, base: base, settings: definition.settings)
    candidates = CandidateSpace(space: space, budget: definition.budget, calibration: definition.calibration)
    try definition.validate()
    guard base.data.validation > 0 else {
      throw SearchError("data.validation: a search compares trials on validation images: hold some out")
    }
    guard definition.calibration != nil || !definition.budget.needsCalibration else {
      throw SearchError("a budget of seconds or memory needs a measured machine: the study's definition has none")
    }
    if definition.horizon == .rung,
      let parameter = space.parameters.first(where: { $0.name.hasPrefix("schedule.") })
    {
      throw SpaceError(parameter.mark, parameter.name, "with horizon rung the rungs make the schedule: leave it out")
    }
    try candidates.checkFeasible()
    grid = definition.sampler == .grid ? try candidates.feasiblePoints() : []
  }

  /// What is asked of a new study besides, and a configuration that one of its trials may have, nil where no point that
  /// was looked at keeps the budget. Throws `SearchError` where the pruner would compare trials at epochs that are not
  /// evaluated, and why points within the budget cannot be trained, where that is so of all that are looked at.
  public func trainableConfiguration() throws -> Configuration? {
    let every = space.base.training.evaluateEvery
    if let rung = definition.rungs.first(where: { !$0.isMultiple(of: every) }) {
      throw SearchError(
        "training.evaluateEvery: \(every) leaves out epoch \(rung), at which the pruner compares trials: use 1, or no pruner"
      )
    }
    var reason: (any Error)?
    for attempt in 0..<2_000 as Range<UInt64> {
      var random = CounterRandom(seed: 0, SearchPurpose.share.rawValue, attempt)
      let point = space.draw(&random)
      guard case .fits = candidates.judge(point) else { continue }
      do {
        let configuration = try configuration(at: point)
        try checkTraining(of: configuration)
        return configuration
      } catch {
        reason = reason ?? error
      }
    }
    if let reason { throw reason }
    return nil
  }

  private func checkTraining(of configuration: Configuration) throws {
    try configuration.validate()
    try configuration.checkStart()
  }

  /// What share of the space keeps the budget: exact where it has at most 200,000 points, else of a sample of 10,000.
  public func feasibleShare() -> FeasibleShare { candidates.share() }

  /// Draws that are made for one trial before the search is given up.
  static let drawLimit = 1_000_000
  /// How long they may take: others wait for the storage meanwhile, a minute at the most.
  private static let patience = Duration.seconds(20)
  /// Draws in a row of trials that exist already, before a countable space is gone through point by point.
  static let duplicateLimit = 100

  /// The values of the study's next trial; nil where the space has no new point. For `StudyStorage.createTrial`.
  ///
  /// `history` is the study's trials so far, of which only the sampler `tpe` asks.
  /// Throws `SearchError` where a million draws, or as many as twenty seconds have time for, do not meet a point that
  /// keeps the budget.
  public func propose(
    number: Int, history: () throws -> [Trial], isTaken: (String) throws -> Bool
  ) throws -> TrialProposal? {
    switch definition.sampler {
    case .random: try drawn(number, isTaken)
    case .grid: try first(of: grid, from: number, isTaken)
    case .tpe(let settings): try learned(number, settings, try history(), isTaken) ?? drawn(number, isTaken)
    }
  }

  /// The most promising of some candidates that are new and keep the budget; nil where there is none, or too little to
  /// learn from.
  private func learned(
    _ number: Int, _ settings: TreeParzenSettings, _ history: [Trial], _ isTaken: (String) throws -> Bool
  ) throws -> TrialProposal? {
    guard let estimator = TreeParzen(space, history: history, settings: settings) else { return nil }
    var candidates: [(point: Point, promise: Double)] = []
    for attempt in 0..<10_000 as Range<UInt64> where candidates.count < settings.candidates {
      var random = CounterRandom(
        seed: definition.seed, SearchPurpose.candidate.rawValue, UInt64(number), attempt)
      let point = estimator.draw(&random)
      if case .fits = self.candidates.judge(point) { candidates.append((point, estimator.promise(of: point))) }
    }
    for (point, _) in candidates.sorted(by: { $0.promise > $1.promise }) {
      guard let proposal = try proposal(at: point) else { continue }
      guard let fingerprint = proposal.fingerprint, try isTaken(fingerprint) else { return proposal }
    }
    return nil
  }

  private func drawn(_ number: Int, _ isTaken: (String) throws -> Bool) throws -> TrialProposal? {
    var duplicates = 0
    var draws = Self.drawLimit
    let start = ContinuousClock.now
    for attempt in 0..<UInt64(Self.drawLimit) {
      if attempt % 1024 == 1023, ContinuousClock.now - start > Self.patience {
        draws = Int(attempt)
        break
      }
      var random = CounterRandom(
        seed: definition.seed, SearchPurpose.draw.rawValue, UInt64(number), attempt)
      guard let proposal = try proposal(at: space.draw(&random)) else { continue }
      guard let fingerprint = proposal.fingerprint, try isTaken(fingerprint) else { return proposal }
      duplicates += 1
      if duplicates == Self.duplicateLimit, candidates.isEnumerable {
        return try first(of: candidates.feasiblePoints(), from: number, isTaken)
      }
    }
    throw SearchError(
      duplicates > 0
        ? "\(draws) draws met nothing new (\(duplicates) duplicates): the space is almost exhausted; widen it"
        : "\(draws) draws met no point that keeps the budget: raise the budget, or narrow the space")
  }

  /// The first new point at or behind point `rank`, in a circle.
  private func first(
    of points: [Point], from rank: Int, _ isTaken: (String) throws -> Bool
  ) throws -> TrialProposal? {
    for offset in points.indices {
      guard let proposal = try proposal(at: points[(rank + offset) % points.count]) else { continue }
      guard let fingerprint = proposal.fingerprint, try isTaken(fingerprint) else { return proposal }
    }
    return nil
  }

  /// The trial of a point; nil where it is impossible or over budget.
  func proposal(at point: Point) throws -> TrialProposal? {
    guard case .fits(let cost) = candidates.judge(point) else { return nil }
    let configuration = try configuration(at: point)
    guard (try? checkTraining(of: configuration)) != nil else { return nil }
    return TrialProposal(
      parameters: space.values(of: point), fingerprint: try configuration.fingerprint(),
      userAttributes: cost.attributes)
  }

  /// The configuration of a point, its seed 0.
  private func configuration(at point: Point) throws -> Configuration {
    var configuration = try space.configuration(of: point)
    configuration.training.epochs = definition.epochs
    configuration.training.seed = 0
    if definition.horizon == .rung, case .asha(let grace, let reductionFactor, _) = definition.pruner {
      configuration.schedule.kind = .warmRestarts
      configuration.schedule.warmup = 0
      configuration.schedule.period = Double(grace)
      configuration.schedule.periodFactor = Double(reductionFactor)
    }
    return configuration
  }

  /// The seed of a trial's training: of the study's seed and the trial's number alone.
  public func trainingSeed(ofTrial number: Int) -> UInt64 {
    // 32 bits: JSON, whose readers keep 53, shows it unchanged.
    CounterRandom(seed: definition.seed, SearchPurpose.training.rawValue)[UInt64(number)] >> 32
  }
}

extension Proposer {
  /// The resolved configuration of a trial, from its stored values alone, whoever chose them: those of other programs
  /// under the same names will do, and variables that have no value are drawn (`complete`).
  ///
  /// Throws `SearchError` where a value is not one of the space's, or the network is impossible or over budget.
  public func configuration(of trial: Trial) throws -> Configuration {
    var configuration = try configuration(at: point(of: trial, isStored: true))
    configuration.training.seed = trainingSeed(ofTrial: trial.number)
    try configuration.validate()
    return configuration
  }

  /// All the values of a trial that has but some, as one enqueued by Optuna's `enqueue_trial`: the others are drawn,
  /// from the study's seed and the trial's number alone. For `StudyStorage.setParameters`. Throws `SearchError`.
  public func complete(_ trial: Trial) throws -> TrialProposal {
    guard let proposal = try proposal(at: point(of: trial)) else {
      throw SearchError("trial \(trial.number): its values make no possible trial")
    }
    return proposal
  }

  private func point(of trial: Trial, isStored: Bool = false) throws -> Point {
    var given = try trial.enqueuedValues()
    for (name, parameter) in trial.parameters {
      guard let value = parameter.value else {
        throw SearchError("trial \(trial.number): \(name): \(parameter.stored) is none of \(parameter.distribution)")
      }
      given[name] = value
    }
    return try complete(given, number: trial.number, isStored: isStored)
  }

  /// A trial of given values by name, those that are missing drawn. For `StudyStorage.createTrial`.
  ///
  /// Throws `SearchError` where a value is not one of the space's, no point with the values keeps the budget, or the
  /// trial exists.
  public func enqueue(
    _ values: [String: Choice], number: Int, isTaken: (String) throws -> Bool
  ) throws -> TrialProposal {
    guard let proposal = try proposal(at: complete(values, number: number, isTaken: isTaken)) else {
      throw SearchError("the given values make no possible trial")
    }
    return proposal
  }

  /// A feasible point with the given values that the study does not have yet. What is stored whole was questioned when it
  /// was made.
  private func complete(
    _ values: [String: Choice], number: Int, isStored: Bool = false, isTaken: (String) throws -> Bool = { _ in false }
  ) throws -> Point {
    var given: [Int: Double] = [:]
    for (name, value) in values {
      guard let index = space.parameters.firstIndex(where: { $0.name == name }) else {
        throw SearchError(
          "\(name) is not a variable of the study; there are \(space.parameters.map(\.name).joined(separator: ", "))")
      }
      let distribution = space.parameters[index].distribution
      guard let stored = distribution.stored(of: value) else {
        throw SearchError("\(name): \(value) is not one of the study's values: \(distribution)")
      }
      given[index] = stored
    }
    var problem = "its conditions exclude one another: give values that exist together"
    var refused = 0
    draws: for attempt in 0..<10_000 as Range<UInt64> {
      var random = CounterRandom(seed: definition.seed, SearchPurpose.completion.rawValue, UInt64(number), attempt)
      guard let point = space.draw(given: given, &random) else { continue }
      let isWhole = point.values.enumerated().allSatisfy { $1 == nil || given[$0] != nil }
      switch candidates.judge(point) {
      case .fits:
        guard !(isStored && isWhole), let objection = try objection(to: point, isTaken) else { return point }
        problem = objection
        // Each is a whole configuration, and others wait.
        refused += 1
        if refused == 100 { break draws }
      case .impossible(let reason): problem = reason
      case .over(let limit, let cost):
        problem =
          "\(limit.text(cost[limit] ?? 0)) are over the budget of \(limit.text(definition.budget[limit] ?? 0))"
      }
      // Nothing is left to draw.
      if isWhole { break }
    }
    throw SearchError("the given values make no trial: \(problem)")
  }

  /// What stands against a point within the budget; nil where nothing does.
  private func objection(to point: Point, _ isTaken: (String) throws -> Bool) throws -> String? {
    let configuration: Configuration
    do {
      configuration = try self.configuration(at: point)
      try checkTraining(of: configuration)
    } catch {
      return "\(error)"
    }
    return try isTaken(configuration.fingerprint()) ? "the study has a trial with these values already" : nil
  }
}

extension Trial {
  /// What Optuna's `enqueue_trial` asked for.
  func enqueuedValues() throws -> [String: Choice] {
    guard let json = systemAttributes["fixed_params"] else { return [:] }
    guard case .map(let pairs) = try? JSONText.tree(json) else {
      throw SearchError("trial \(number): its enqueued values are no JSON object")
    }
    return try pairs.mapValues { tree in
      guard let choice = Choice(tree: tree) else {
        throw SearchError("trial \(number): an enqueued value is no text, number or truth value")
      }
      return choice
    }
  }
}

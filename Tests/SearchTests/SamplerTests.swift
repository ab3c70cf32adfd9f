// Samplers: each point once, in an order that depends on the study alone, and better than chance where that is promised.
import Foundation
import Search
import Testing
import Training

@Suite struct SamplerTests {
  private let tiny = "model.layers: [1, 2]\nmodel.layers[i].kernel: [3, 5]\nmodel.pool: 1"

  @Test func aGridGoesThroughAllPointsInOrder() throws {
    let proposer = try study(tiny, sampler: .grid).proposer()
    let all = try trials(100, of: proposer)
    let kernels = all.map { trial in
      (0..<2).compactMap { trial.parameters["model.layers[\($0)].kernel"]?.value?.description }.joined()
    }
    #expect(kernels == ["3", "5", "33", "35", "53", "55"])
    #expect(try proposer.propose(number: 6, history: { [] }) { _ in true } == nil)
  }

  @Test func aGridSkipsWhatIsOverBudgetOrTaken() throws {
    let most = try study(tiny, sampler: .grid).proposer()
    let sizes = try trials(6, of: most).map { Int($0.userAttributes["parameters"] ?? "") ?? 0 }
    let budget = Budget(parameters: sizes.sorted()[3])
    let proposer = try study(tiny, sampler: .grid, budget: budget).proposer()
    #expect(try trials(100, of: proposer).count == 4)
    // Enqueued trials take numbers, not points.
    let first = try #require(try proposer.propose(number: 0, history: { [] }) { _ in false })
    var taken = Set([try #require(first.fingerprint)])
    var found = 0
    while let next = try proposer.propose(number: found + 3, history: { [] }, isTaken: taken.contains) {
      taken.insert(try #require(next.fingerprint))
      found += 1
    }
    #expect(found == 3)
  }

  @Test func aGridNeedsCountableValues() throws {
    let definition = try study("model.dropout: { low: 0, high: 0.5 }", sampler: .grid)
    let error = #expect(throws: SearchError.self) { try definition.proposer() }
    #expect(error?.description == "model.dropout: a grid needs a list or a step: give one, or use another sampler")
  }

  @Test func chanceTriesEachPointOnce() throws {
    let proposer = try study(tiny).proposer()
    let all = try trials(100, of: proposer)
    #expect(all.count == 6)
    #expect(Set(all.map(\.parameters)).count == 6)
  }

  @Test func aTrialDependsOnThoseBeforeItAlone() throws {
    let proposer = try study(seed: 4).proposer()
    let all = try trials(12, of: proposer)
    // Whoever makes trial 7, and whatever it made before.
    let again = try study(seed: 4).proposer().propose(number: 7, history: { [] }) { _ in false }
    #expect(again?.parameters == all[7].parameters)
    // Where its point is taken, it is another.
    let other = try proposer.propose(number: 7, history: { [] }) { $0 == again?.fingerprint }
    #expect(other != nil && other?.parameters != again?.parameters)
  }

  @Test func learningBeginsAfterTheStartTrialsAndDependsOnThemAlone() throws {
    let settings = TreeParzenSettings()
    let (learned, drawn) = (
      try study(sampler: .tpe(settings)).proposer(), try study().proposer()
    )
    var history = try trials(settings.startTrials, of: drawn)
    #expect(try trials(settings.startTrials, of: learned) == history, "nothing is known yet")
    for index in history.indices {
      history[index].state = .complete
      history[index].value = history[index].parameters["optimizer.learningRate"].map { -abs(log10($0.stored) + 2) }
    }
    let number = history.count
    func next(_ history: [Trial]) throws -> [String: ParameterValue]? {
      try learned.propose(number: number, history: { history }) { _ in false }?.parameters
    }
    let first = try next(history)
    #expect(try first == next(history) && first == next(history.shuffled()))
    #expect(try first != drawn.propose(number: number, history: { [] }) { _ in false }?.parameters)
    // Pruned trials teach by the deepest epoch they were measured at: those that came further are better.
    let worst = history.min { ($0.value ?? 0) < ($1.value ?? 0) }?.number
    for index in history.indices {
      history[index].state = .pruned
      history[index].intermediateValues = [index == worst ? 8 : 1: history[index].value ?? 0]
    }
    #expect(try next(history) != first)
  }

  /// Functions of settings whose best values are known; nothing is trained.
  private static let separable = """
    optimizer.learningRate: { low: 1e-4, high: 1, log: true }
    optimizer.weightDecay: { low: 1e-6, high: 1e-2, log: true }
    model.dropout: { low: 0, high: 0.5 }
    training.batchSize: [32, 64, 128, 256]
    schedule.kind: [constant, cosine, linear]
    model.stem.channels: { low: 8, high: 64 }
    """
  private static let conditional = """
    model.layers: { low: 1, high: 4 }
    model.layers[i].blocks: { low: 1, high: 16 }
    model.layers[i].kernel: [1, 3, 5]
    model.layers[*].channels: 8
    model.pool: 1
    optimizer.learningRate: { low: 1e-4, high: 1, log: true }
    """

  private static func value(_ trial: Trial) -> Double {
    func number(_ name: String) -> Double { trial.parameters[name]?.value?.number ?? .nan }
    func square(_ value: Double) -> Double { value * value }
    var loss = square(log10(number("optimizer.learningRate")) + 1.3)
    if trial.parameters["model.dropout"] != nil {
      loss += 0.5 * square(log10(number("optimizer.weightDecay")) + 3.5) + 8 * square(number("model.dropout") - 0.1)
      loss += number("training.batchSize") == 128 ? 0 : 0.3
      loss += trial.parameters["schedule.kind"]?.value == .text("cosine") ? 0 : 0.5
      loss += square((number("model.stem.channels") - 40) / 20)
    } else {
      let layers = Int(number("model.layers"))
      loss += [2, 1, 0, 0.6][layers - 1]
      for layer in 0..<layers {
        loss += 2 * square((number("model.layers[\(layer)].blocks") - [4, 12, 6, 9][layer]) / 6) / Double(layers)
        loss += number("model.layers[\(layer)].kernel") == [5, 3, 1, 3][layer] ? 0 : 0.3
      }
    }
    return -loss
  }

  /// The best of 100 trials of a study.
  private static func best(_ text: String, _ sampler: Sampler, seed: UInt64) throws -> Double {
    let proposer = try study(text, sampler: sampler, seed: seed, budget: Budget(parameters: nil)).proposer()
    var history: [Trial] = []
    while history.count < 100,
      let proposal = try proposer.propose(number: history.count, history: { history }, isTaken: { _ in false })
    {
      var trial = Trial(
        id: history.count, number: history.count, state: .complete, parameters: proposal.parameters)
      trial.value = value(trial)
      history.append(trial)
    }
    return try #require(history.compactMap(\.value).max())
  }

  @Test(arguments: [separable, conditional]) func learningBeatsChance(text: String) throws {
    let seeds = 0..<6 as Range<UInt64>
    func losses(_ sampler: Sampler) throws -> [Double] {
      try seeds.map { try -Self.best(text, sampler, seed: $0) }.sorted()
    }
    let (chance, learned) = (try losses(.random), try losses(.tpe(TreeParzenSettings())))
    #expect(learned[3] < 0.5 * chance[3], "\(learned) \(chance)")
  }
}

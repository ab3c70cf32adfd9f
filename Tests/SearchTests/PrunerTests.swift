// Rungs and what follows from a standing: the rules of ASHA and of the median.
import Search
import Testing
import Training

@Suite struct PrunerTests {
  @Test func rungsGrowByTheFactor() {
    let asha = Pruner.asha(grace: 1, reductionFactor: 2, mode: .pause)
    #expect(asha.rungs(epochs: 30) == [1, 2, 4, 8, 16])
    #expect(asha.rungs(epochs: 16) == [1, 2, 4, 8], "the end is no rung")
    #expect(asha.rungs(epochs: 31, horizon: .rung) == [1, 3, 7, 15])
    #expect(Pruner.asha(grace: 3, reductionFactor: 4, mode: .stop).rungs(epochs: 60) == [3, 12, 48])
    #expect(Pruner.asha(grace: 9, reductionFactor: 2, mode: .stop).rungs(epochs: 4).isEmpty)
    #expect(Pruner.none.rungs(epochs: 30).isEmpty)
    #expect(Pruner.median(warmup: 3, startTrials: 5).rungs(epochs: 7) == [4, 5, 6])
    #expect(Pruner.median(warmup: 9, startTrials: 5).rungs(epochs: 7).isEmpty)
  }

  @Test func aPausingPrunerPromotesTheBestShare() {
    let pruner = Pruner.asha(grace: 1, reductionFactor: 3, mode: .pause)
    #expect(!pruner.proceeds(RungStanding(count: 1, better: 0)), "it may be promoted later")
    #expect(pruner.proceeds(RungStanding(count: 3, better: 0)))
    #expect(pruner.proceeds(RungStanding(count: 8, better: 1)))
    #expect(!pruner.proceeds(RungStanding(count: 8, better: 2)))
  }

  @Test func aStoppingPrunerLetsTheBestSoFarGoOn() {
    let pruner = Pruner.asha(grace: 1, reductionFactor: 3, mode: .stop)
    #expect(pruner.proceeds(RungStanding(count: 1, better: 0)))
    #expect(!pruner.proceeds(RungStanding(count: 2, better: 1)))
    #expect(pruner.proceeds(RungStanding(count: 9, better: 2)))
    #expect(!pruner.proceeds(RungStanding(count: 9, better: 3)))
  }

  @Test func theMedianStopsTheWorseHalf() {
    let pruner = Pruner.median(warmup: 0, startTrials: 4)
    #expect(pruner.proceeds(RungStanding(count: 4, better: 3)), "only three others")
    #expect(pruner.proceeds(RungStanding(count: 5, better: 2)))
    #expect(!pruner.proceeds(RungStanding(count: 5, better: 3)))
    #expect(pruner.proceeds(RungStanding(count: 9, better: 8, equal: 8)), "nobody was better")
    #expect(Pruner.none.proceeds(RungStanding(count: 9, better: 8)))
  }

  private static let schedules =
    "schedule.kind: [cosine, linear]\noptimizer.learningRate: { low: 0.02, high: 1, log: true }"

  @Test func theRungsHorizonEndsItsCyclesAtTheRungs() throws {
    let definition = try study(Self.schedules, horizon: .rung, epochs: 15)
    #expect(definition.rungs == [1, 3, 7])
    #expect(throws: SpaceError.self) { try definition.proposer() }
    let proposer = try study(Self.schedules, settings: ["schedule.kind=cosine"], horizon: .rung, epochs: 15).proposer()
    let schedule = try proposer.configuration(of: try #require(trials(1, of: proposer).first)).schedule
    for end in definition.rungs + [15] {
      #expect(schedule.factor(at: Double(end) - 1e-6, of: 15) < 1e-3)
      #expect(schedule.factor(at: Double(end), of: 15) > 0.99)
    }
  }

  @Test func theTrialsHorizonIsItsLength() throws {
    let proposer = try study(Self.schedules, settings: ["schedule.kind=cosine"], epochs: 15).proposer()
    let configuration = try proposer.configuration(of: try #require(trials(1, of: proposer).first))
    #expect(configuration.training.epochs == 15)
    #expect(configuration.schedule.factor(at: 14.999, of: 15) < 1e-3)
  }

  @Test(arguments: [
    (Pruner.asha(grace: 0, reductionFactor: 2, mode: .pause), Horizon.trial, "a grace of 0 epochs: use 1 or more"),
    (.asha(grace: 1, reductionFactor: 1, mode: .pause), .trial, "a reduction factor of 1: use 2 to 1000"),
    (.asha(grace: 1, reductionFactor: .max, mode: .stop), .rung, "use 2 to 1000"),
    (.median(warmup: -1, startTrials: 5), .trial, "a warm-up of -1 epochs: use 0 to 1000000"),
    (.median(warmup: 0, startTrials: 0), .trial, "0 start trials: use 1 or more"),
    (.none, .rung, "only asha has rungs that a schedule can end at; use horizon trial"),
    (.default, .rung, "300 epochs end within a cycle of the schedule (grace 1, factor 2): use 255 or 511 epochs"),
  ])
  func impossiblePrunersAreErrors(pruner: Pruner, horizon: Horizon, message: String) throws {
    let error = #expect(throws: SearchError.self) {
      try study("model.pool: [2, 4]", pruner: pruner, horizon: horizon)
    }
    #expect(error?.description.hasSuffix(message) == true, "\(error?.description ?? "")")
  }

  @Test func studiesAreRefusedBeforeTheirRungsAreListed() throws {
    // Rungs that never grow, and more of them than there is memory for.
    var definition = try study("model.pool: [2, 4]")
    definition.pruner = .asha(grace: 1, reductionFactor: 1, mode: .pause)
    #expect(throws: SearchError.self) { try StudyDefinition(json: definition.json()) }
    #expect(definition.rungs == [1])
    definition.pruner = .median(warmup: .max, startTrials: 1)
    #expect(throws: SearchError.self) { try StudyDefinition(json: definition.json()) }
    definition.pruner = .median(warmup: 0, startTrials: 1)
    definition.epochs = 100_000_000_000
    let error = #expect(throws: SearchError.self) { try definition.proposer() }
    #expect(error?.description == "epochs: a trial of 100000000000 epochs: use 1 to 1000000")
  }

  @Test func epochsThatAreComparedAreEvaluated() throws {
    func check(_ pruner: Pruner) throws {
      _ = try study("model.pool: [2, 4]", settings: ["training.evaluateEvery=5"], pruner: pruner, epochs: 40).proposer()
        .trainableConfiguration()
    }
    let error = #expect(throws: SearchError.self) { try check(.default) }
    #expect(error?.description.hasPrefix("training.evaluateEvery: 5 leaves out epoch 1") == true)
    try check(.asha(grace: 5, reductionFactor: 2, mode: .pause))
    try check(.none)
  }
}

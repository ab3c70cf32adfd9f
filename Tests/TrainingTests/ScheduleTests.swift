// The learning rate over time at points worked out by hand.
// Epochs are fractions of training time, so every value here is exact but for rounding.
import Testing
import Training

@Suite struct ScheduleTests {
  /// Expects the factor at each of `points`, in a run of `epochs`.
  private func expect(
    _ schedule: Schedule, of epochs: Double = 10, _ points: [(epoch: Double, factor: Double)],
    location: SourceLocation = #_sourceLocation
  ) throws {
    try schedule.validate()
    for point in points {
      let factor = schedule.factor(at: point.epoch, of: epochs)
      #expect(abs(factor - point.factor) < 1e-12, "epoch \(point.epoch): \(factor)", sourceLocation: location)
    }
  }

  private func schedule(_ kind: Schedule.Kind, _ change: (inout Schedule) -> Void = { _ in }) -> Schedule {
    var schedule = Schedule(kind)
    change(&schedule)
    return schedule
  }

  @Test func constantStaysAtThePeak() throws {
    try expect(schedule(.constant), [(0, 1), (3.7, 1), (9.99, 1), (100, 1)])
  }

  @Test func cosineFallsToTheMinimum() throws {
    try expect(schedule(.cosine), [(0, 1), (2.5, 0.85355339059327), (5, 0.5), (7.5, 0.14644660940673), (10, 0)])
    try expect(schedule(.cosine) { $0.minimum = 0.2 }, [(0, 1), (5, 0.6), (10, 0.2)])
  }

  @Test func aPeriodMayBeShorterOrLongerThanTheRun() throws {
    try expect(schedule(.cosine) { $0.period = 4 }, [(2, 0.5), (4, 0), (9, 0)])
    try expect(schedule(.cosine) { $0.period = 20 }, [(5, 0.85355339059327), (10, 0.5)])
    try expect(schedule(.linear) { $0.period = 4 }, [(1, 0.75), (4, 0), (9, 0)])
    try expect(schedule(.linear) { $0.period = 20 }, [(5, 0.75), (10, 0.5)])
  }

  @Test func warmRestartsBeginAgain() throws {
    try expect(
      schedule(.warmRestarts) { $0.period = 4 }, [(0, 1), (2, 0.5), (3, 0.14644660940673), (4, 1), (6, 0.5), (8, 1)])
    try expect(schedule(.warmRestarts), [(0, 1), (5, 0.5)])
  }

  @Test func cyclesGrowByThePeriodFactor() throws {
    let doubling = schedule(.warmRestarts) { ($0.period, $0.periodFactor) = (4, 2) }
    try expect(doubling, of: 30, [(2, 0.5), (4, 1), (8, 0.5), (12, 1), (20, 0.5), (28, 1)])
  }

  @Test(.timeLimit(.minutes(1))) func manyCyclesTakeNoTime() {
    let quick = schedule(.warmRestarts) { $0.period = 1e-9 }
    #expect((0...1).contains(quick.factor(at: 1e6, of: 1e6)))
    #expect((0...1).contains(schedule(.warmRestarts) { $0.warmup = 2 }.factor(at: 3, of: 2)))
  }

  @Test func linearFallsInAStraightLine() throws {
    try expect(schedule(.linear), [(0, 1), (2.5, 0.75), (5, 0.5), (10, 0)])
    try expect(schedule(.linear) { $0.minimum = 0.2 }, [(5, 0.6), (10, 0.2)])
  }

  @Test func stepsFallAtTheirMilestones() throws {
    let falling = schedule(.steps) { $0.milestones = [3, 6] }
    try expect(falling, [(0, 1), (2.99, 1), (3, 0.1), (5.99, 0.1), (6, 0.01), (10, 0.01)])
    try expect(schedule(.steps) { ($0.milestones, $0.stepFactor) = ([1], 0.5) }, [(0.5, 1), (1, 0.5)])
  }

  @Test func theWarmUpRisesBeforeTheCurve() throws {
    func warm(_ kind: Schedule.Kind) -> Schedule {
      schedule(kind) { ($0.warmup, $0.warmupStart) = (2, 0.1) }
    }
    let rise = [(0, 0.1), (1, 0.55), (1.5, 0.775)] as [(epoch: Double, factor: Double)]
    try expect(warm(.constant), rise + [(2, 1), (9, 1)])
    try expect(warm(.cosine), rise + [(2, 1), (6, 0.5), (10, 0)])
    try expect(warm(.linear), rise + [(2, 1), (6, 0.5), (10, 0)])
    var restarts = warm(.warmRestarts)
    restarts.period = 6
    try expect(restarts, rise + [(2, 1), (4, 0.5), (6, 1), (8, 0.5)])
    var steps = warm(.steps)
    steps.milestones = [4]
    try expect(steps, rise + [(2, 1), (4, 0.1)])
  }

  @Test func aRunMayEndWithinTheWarmUp() throws {
    try expect(schedule(.cosine) { $0.warmup = 4 }, of: 2, [(0, 0), (1, 0.25), (1.99, 0.4975)])
  }

  @Test func impossibleSettingsNameTheirKey() {
    let cases: [(key: String, change: (inout Schedule) -> Void)] = [
      ("warmup", { $0.warmup = -1 }), ("warmup", { $0.warmup = .nan }), ("warmup", { $0.warmup = .infinity }),
      ("warmupStart", { $0.warmupStart = 1.5 }), ("warmupStart", { $0.warmupStart = -0.1 }),
      ("period", { $0.period = -1 }), ("period", { ($0.warmup, $0.period) = (3, 3) }),
      ("periodFactor", { $0.periodFactor = 0.5 }), ("minimum", { $0.minimum = 1.1 }),
      ("stepFactor", { $0.stepFactor = 0 }), ("stepFactor", { $0.stepFactor = 2 }),
      ("milestones", { $0.kind = .steps }), ("milestones", { ($0.kind, $0.milestones) = (.steps, [3, .nan]) }),
    ]
    for (key, change) in cases {
      let text = failure { try schedule(.cosine, change).validate() }
      #expect(text?.hasPrefix("schedule.\(key): ") == true, "\(key): \(text ?? "no error")")
    }
  }
}

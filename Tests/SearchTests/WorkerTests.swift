// Workers on a study in memory: every trial is run once, rungs promote the best,
// and whoever dies, stops or fails leaves nothing hanging.
import Foundation
import Search
import Synchronization
import Testing

@Suite struct WorkerTests {
  private let halving = Pruner.asha(grace: 1, reductionFactor: 2, mode: .pause)

  @Test(arguments: [1, 4]) func everyTrialRunsOnce(workers: Int) throws {
    let fake = try FakeStudy(trials: 23, pruner: .none)
    #expect(try fake.run(workers) == [Worker.End](repeating: .done, count: workers))
    let trials = try fake.trials()
    #expect(trials.map(\.number) == Array(0..<23) && trials.allSatisfy { $0.state == .complete })
    #expect(trials.allSatisfy { $0.value == FakeStudy.accuracy($0.number, 8) && $0.intermediateValues.count == 8 })
    #expect(fake.trained.withLock { $0.values.allSatisfy { $0 == Array(1...8) } })
    #expect(try fake.run(1) == [.done] && fake.trials() == trials, "a finished study is left as it is")
  }

  @Test(arguments: [1, 4]) func rungsPromoteTheBest(workers: Int) throws {
    let fake = try FakeStudy(trials: 64, pruner: halving)
    #expect(try fake.run(workers).allSatisfy { $0 == .done })
    let trials = try fake.trials()
    #expect(trials.allSatisfy { $0.state == .complete || $0.state == .pruned })
    // No epoch is trained twice, and none is left out.
    #expect(fake.trained.withLock { $0.allSatisfy { $0.value == Array(1...$0.value.count) } })
    for rung in 0..<3 {
      let values = try fake.storage.values(ofRung: rung, in: fake.study.id)
      let next = Set(try fake.storage.values(ofRung: rung + 1, in: fake.study.id).map(\.number))
        .union(rung == 2 ? trials.filter { $0.state == .complete }.map(\.number) : [])
      let best = values.sorted { ($1.value, $0.number) < ($0.value, $1.number) }.map(\.number)
      #expect(rung > 0 || values.count == 64)
      // Whoever is among the best half at the end went on; others may have, while they were.
      #expect(next.isSuperset(of: best.prefix(best.count / 2)), "rung \(rung)")
      #expect(next.isSubset(of: best) && next.count < values.count, "rung \(rung)")
      #expect(try fake.storage.promote(rung: rung, reductionFactor: 2, in: fake.study.id)?.trial == nil)
    }
    let paused = trials.filter { $0.state == .pruned }
    #expect(paused.allSatisfy { $0.value == $0.intermediateValues[$0.intermediateValues.count] })
  }

  @Test func aFailureIsTheTrialsOwn() throws {
    let fake = try FakeStudy(trials: 5, pruner: .none)
    let worker = fake.worker(train: { run in
      if run.trial.number == 2 { throw TrialFault("the loss is \"nan\"") }
      if run.trial.number == 3 { return .complete(.nan) }
      return try fake.train(run)
    })
    #expect(try worker.run() == .done)
    let trials = try fake.trials()
    #expect(trials.map(\.state) == [.complete, .complete, .failed, .failed, .complete])
    #expect(trials[2].userAttributes["tpsnet:error"] == #""the loss is \"nan\"""#)
    #expect(fake.lines.withLock { $0 }[2] == #"trial 2 failed: the loss is "nan""#)
  }

  @Test func troubleOfAllGivesTheTrialBack() throws {
    struct DiskFull: Error {}
    let fake = try FakeStudy(trials: 3, pruner: .none)
    for error: any Error in [DiskFull(), StorageError.unusable("the database is full")] {
      #expect(throws: (any Error).self) { try fake.worker(train: { _ in throw error }).run() }
      #expect(try fake.trials().map(\.state) == [.waiting])
    }
    #expect(try fake.run(1) == [.done])
    #expect(try fake.trials().map(\.state) == [.complete, .complete, .complete])
  }

  @Test func whoStopsGivesBackAndLosesNothing() throws {
    let fake = try FakeStudy(trials: 4, pruner: .none)
    let isStopped = Mutex(false)
    let worker = fake.worker(
      isStopped: { isStopped.withLock { $0 } },
      train: { run in
        if run.trial.number == 1 { isStopped.withLock { $0 = true } }
        return try fake.train(run)
      })
    #expect(try worker.run() == .stopped)
    #expect(try fake.trials().map(\.state) == [.complete, .waiting])
    #expect(try fake.run(2) == [.done, .done])
    #expect(try fake.trials().allSatisfy { $0.state == .complete })
    #expect(fake.trained.withLock { $0.values.allSatisfy { $0 == Array(1...8) } })
  }

  @Test func aWholeStudyIsStopped() throws {
    let fake = try FakeStudy(trials: 1000, pruner: .none)
    let worker = fake.worker(train: { run in
      if run.trial.number == 3 {
        try fake.storage.setAttribute(StudyAttribute.stop, to: "1", ofStudy: fake.study.id)
        while !run.hasToStop { usleep(1000) }
      }
      return try fake.train(run)
    })
    #expect(try worker.run() == .stopped)
    #expect(try fake.trials().map(\.state) == [.complete, .complete, .complete, .waiting])
  }

  @Test func aDeadWorkersTrialIsTakenOverOnce() throws {
    let fake = try FakeStudy(trials: 6, pruner: .none)
    let dead = try #require(
      try fake.storage.createTrial(in: fake.study.id, isClaimed: true, limit: nil) { _, _ in
        TrialProposal(parameters: [:], fingerprint: nil)
      })
    try fake.storage.report(FakeStudy.accuracy(0, 1), epoch: 1, of: dead)
    #expect(try fake.run(4).allSatisfy { $0 == .done })
    let trials = try fake.trials()
    #expect(trials.count == 6 && trials.allSatisfy { $0.state == .complete })
    #expect(fake.trained.withLock { $0[0] } == Array(2...8))
    // The dead worker awakes.
    #expect(throws: StorageError.claimLost(trial: 0)) { try fake.storage.report(0, epoch: 1, of: dead) }
  }

  @Test func aSlowTrialIsNotTakenForDead() throws {
    let fake = try FakeStudy(trials: 2, pruner: .none, epochs: 1)
    let starts = Mutex<[Int]>([])
    let train: @Sendable (TrialRun) throws -> TrialRun.End = { run in
      starts.withLock { $0.append(run.trial.number) }
      // Five leases long, without a step.
      if run.trial.number == 0 { Thread.sleep(forTimeInterval: 1.5) }
      return try fake.train(run)
    }
    let group = DispatchGroup()
    for _ in 0..<2 {
      group.enter()
      Thread.detachNewThread {
        #expect(throws: Never.self) { try fake.worker(train: train).run() }
        group.leave()
      }
    }
    group.wait()
    #expect(starts.withLock { $0.sorted() } == [0, 1])
    #expect(try fake.trials().allSatisfy { $0.state == .complete })
  }

  @Test func aLostTrialIsDropped() throws {
    let fake = try FakeStudy(trials: 1, pruner: .none)
    let worker = fake.worker(train: { run in
      let lease = try #require(try fake.storage.leases(in: fake.study.id).first)
      let other = try #require(try fake.storage.takeOver(lease))
      while !run.hasToStop { usleep(1000) }
      try fake.storage.finish(other, as: .complete, value: 0.25)
      return .complete(0.75)
    })
    #expect(try worker.run() == .done)
    #expect(try fake.trials().map(\.value) == [0.25])
    #expect(fake.lines.withLock { $0.count } == 1)
  }

  @Test func whatWaitsIsTakenUpAndProgramsWithoutLeasesAreNotWaitedFor() throws {
    let fake = try FakeStudy(trials: 3, pruner: .none)
    for number in 0..<2 {
      _ = try fake.storage.createTrial(in: fake.study.id, isClaimed: false, limit: nil) { _, _ in
        TrialProposal(parameters: [:], fingerprint: "enqueued \(number)")
      }
    }
    var seen: [Double?] = []
    let worker = fake.worker(train: { run in
      seen.append(run.trial.parameters["x"]?.stored)
      return try fake.train(run)
    })
    #expect(try worker.run() == .done)
    #expect(try fake.trials().map(\.state) == [.complete, .complete, .complete])
    #expect(seen == [0, 1, 2], "what is filled in is there from the beginning")
  }
}

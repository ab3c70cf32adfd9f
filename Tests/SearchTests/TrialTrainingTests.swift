// Real training in a study: whatever interrupts a trial, it ends in the bytes of an undisturbed one,
// and what is wrong with a trial is known from its attributes and its log.
import Compute
import Foundation
import Models
import Search
import Testing
import Training

@Suite struct TrialTrainingTests {
  /// Values and weights of a study that nobody disturbs.
  private func undisturbed(_ trials: Int) throws -> (values: [[Int: Double]], weights: [Data]) {
    let study = try TinyTraining(trials: trials, pruner: .none)
    #expect(try study.work() == .done)
    let values = try study.trials().map(\.intermediateValues)
    #expect(values.allSatisfy { $0.count == 4 } && Set(values).count > 1)
    return (values, try (0..<trials).map(study.weights))
  }

  @Test func stoppedAtAnyStepItGoesOnExactly() throws {
    let expected = try undisturbed(3)
    let study = try TinyTraining(trials: 3, pruner: .none)
    // Each worker stops after some steps more than the last: in the middle and at the end of epochs.
    var steps = 0
    var stops = 0
    defer { study.onEvent = { _, _ in } }
    study.onEvent = { _, event in
      if case .stepped = event {
        steps += 1
        if steps == stops % 6 + 1 { study.isStopped = true }
      }
    }
    while try study.work() != .done {
      (stops, steps, study.isStopped) = (stops + 1, 0, false)
      try #require(stops < 200)
    }
    #expect(stops > 10)
    #expect(study.precisions.first == .some(nil) && study.precisions.filter { $0 == "fp32" }.count > 10)
    #expect(try study.trials().map(\.intermediateValues) == expected.values)
    #expect(try (0..<3).map(study.weights) == expected.weights)
    #expect(try study.trials().allSatisfy { $0.state == .complete && $0.value == $0.intermediateValues.values.max() })
  }

  // Its worker could not reach the database, and wrote the epoch's checkpoint all the same.
  @Test func whatACheckpointKnowsTheStudyLearns() throws {
    let expected = try undisturbed(2)
    let place = try StorageKind.sqlite.place()
    let study = try TinyTraining(trials: 2, pruner: .none, storage: DatabaseStorage(url: place.url))
    study.onEvent = { _, event in
      if case .epochEnded(let record, _) = event, record.epoch == 2 { study.isStopped = true }
    }
    #expect(try study.work() != .done)
    try runSQLite("DELETE FROM trial_intermediate_values WHERE step = 2", at: place.url)
    #expect(try study.trials()[0].intermediateValues.keys.sorted() == [1])
    study.isStopped = false
    study.onEvent = { _, _ in }
    #expect(try study.work() == .done)
    #expect(try study.trials().map(\.intermediateValues) == expected.values)
    #expect(try (0..<2).map(study.weights) == expected.weights)
  }

  // The report came to the database, the place at the rung did not.
  @Test func aRungThatWasMissedIsTaken() throws {
    let place = try StorageKind.sqlite.place()
    let study = try TinyTraining(
      trials: 2, pruner: .asha(grace: 2, reductionFactor: 4, mode: .stop), storage: DatabaseStorage(url: place.url))
    study.onEvent = { _, event in
      if case .epochEnded(let record, _) = event, record.epoch == 3 { study.isStopped = true }
    }
    #expect(try study.work() != .done)
    let rung = "DELETE FROM trial_system_attributes WHERE key = 'completed_rung_0'; DELETE FROM tpsnet_rungs"
    try runSQLite(rung, at: place.url)
    #expect(try study.trials()[0].rung == nil)
    study.isStopped = false
    study.onEvent = { _, _ in }
    #expect(try study.work() == .done)
    #expect(try study.trials()[0].rung == 0)
  }

  @Test func pausedAndPromotedItGoesOnExactly() throws {
    let expected = try undisturbed(16)
    let study = try TinyTraining(trials: 16, pruner: .asha(grace: 1, reductionFactor: 2, mode: .pause))
    #expect(try study.work() == .done)
    let trials = try study.trials()
    #expect(trials.contains { $0.state == .pruned } && trials.contains { $0.state == .complete })
    for trial in trials {
      // What only going on needs is there for those that may.
      #expect(try study.canGoOn(trial.number) == (trial.state == .pruned))
      #expect(
        trial.intermediateValues == expected.values[trial.number].filter { $0.key <= trial.intermediateValues.count })
      if trial.state == .complete { #expect(try study.weights(trial.number) == expected.weights[trial.number]) }
    }
  }

  @Test func aDeadWorkersTrialGoesOnFromItsCheckpoint() throws {
    let expected = try undisturbed(2)
    let study = try TinyTraining(trials: 2, pruner: .none)
    var isKilled = false
    var steps = 0
    study.onEvent = { _, event in if case .stepped = event { steps += 1 } }
    let end = try study.work(train: { run, training in
      guard !isKilled else { return try training(run) }
      isKilled = true
      // A worker that dies: its training stops at once, and of its claim nothing more is heard.
      study.isStopped = true
      _ = try training(run)
      study.isStopped = false
      steps = 0
      throw StorageError.claimLost(trial: 0)
    })
    #expect(end == .done)
    #expect(steps == 2 * 4 * 4 - 1, "only what was missing is trained")
    #expect(try study.trials().map(\.intermediateValues) == expected.values)
    #expect(try (0..<2).map(study.weights) == expected.weights)
    let log = try String(contentsOf: TrialFolder(of: 0, in: study.folder).log, encoding: .utf8)
    #expect(log.contains("attempt 2: its last worker died\n"))
  }

  // The checkpoint of a rung is written, and the study does not know yet that the trial was to end there: its workers
  // die, or give it back because something is in their way.
  @Test(arguments: [1, 2], [true, false]) func anEndAtARungOutlivesItsWorkers(howMany: Int, die: Bool) throws {
    struct DiskFull: Error {}
    func trials(dying: Int) throws -> [Trial] {
      let study = try TinyTraining(trials: 6, pruner: .asha(grace: 1, reductionFactor: 2, mode: .stop))
      var deaths = 0
      var dead: Int?
      func train(_ run: TrialRun, _ training: TrialTraining) throws -> TrialRun.End {
        let end = try training(run)
        guard deaths < dying, dead ?? run.trial.number == run.trial.number, case .pruned = end else { return end }
        deaths += 1
        dead = run.trial.number
        if die { throw StorageError.claimLost(trial: run.trial.number) }
        throw DiskFull()
      }
      var end: Worker.End?
      while end == nil {
        do { end = try study.work(train: train) } catch is DiskFull {}
      }
      #expect(end == .done && deaths == dying)
      return try study.trials()
    }
    let (expected, found) = (try trials(dying: 0), try trials(dying: howMany))
    #expect(found.map(\.state) == expected.map(\.state) && found.map(\.rung) == expected.map(\.rung))
    #expect(found.map(\.intermediateValues) == expected.map(\.intermediateValues))
  }

  @Test func aTrialThatKillsItsWorkersIsGivenUp() throws {
    let study = try TinyTraining(trials: 3, pruner: .none)
    var deaths = 0
    study.change = { trial, _ in
      guard trial.number == 1 else { return }
      deaths += 1
      throw StorageError.claimLost(trial: 1)
    }
    #expect(try study.work() == .done && deaths == 3)
    let trials = try study.trials()
    #expect(trials.map(\.state) == [.complete, .failed, .complete])
    #expect(trials[1].error?.hasPrefix("its worker died 3 times at the same place (after step 0)") == true)
  }

  @Test func aTrialThatDivergesFailsAlone() throws {
    let study = try TinyTraining(trials: 3, pruner: .none)
    study.change = { trial, configuration in
      if trial.number == 1 { configuration.optimizer.learningRate = 1e30 }
    }
    #expect(try study.work() == .done)
    let trials = try study.trials()
    #expect(trials.map(\.state) == [.complete, .failed, .complete])
    #expect(trials[1].error?.hasPrefix("training diverged at step ") == true)
    let log = try String(contentsOf: TrialFolder(of: 1, in: study.folder).log, encoding: .utf8)
    #expect(log.contains("training diverged at step "))
    #expect(try !study.canGoOn(1))
  }

  /// Optuna parses every attribute of a study when it reads its trials.
  @Test func everyAttributeIsJSON() throws {
    let study = try TinyTraining(trials: 6, pruner: .asha(grace: 1, reductionFactor: 2, mode: .pause))
    #expect(try study.work() == .done)
    let attributes = try study.trials().flatMap { Array($0.systemAttributes) + Array($0.userAttributes) }
    #expect(attributes.contains { $0.key == "tpsnet:ending" })
    for (key, text) in attributes {
      let value = try? JSONSerialization.jsonObject(with: Data(text.utf8), options: .fragmentsAllowed)
      #expect(value != nil, "\(key): \(text)")
    }
  }

  /// A data set that is not there, or does not fit, is no trial's fault.
  @Test func whatIsWrongWithTheDataEndsTheWorkerAlone() throws {
    for change: (inout Configuration) -> Void in [{ $0.model.classes = 3 }, { $0.data.validation = 60 }] {
      let study = try TinyTraining(trials: 3, pruner: .none)
      study.change = { change(&$1) }
      #expect(throws: (any Error).self) { try study.work() }
      #expect(try study.trials().map(\.state) == [.waiting])
    }
  }

  /// The checkpoint stays whole until they are back.
  @Test func otherImagesEndTheWorkerAlone() throws {
    let expected = try undisturbed(2)
    let study = try TinyTraining(trials: 2, pruner: .none)
    study.onEvent = { number, event in
      if case .epochEnded = event, number == 1 { study.isStopped = true }
    }
    #expect(try study.work() == .stopped)
    (study.isStopped, study.onEvent, study.hasOtherImages) = (false, { _, _ in }, true)
    for _ in 0..<2 {
      #expect(throws: CheckpointError.self) { try study.work() }
      #expect(try study.trials().map(\.state) == [.complete, .waiting])
    }
    study.hasOtherImages = false
    #expect(try study.work() == .done)
    #expect(try study.trials().map(\.intermediateValues) == expected.values)
    #expect(try (0..<2).map(study.weights) == expected.weights)
  }

  /// Where the search chose it; otherwise no trial could be computed here.
  @Test func aPrecisionThatIsMissingIsTheTrialsOwnFault() throws {
    for isChosen in [true, false] {
      let study = try TinyTraining(trials: 1, pruner: .none)
      (study.precision, study.isPrecisionSearched) = (.bf16, isChosen)
      if isChosen {
        #expect(try study.work() == .done)
      } else {
        #expect(throws: ComputeError.self) { try study.work() }
      }
      #expect(try study.trials().map(\.state) == [isChosen ? .failed : .waiting])
    }
  }

  @Test func withoutItsCheckpointATrialStartsAgain() throws {
    let expected = try undisturbed(2)
    for spoil: (TrialFolder) throws -> Void in [
      { try FileManager.default.removeItem(at: $0.url) },
      { try Data("not a checkpoint".utf8).write(to: try #require($0.newest).state) },
    ] {
      let study = try TinyTraining(trials: 2, pruner: .none)
      study.onEvent = { number, event in
        if case .epochEnded = event, number == 1 { study.isStopped = true }
      }
      #expect(try study.work() == .stopped)
      (study.isStopped, study.onEvent) = (false, { _, _ in })
      try spoil(TrialFolder(of: 1, in: study.folder))
      #expect(try study.work() == .done)
      #expect(try study.trials().map(\.intermediateValues) == expected.values)
      #expect(try (0..<2).map(study.weights) == expected.weights)
      let log = try String(contentsOf: TrialFolder(of: 1, in: study.folder).log, encoding: .utf8)
      #expect(log.contains("the trial starts again from its beginning\n"))
    }
  }
}

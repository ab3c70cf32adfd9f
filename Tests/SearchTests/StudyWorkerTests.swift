// Workers of a study as its definition has it: trials that other programs enqueued are filled in,
// and what makes no trial fails with the reason.
import Foundation
import Search
import Testing
import Training

@Suite struct StudyWorkerTests {
  private let storage = MemoryStorage()

  private func work(_ definition: StudyDefinition, on study: StudyRecord) throws -> [Trial] {
    let proposer = try definition.proposer()
    let worker = Worker(
      on: study, in: storage, proposer: proposer, lease: .seconds(60), isStopped: { false }, log: { _ in },
      train: { run in
        let configuration = try proposer.configuration(of: run.trial)
        return .complete(Double(configuration.training.batchSize) / 1000)
      })
    #expect(try worker.run() == .done)
    return try storage.trials(in: study.id, states: nil)
  }

  /// As Optuna's `enqueue_trial` leaves a trial.
  private func enqueue(_ fixed: String, in study: StudyRecord) throws {
    _ = try storage.createTrial(in: study.id, isClaimed: false, limit: nil) { _, _ in
      TrialProposal(parameters: [:], fingerprint: nil, systemAttributes: ["fixed_params": fixed])
    }
  }

  @Test func whatOthersEnqueuedIsFilledIn() throws {
    var definition = try study("training", pruner: .none)
    definition.trials = 4
    let record = try storage.createStudy(named: "a", attributes: [:])
    try enqueue(#"{"training.batchSize": 250, "training.labelSmoothing": 0.1}"#, in: record)
    try enqueue(#"{"training.batchSize": 7}"#, in: record)
    let trials = try work(definition, on: record)
    #expect(trials.map(\.state) == [.complete, .failed, .complete, .complete])
    #expect(trials[0].value == 0.25 && trials[0].parameters["training.labelSmoothing"]?.value == .number(0.1))
    #expect(Set(trials[0].parameters.keys) == Set(trials[2].parameters.keys))
    #expect(trials[0].userAttributes["parameters"] == trials[2].userAttributes["parameters"])
    #expect(trials[1].error?.hasPrefix("training.batchSize: 7 is not one of the study's values") == true)
  }

  @Test(arguments: [Sampler.random, .tpe(TreeParzenSettings())]) func aWorkersDeathChangesNoProposal(sampler: Sampler)
    throws
  {
    var definition = try study("training", sampler: sampler, pruner: .none)
    definition.trials = 16
    let whole = try work(definition, on: storage.createStudy(named: "whole", attributes: [:]))
    let record = try storage.createStudy(named: "parts", attributes: [:])
    for count in [3, 11, 16] {
      definition.trials = count
      _ = try work(definition, on: record)
    }
    #expect(try storage.trials(in: record.id, states: nil).map(\.parameters) == whole.map(\.parameters))
    #expect(Set(whole.map(\.parameters)).count == 16)
  }
}

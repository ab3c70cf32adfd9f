// A worker of a study as its definition has it.
// Tests make workers of other things.

extension Worker {
  /// A worker that makes and finds the trials of `proposer`; for the rest see the properties.
  public init(
    on study: StudyRecord, in storage: any StudyStorage, proposer: Proposer, lease: Duration = .seconds(60),
    isStopped: @escaping () -> Bool = { false }, log: @escaping (String) -> Void = { _ in },
    train: @escaping (TrialRun) throws -> TrialRun.End
  ) {
    let definition = proposer.definition
    self.init(
      on: study, in: storage, limit: definition.trials, pruner: definition.pruner, rungs: definition.rungs,
      lease: lease, isStopped: isStopped, log: log,
      propose: { number, isTaken in
        try proposer.propose(
          number: number, history: { try storage.trials(in: study.id, states: nil) }, isTaken: isTaken)
      },
      complete: proposer.complete, train: train)
  }
}

// Between trainer and study: reports each epoch before its checkpoint is written,
// and ends the training at a rung, on request, or when the trial was lost.
import Training

/// One claim's training.
final class TrainingSession {
  private let run: TrialRun
  private let show: (TrainingEvent) -> Void
  private var hasStarted = false
  private var seconds = 0.0
  /// Whether the last step ended an epoch: the trainer then returns with a checkpoint.
  private var isAtEpochEnd = false
  private var end: TrialRun.End?
  private var failure: (any Error)?

  init(_ run: TrialRun, show: @escaping (TrainingEvent) -> Void) {
    self.run = run
    self.show = show
  }

  /// Takes an event of the trainer.
  func take(_ event: TrainingEvent) {
    if case .started = event {
      // The trainer starts anew at each epoch.
      guard !hasStarted else { return }
      hasStarted = true
    }
    show(event)
    guard case .epochEnded(let record, _) = event else { return }
    isAtEpochEnd = true
    seconds = record.seconds
    guard let accuracy = record.validationAccuracy else { return }
    do {
      if try run.ended(epoch: record.epoch, value: accuracy) == .end { end = .pruned(accuracy) }
    } catch {
      failure = error
    }
  }

  /// What the trainer asks after each step.
  var isInterrupted: Bool { isAtEpochEnd || run.hasToStop }

  /// Reports the epochs of a checkpoint that the study does not know of: their worker could not reach it, and wrote the
  /// checkpoint all the same. Returns how the trial ends where the last of them decides that.
  func report(_ history: [EpochRecord]) throws -> TrialRun.End? {
    for record in history where !run.isKnown(epoch: record.epoch) {
      guard let accuracy = record.validationAccuracy else { continue }
      let verdict = try run.ended(epoch: record.epoch, value: accuracy)
      guard record == history.last, verdict == .end else { continue }
      try note(seconds: record.seconds)
      return .pruned(accuracy)
    }
    // Its worker did not get from this checkpoint to the end of the trial.
    if let last = history.last, run.endingEpoch == last.epoch, let accuracy = last.validationAccuracy {
      try note(seconds: last.seconds)
      return .pruned(accuracy)
    }
    return nil
  }

  /// Trains until the trial ends, one way or another.
  func train(_ trainer: Trainer) throws -> TrialRun.End {
    let end = try trained(trainer)
    if seconds > 0 { try note(seconds: seconds) }
    return end
  }

  private func note(seconds: Double) throws {
    try run.note(user: [TrialAttribute.seconds: "\((seconds * 1000).rounded() / 1000)"])
  }

  private func trained(_ trainer: Trainer) throws -> TrialRun.End {
    while true {
      switch try trainer.train() {
      case .finished(let result):
        guard let accuracy = result.validationAccuracy else {
          throw ConfigurationError("data.validation: a search judges by held-out images: use 1 or more")
        }
        return .complete(accuracy)
      case .interrupted:
        if let failure { throw failure }
        if let end { return end }
        if run.hasToStop { return .interrupted }
        isAtEpochEnd = false
      }
    }
  }
}

// A trial in the hands of a worker: what its training asks and tells while it runs.
// Training knows nothing of storages and rungs but this.
import Formats

/// One claim at work.
public final class TrialRun {
  /// What is to become of a trial after an epoch.
  public enum Verdict: Sendable {
    /// Train on.
    case goOn
    /// Write a checkpoint and end; where trials are paused, it may be promoted later.
    case end
  }

  /// How the work on a trial ended.
  public enum End: Sendable, Equatable, CustomStringConvertible {
    /// Trained to its end, with this value: `tpsnet` takes the validation accuracy of the best epoch.
    case complete(Double)
    /// Ended, or paused, at a rung with this one.
    case pruned(Double)
    /// Asked to stop; a checkpoint was written.
    case interrupted

    /// A few words for a log.
    public var description: String {
      switch self {
      case .complete(let value): "is complete: \(value)"
      case .pruned(let value): "ended at a rung: \(value)"
      case .interrupted: "was given back"
      }
    }
  }

  /// How a worker came by a trial.
  enum Origin {
    /// It is new, or was given back.
    case waiting
    /// Its last holder has died.
    case takenOver
    /// It was paused at a rung.
    case promoted
  }

  /// The right to work on the trial, and the trial as it was when claimed, with its parameters.
  public internal(set) var claim: Claim
  private let origin: Origin
  private let storage: any StudyStorage
  private let pruner: Pruner
  private let rungs: [Int]
  private let isStopped: () -> Bool
  private let pulse: Pulse

  init(
    _ claim: Claim, origin: Origin, storage: any StudyStorage, pruner: Pruner, rungs: [Int], pulse: Pulse,
    isStopped: @escaping () -> Bool
  ) {
    self.claim = claim
    self.origin = origin
    self.storage = storage
    self.pruner = pruner
    self.rungs = rungs
    self.pulse = pulse
    self.isStopped = isStopped
  }

  /// The trial as it was when claimed.
  public var trial: Trial { claim.trial }

  /// Whether its last holder has died.
  public var isTakenOver: Bool { origin == .takenOver }

  /// Whether the work has to end after the present step: somebody asked for it, or the trial is another's by now.
  public var hasToStop: Bool { pulse.isLost || pulse.isStopped || isStopped() }

  /// The number of this claim's run, once it has one.
  var attempt: Int?

  /// Called once the trial has ended for good.
  var tidy: () -> Void = {}

  /// Whether a trial that ended so is never gone on with.
  func isFinal(_ end: End) -> Bool {
    switch (end, pruner) {
    case (.interrupted, _), (.pruned, .asha(_, _, .pause)): false
    default: true
    }
  }

  /// Whether another worker holds the trial by now.
  var isLost: Bool { pulse.isLost }
}

extension TrialRun {
  /// Reports the value after `epoch` epochs, the larger the better (`tpsnet`: validation accuracy), and, at a rung, takes
  /// the trial's place in it.
  ///
  /// Call it before the epoch's checkpoint: whatever is in a checkpoint has been reported. Throws
  /// `StorageError.claimLost` where the trial is another's by now.
  public func ended(epoch: Int, value: Double) throws -> Verdict {
    try storage.report(value, epoch: epoch, of: claim)
    guard let rung = rungs.firstIndex(of: epoch), !hasPassed(rung) else { return .goOn }
    let standing = try storage.complete(rung: rung, value: value, of: claim)
    if pruner.proceeds(standing) { return .goOn }
    // Should this worker die, or fail to write, between here and the end of the trial.
    if let attempt { try note(system: Self.ending(attempt: attempt, after: epoch)) }
    return .end
  }

  private static let endingNote = "tpsnet:ending"

  /// The attribute that says after which epoch the worker of this number ends the trial.
  static func ending(attempt: Int, after epoch: Int) -> [String: String] {
    // JSON, like all attributes.
    [endingNote: "\(attempt):\(epoch)".jsonQuoted]
  }

  /// The epoch after which its last worker had decided to end it, and did not get there.
  var endingEpoch: Int? {
    guard origin != .promoted, let attempt = trial.systemAttributes[Self.attemptNote].flatMap({ Int($0) })
    else { return nil }
    let note = trial.systemAttributes[Self.endingNote]
    return rungs.first { Self.ending(attempt: attempt, after: $0)[Self.endingNote] == note }
  }

  /// Whether a trial that starts again, without its checkpoint, has come beyond `rung` before. What became of it at the
  /// last one may not have been written down.
  private func hasPassed(_ rung: Int) -> Bool { trial.rung.map { rung < $0 } ?? false }

  /// Whether the study had all of `ended` for that epoch when the trial was claimed.
  func isKnown(epoch: Int) -> Bool {
    guard trial.intermediateValues[epoch] != nil else { return false }
    guard let rung = rungs.firstIndex(of: epoch) else { return true }
    return trial.systemAttributes[StorageRules.attribute(ofRung: rung)] != nil
  }

  /// Notes something about the trial, for people or for programs. Throws `StorageError.claimLost`.
  func note(user: [String: String] = [:], system: [String: String] = [:]) throws {
    try storage.setAttributes(user: user, system: system, of: claim)
  }
}

// A worker: takes one trial after another, the most urgent first, until the study is done.
// Workers share nothing but the storage, and each may die at any moment.
import Formats
import Foundation

/// Works on a study.
public struct Worker {
  /// Why a worker ended.
  public enum End: Sendable, Equatable {
    /// There is nothing left to do in the study, and nobody else is at work.
    case done
    /// It was asked to end, here or for the whole study.
    case stopped
  }

  /// The study as it was when the worker started.
  public let study: StudyRecord
  /// Where it lives.
  public let storage: any StudyStorage
  /// Number of trials that the study is to have; nil for as many as there are.
  public let limit: Int?
  /// Draws the next trial.
  public let propose: (_ number: Int, _ isTaken: (String) throws -> Bool) throws -> TrialProposal?
  /// Fills in what a waiting trial that another program enqueued leaves open.
  public let complete: (Trial) throws -> TrialProposal
  /// Decides at rungs.
  public let pruner: Pruner
  /// Epochs after which a trial is at rung 0, 1, ….
  public let rungs: [Int]
  /// How long a lease must stand still for its holder to be taken for dead.
  public let lease: Duration
  /// Asked often; true ends the worker after a checkpoint.
  public let isStopped: () -> Bool
  /// Receives lines about trials.
  public let log: (String) -> Void
  /// Trains a trial, with any measure as its value, the larger the better. Tell the run each epoch's value
  /// (`TrialRun.ended`) and return `.pruned(value)` once it says `.end`; look at `TrialRun.hasToStop` between steps and return
  /// `.interrupted` after a checkpoint. A `TrialFault` that it throws fails this trial alone; any other error ends the
  /// worker and gives the trial back.
  public let train: (TrialRun) throws -> TrialRun.End

  /// A worker; see the properties.
  public init(
    on study: StudyRecord, in storage: any StudyStorage, limit: Int?, pruner: Pruner, rungs: [Int],
    lease: Duration = .seconds(60), isStopped: @escaping () -> Bool, log: @escaping (String) -> Void,
    propose: @escaping (_ number: Int, _ isTaken: (String) throws -> Bool) throws -> TrialProposal?,
    complete: @escaping (Trial) throws -> TrialProposal,
    train: @escaping (TrialRun) throws -> TrialRun.End
  ) {
    self.study = study
    self.storage = storage
    self.limit = limit
    self.propose = propose
    self.complete = complete
    self.pruner = pruner
    self.rungs = rungs
    self.lease = lease
    self.isStopped = isStopped
    self.log = log
    self.train = train
  }

  /// Works until the study is done or somebody asks it to stop. Throws `StorageError`, and what stands in the way of
  /// every trial alike, such as a full disk; the trial at hand is given back.
  public func run() throws -> End {
    let pulse = Pulse(storage, study: study, lease: lease)
    defer { pulse.end() }
    var isExhausted = false
    while !isStopped() && !pulse.isStopped {
      if let next = try next(pulse, &isExhausted) {
        try work(on: next.claim, next.origin, pulse)
      } else if try isQuiet() {
        // A trial may have been paused, and another become promotable, since `next` looked.
        guard let next = try next(pulse, &isExhausted) else { return .done }
        try work(on: next.claim, next.origin, pulse)
      } else {
        Thread.sleep(forTimeInterval: min(0.5, lease / .seconds(6)))
      }
    }
    return .stopped
  }

  /// The most urgent trial, claimed: one whose holder died, one that may be promoted, one that waits, a new one. Where
  /// there was no new one to propose there never will be, and looking again would keep others from the storage.
  private func next(_ pulse: Pulse, _ isExhausted: inout Bool) throws -> (claim: Claim, origin: TrialRun.Origin)? {
    for lease in pulse.expired {
      if let claim = try storage.takeOver(lease) { return (claim, .takenOver) }
    }
    if case .asha(_, let reductionFactor, .pause) = pruner {
      for rung in rungs.indices.reversed() {
        if let claim = try storage.promote(rung: rung, reductionFactor: reductionFactor, in: study.id) {
          return (claim, .promoted)
        }
      }
    }
    if let claim = try storage.claimWaiting(in: study.id) { return (claim, .waiting) }
    guard !isExhausted else { return nil }
    let claim = try storage.createTrial(in: study.id, isClaimed: true, limit: limit) { number, isTaken in
      let proposal = try propose(number, isTaken)
      isExhausted = proposal == nil
      return proposal
    }
    return claim.map { ($0, .waiting) }
  }

  /// Whether no worker is on a trial. Trials of programs without leases may run for ever: nobody waits for them.
  private func isQuiet() throws -> Bool {
    try storage.leases(in: study.id).allSatisfy { $0.token == nil }
  }

  private func work(on claim: Claim, _ origin: TrialRun.Origin, _ pulse: Pulse) throws {
    pulse.hold(claim)
    defer { pulse.hold(nil) }
    let run = TrialRun(
      claim, origin: origin, storage: storage, pruner: pruner, rungs: rungs, pulse: pulse, isStopped: isStopped)
    let lost = StorageError.claimLost(trial: claim.trial.number)
    do {
      try fillIn(run)
      let end = try train(run)
      guard !run.isLost else { throw lost }
      switch end {
      case .complete(let value):
        guard !value.isNaN else { throw TrialFault("its value is not a number") }
        try storage.finish(claim, as: .complete, value: value)
      case .pruned(let value): try storage.finish(claim, as: .pruned, value: value)
      case .interrupted: try storage.finish(claim, as: .waiting, value: nil)
      }
      log("trial \(claim.trial.number) \(end)")
      if run.isFinal(end) { run.tidy() }
    } catch StorageError.claimLost {
      log("\(lost)")
    } catch  where run.isLost {
      log("\(lost)")
    } catch let fault as TrialFault {
      try fail(run, because: fault.reason)
    } catch {
      // Nothing is wrong with the trial, unless it is another's by now, with its folder.
      do {
        try storage.finish(claim, as: .waiting, value: nil)
      } catch StorageError.claimLost {
        return log("\(lost)")
      } catch {}
      throw error
    }
  }

  /// Programs that enqueue trials give wishes, not values.
  private func fillIn(_ run: TrialRun) throws {
    guard run.trial.parameters.isEmpty else { return }
    let proposal: TrialProposal
    do {
      proposal = try complete(run.trial)
    } catch {
      throw TrialFault("\(error)")
    }
    // What has parameters has all.
    try storage.setAttributes(user: proposal.userAttributes, system: proposal.systemAttributes, of: run.claim)
    try storage.setParameters(proposal.parameters, fingerprint: proposal.fingerprint, of: run.claim)
    var trial = run.trial
    trial.parameters = proposal.parameters
    run.claim = Claim(trial: trial, token: run.claim.token)
  }

  private func fail(_ run: TrialRun, because reason: String) throws {
    let claim = run.claim
    log("trial \(claim.trial.number) failed: \(reason)")
    do {
      try storage.setAttributes(user: [TrialAttribute.error: reason.jsonQuoted], system: [:], of: claim)
      try storage.finish(claim, as: .failed, value: nil)
      run.tidy()
    } catch StorageError.claimLost(let trial) {
      log("\(StorageError.claimLost(trial: trial))")
    }
  }
}

/// What makes one trial impossible, and no other.
public struct TrialFault: Error, Hashable, CustomStringConvertible {
  /// One line.
  public let reason: String

  /// A fault for `reason`.
  public init(_ reason: String) {
    self.reason = reason
  }

  /// One line.
  public var description: String { reason }
}

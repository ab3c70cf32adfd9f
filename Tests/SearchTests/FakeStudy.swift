// A study whose trials cost nothing: the accuracy is a formula of number and epoch,
// so that tests of workers are about who does what, and how often.
import Foundation
import Search
import Synchronization

/// A study in memory and what its workers did.
final class FakeStudy: Sendable {
  let storage = MemoryStorage()
  let study: StudyRecord
  let pruner: Pruner
  let epochs: Int
  let limit: Int
  /// Epochs trained of each trial, in the order in which they were.
  let trained = Mutex<[Int: [Int]]>([:])
  let lines = Mutex<[String]>([])

  init(trials limit: Int, pruner: Pruner, epochs: Int = 8) throws {
    self.limit = limit
    self.pruner = pruner
    self.epochs = epochs
    study = try storage.createStudy(named: "fake", attributes: [:])
  }

  /// Better with each epoch, and otherwise as good as chance has it.
  static func accuracy(_ number: Int, _ epoch: Int) -> Double {
    Double(number * 7919 % 101) / 200 + 0.1 * Double(epoch)
  }

  private static func proposal(_ number: Int) -> TrialProposal {
    TrialProposal(
      parameters: [
        "x": ParameterValue(stored: Double(number), distribution: .float(low: 0, high: 1e6, step: nil, log: false))
      ], fingerprint: "\(number)")
  }

  /// A worker whose training is `train`, or the epochs that are missing.
  func worker(
    lease: Duration = .milliseconds(300), isStopped: @escaping () -> Bool = { false },
    train: ((TrialRun) throws -> TrialRun.End)? = nil
  ) -> Worker {
    Worker(
      on: study, in: storage, limit: limit, pruner: pruner, rungs: pruner.rungs(epochs: epochs), lease: lease,
      isStopped: isStopped,
      log: { line in self.lines.withLock { $0.append(line) } },
      propose: { number, _ in Self.proposal(number) }, complete: { Self.proposal($0.number) },
      train: train ?? { try self.train($0) })
  }

  func train(_ run: TrialRun, until last: Int? = nil) throws -> TrialRun.End {
    let number = run.trial.number
    for epoch in (run.trial.intermediateValues.keys.max() ?? 0) + 1...epochs {
      if run.hasToStop { return .interrupted }
      trained.withLock { $0[number, default: []].append(epoch) }
      let accuracy = Self.accuracy(number, epoch)
      if try run.ended(epoch: epoch, value: accuracy) == .end { return .pruned(accuracy) }
    }
    return .complete(Self.accuracy(number, epochs))
  }

  /// Runs `count` workers at once, each on a thread of its own, and returns how they ended.
  func run(_ count: Int) throws -> [Worker.End] {
    let ends = Mutex<[Result<Worker.End, any Error>]>([])
    let group = DispatchGroup()
    for _ in 0..<count {
      group.enter()
      Thread.detachNewThread {
        let end = Result { try self.worker().run() }
        ends.withLock { $0.append(end) }
        group.leave()
      }
    }
    group.wait()
    return try ends.withLock { try $0.map { try $0.get() } }
  }

  /// All trials.
  func trials() throws -> [Trial] { try storage.trials(in: study.id, states: nil) }
}

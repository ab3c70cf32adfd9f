// Which trials go on at which epochs: the successive halving of ASHA, the median rule, or all of them.
// Every decision is a function of a trial's standing in the storage, so no process has to remember anything.
import Training

/// How trials are compared before their end.
public enum Pruner: Codable, Hashable, Sendable {
  /// What becomes of a trial that is not among the best at a rung.
  public enum Mode: String, Codable, CaseIterable, Sendable {
    /// It waits with its checkpoint, and goes on should it be among the best later.
    case pause
    /// It ends.
    case stop
  }

  /// Every trial is trained to its end.
  case none
  /// Asynchronous successive halving (Li et al., "A system for massively parallel hyperparameter tuning", 2020): rungs
  /// grow from `grace` epochs by `reductionFactor`, and of each the best ⌊n / reductionFactor⌋ go on, with `stop` at
  /// least the best so far.
  case asha(grace: Int, reductionFactor: Int, mode: Mode)
  /// A trial ends at the first epoch, after `warmup`, at which more than half of the others that have come so far were
  /// better; never while fewer than `startTrials` others have.
  case median(warmup: Int, startTrials: Int)

  /// The study's: grace 1, reduction 2, but pausing where the study stopped.
  public static let `default` = Pruner.asha(grace: 1, reductionFactor: 2, mode: .pause)

  /// Epochs after which a trial of `epochs` is at rung 0, 1, …; its end is no rung.
  public func rungs(epochs: Int, horizon: Horizon = .trial) -> [Int] {
    switch self {
    case .none: return []
    case .median(let warmup, _): return Array(max(1, warmup + 1)..<max(epochs, warmup + 1, 1))
    case .asha(let grace, let reductionFactor, _):
      var (rungs, end, cycle) = ([Int](), grace, grace)
      while end < epochs {
        rungs.append(end)
        let (next, overflows) = cycle.multipliedReportingOverflow(by: reductionFactor)
        if overflows || next <= cycle { break }
        cycle = next
        end = horizon == .rung ? end + cycle : cycle
      }
      return rungs
    }
  }

  /// Whether a trial of this standing at a rung trains on.
  public func proceeds(_ standing: RungStanding) -> Bool {
    switch self {
    case .none: true
    case .asha(_, let reductionFactor, .pause): standing.better < standing.count / max(1, reductionFactor)
    // Who is stopped has no second chance, so the best so far goes on however few have come.
    case .asha(_, let reductionFactor, .stop): standing.better < max(1, standing.count / max(1, reductionFactor))
    case .median(_, let startTrials):
      standing.count - 1 < startTrials || 2 * (standing.better - standing.equal) <= standing.count - 1
    }
  }

  /// Throws `SearchError` where the numbers make no pruner of trials of `epochs`.
  func validate(epochs: Int, horizon: Horizon) throws {
    // Before any rung is listed.
    let limit = Configuration.epochLimit
    guard (1...limit).contains(epochs) else {
      throw SearchError("epochs: a trial of \(epochs) epochs: use 1 to \(limit)")
    }
    switch self {
    case .none: break
    case .asha(let grace, let reductionFactor, _):
      guard grace >= 1 else { throw SearchError("pruner: a grace of \(grace) epochs: use 1 or more") }
      guard (2...1000).contains(reductionFactor) else {
        throw SearchError("pruner: a reduction factor of \(reductionFactor): use 2 to 1000")
      }
    case .median(let warmup, let startTrials):
      guard (0...limit).contains(warmup) else {
        throw SearchError("pruner: a warm-up of \(warmup) epochs: use 0 to \(limit)")
      }
      guard startTrials >= 1 else { throw SearchError("pruner: \(startTrials) start trials: use 1 or more") }
    }
    guard horizon == .rung else { return }
    guard case .asha(let grace, let reductionFactor, _) = self else {
      throw SearchError("horizon rung: only asha has rungs that a schedule can end at; use horizon trial")
    }
    let ends = rungs(epochs: .max / (2 * reductionFactor), horizon: .rung)
    guard !ends.contains(epochs) else { return }
    let (below, above) = (ends.last { $0 < epochs }, ends.first { $0 > epochs })
    let remedy = [below, above].compactMap { $0.map(String.init) }.joined(separator: " or ")
    throw SearchError(
      "horizon rung: \(epochs) epochs end within a cycle of the schedule (grace \(grace), factor \(reductionFactor)): "
        + "use \(remedy) epochs")
  }
}

/// To what the learning-rate schedule stretches.
public enum Horizon: String, Codable, CaseIterable, Sendable {
  /// The trial's full length: its rungs are looked at while the rate is still high.
  case trial
  /// Each rung: the schedule becomes `warmRestarts` whose cycles end at the rungs, the first after the grace, each
  /// `reductionFactor` times as long as the last, without warm-up. Every rung is then looked at with its rate at the
  /// bottom. With grace g and factor f the rungs are at g, g + gf, g + gf + gf², …
  case rung
}

/// A search that cannot go on, or a request that it cannot follow.
public struct SearchError: Error, Hashable, CustomStringConvertible {
  /// One line: what is wrong and the remedy.
  public let description: String

  /// An error that says `description`.
  public init(_ description: String) {
    self.description = description
  }
}

// The thread that says that a worker is alive, whatever its training does meanwhile,
// and that watches whether others are.
import Foundation
import Synchronization

/// Heartbeats of the claim held, the watch over other leases, and whether the study was asked to stop.
final class Pulse: Sendable {
  private struct State {
    var claim: Claim?
    var isLost = false
    var isStopped = false
    var watch: LeaseWatch
    var hasEnded = false
  }

  private let storage: any StudyStorage
  private let study: StudyRecord
  private let interval: Duration
  private let state: Mutex<State>

  /// Beats six times in the length of a lease, and every ten seconds at least: by then it knows of a wish to stop.
  init(_ storage: any StudyStorage, study: StudyRecord, lease: Duration) {
    self.storage = storage
    self.study = study
    interval = min(lease / 6, .seconds(10))
    state = Mutex(State(watch: LeaseWatch(length: lease)))
    // The thread keeps the pulse alive until `end`.
    Thread.detachNewThread { self.run() }
  }

  /// The claim that is kept alive from now on; nil for none.
  func hold(_ claim: Claim?) {
    state.withLock {
      $0.claim = claim
      $0.isLost = false
    }
  }

  /// Whether the claim held was taken over.
  var isLost: Bool { state.withLock { $0.isLost } }

  /// Whether somebody has asked all workers of the study to stop since this one started.
  var isStopped: Bool { state.withLock { $0.isStopped } }

  /// The leases whose holders are dead.
  var expired: [Lease] { state.withLock { $0.watch.expired } }

  /// Ends the thread, at once or after what it is doing.
  func end() { state.withLock { $0.hasEnded = true } }

  private func run() {
    var last = SuspendingClock.now
    look(after: .zero)
    while !state.withLock({ $0.hasEnded }) {
      Thread.sleep(forTimeInterval: min(0.2, interval / .seconds(1)))
      let elapsed = SuspendingClock.now - last
      guard elapsed >= interval else { continue }
      last = .now
      // A storage that is being closed is not asked.
      if state.withLock({ $0.hasEnded }) { return }
      beat()
      if state.withLock({ $0.hasEnded }) { return }
      // Had this process been stopped itself, others may have been with it.
      look(after: min(elapsed, interval * 2))
    }
  }

  private func beat() {
    guard let claim = state.withLock({ $0.claim }) else { return }
    do {
      try storage.beat(claim)
    } catch StorageError.claimLost {
      state.withLock { if $0.claim?.token == claim.token { $0.isLost = true } }
    } catch {
      // A storage that cannot be reached is the next report's to complain of; until then the trial goes on.
    }
  }

  private func look(after elapsed: Duration) {
    guard let leases = try? storage.leases(in: study.id) else { return }
    let wish = try? storage.study(named: study.name)?.attributes[StudyAttribute.stop]
    state.withLock {
      $0.watch.look(at: leases, after: elapsed)
      if let wish, wish != study.attributes[StudyAttribute.stop] { $0.isStopped = true }
    }
  }
}

// One study of a storage in memory, and a trial with what only its storage knows: lease and rungs.
// Numbers are kept beside the trials so that no call has to look at all of them.

/// A trial and its lease.
struct MemoryTrial: Sendable {
  var trial: Trial
  let study: Int
  var token: String?
  var beat = 0
  /// Its order at the rungs that it reached, by rung.
  var rungs: [Int: RungOrder] = [:]
}

/// A study and what is known of its trials together.
struct MemoryStudy: Sendable {
  var record: StudyRecord
  /// Keys of the trials, by number.
  var trials: [Int] = []
  var fingerprints: Set<String> = []
  var rungs: [Int: MemoryRung] = [:]
  /// Number of trials in each state.
  private(set) var counts: [TrialState: Int] = [:]
  /// Keys of the running trials.
  private(set) var running: Set<Int> = []
  /// No trial of a lower number waits.
  var firstWaiting = 0

  init(record: StudyRecord) {
    self.record = record
  }

  /// Notes that a trial came into `state`.
  mutating func enter(_ state: TrialState, _ trial: Trial) {
    counts[state, default: 0] += 1
    if state == .running { running.insert(trial.id) }
    if state == .waiting { firstWaiting = min(firstWaiting, trial.number) }
  }

  /// Notes that a trial left `state`.
  mutating func leave(_ state: TrialState, _ trial: Trial) {
    counts[state] = counts[state].flatMap { $0 > 1 ? $0 - 1 : nil }
    if state == .running { running.remove(trial.id) }
  }
}

// A storage in memory, gone with the process: for tests, and for searches that nobody needs to resume.
// It is also the plainest statement of what the others do.
import Foundation

/// Studies in memory, shared by the threads of one process.
///
/// Unchecked: every access holds `lock`.
public final class MemoryStorage: StudyStorage, @unchecked Sendable {
  // Recursive, because `propose` may read the storage.
  private let lock = NSRecursiveLock()
  private var byKey: [MemoryStudy] = []
  private var trials: [MemoryTrial] = []

  /// A storage without studies.
  public init() {}

  /// See `StudyStorage`.
  public func createStudy(named name: String, attributes: [String: String]) throws -> StudyRecord {
    try lock.withLock {
      try StorageRules.check(name: name)
      guard !byKey.contains(where: { $0.record.name == name }) else { throw StorageError.studyExists(name) }
      let record = StudyRecord(id: byKey.count + 1, name: name, attributes: attributes)
      byKey.append(MemoryStudy(record: record))
      return record
    }
  }

  /// See `StudyStorage`.
  public func study(named name: String) throws -> StudyRecord? {
    lock.withLock { byKey.first { $0.record.name == name }?.record }
  }

  /// See `StudyStorage`.
  public func studies() throws -> [StudyRecord] {
    lock.withLock { byKey.map(\.record) }
  }

  /// See `StudyStorage`.
  public func attribute(_ key: String, orSet json: String, ofStudy study: Int) throws -> String {
    try lock.withLock {
      let place = try index(ofStudy: study)
      let value = byKey[place].record.attributes[key] ?? json
      byKey[place].record.attributes[key] = value
      return value
    }
  }

  /// See `StudyStorage`.
  public func setAttribute(_ key: String, to json: String, ofStudy study: Int) throws {
    try lock.withLock { byKey[try index(ofStudy: study)].record.attributes[key] = json }
  }

  /// See `StudyStorage`.
  public func createTrial(
    in study: Int, isClaimed: Bool, limit: Int?,
    propose: (_ number: Int, _ isTaken: (String) throws -> Bool) throws -> TrialProposal?
  ) throws -> Claim? {
    try lock.withLock {
      let place = try index(ofStudy: study)
      let number = byKey[place].trials.count
      if let limit, number >= limit { return nil }
      guard let proposal = try propose(number, { byKey[place].fingerprints.contains($0) }) else { return nil }
      if let fingerprint = proposal.fingerprint {
        guard byKey[place].fingerprints.insert(fingerprint).inserted else { throw StorageRules.duplicate }
      }
      let trial = Trial(
        id: trials.count + 1, number: number, state: isClaimed ? .running : .waiting, parameters: proposal.parameters,
        userAttributes: proposal.userAttributes, systemAttributes: proposal.systemAttributes(isEnqueued: !isClaimed),
        started: isClaimed ? StorageRules.now() : nil)
      let token = isClaimed ? StorageRules.newToken() : nil
      trials.append(MemoryTrial(trial: trial, study: place, token: token, beat: isClaimed ? 1 : 0))
      byKey[place].trials.append(trial.id)
      byKey[place].enter(trial.state, trial)
      return Claim(trial: trial, token: token ?? "")
    }
  }

  /// See `StudyStorage`.
  public func trials(in study: Int, states: Set<TrialState>?) throws -> [Trial] {
    try lock.withLock {
      try byKey[index(ofStudy: study)].trials.map { trials[$0 - 1].trial }
        .filter { states?.contains($0.state) ?? true }
    }
  }

  /// See `StudyStorage`.
  public func trial(number: Int, in study: Int) throws -> Trial? {
    try lock.withLock {
      let keys = byKey[try index(ofStudy: study)].trials
      return keys.indices.contains(number) ? trials[keys[number] - 1].trial : nil
    }
  }

  /// See `StudyStorage`.
  public func counts(in study: Int) throws -> [TrialState: Int] {
    try lock.withLock { byKey[try index(ofStudy: study)].counts }
  }

  /// See `StudyStorage`.
  public func claimWaiting(in study: Int) throws -> Claim? {
    try lock.withLock {
      let place = try index(ofStudy: study)
      while byKey[place].firstWaiting < byKey[place].trials.count {
        let key = byKey[place].trials[byKey[place].firstWaiting]
        if trials[key - 1].trial.state == .waiting { return claim(key) }
        byKey[place].firstWaiting += 1
      }
      return nil
    }
  }

  /// See `StudyStorage`.
  public func leases(in study: Int) throws -> [Lease] {
    try lock.withLock {
      try byKey[index(ofStudy: study)].running.sorted()
        .map { Lease(trial: $0, token: trials[$0 - 1].token, beat: trials[$0 - 1].beat) }
    }
  }

  /// See `StudyStorage`.
  public func takeOver(_ lease: Lease) throws -> Claim? {
    try lock.withLock {
      let held = try stored(lease.trial)
      guard held.trial.state == .running, held.token == lease.token, held.beat == lease.beat else { return nil }
      return claim(lease.trial)
    }
  }

  /// See `StudyStorage`.
  public func beat(_ claim: Claim) throws {
    try write(claim) { $0.beat += 1 }
  }

  /// See `StudyStorage`.
  public func setParameters(_ parameters: [String: ParameterValue], fingerprint: String?, of claim: Claim) throws {
    try write(claim) {
      $0.trial.parameters.merge(parameters) { $1 }
      if let fingerprint { byKey[$0.study].fingerprints.insert(fingerprint) }
    }
  }

  /// See `StudyStorage`.
  public func report(_ value: Double, epoch: Int, of claim: Claim) throws {
    try write(claim) { $0.trial.intermediateValues[epoch] = value }
  }

  /// See `StudyStorage`.
  public func setAttributes(user: [String: String], system: [String: String], of claim: Claim) throws {
    try write(claim) {
      $0.trial.userAttributes.merge(user) { $1 }
      $0.trial.systemAttributes.merge(system) { $1 }
    }
  }

  /// See `StudyStorage`.
  public func complete(rung: Int, value: Double, of claim: Claim) throws -> RungStanding {
    try write(claim) {
      let entry = MemoryRung.Entry(order: RungOrder(value), number: $0.trial.number)
      if let order = $0.rungs.updateValue(entry.order, forKey: rung) {
        byKey[$0.study].rungs[rung]?.remove(MemoryRung.Entry(order: order, number: entry.number))
      }
      $0.trial.systemAttributes[StorageRules.attribute(ofRung: rung)] = JSONText.number(value)
      return byKey[$0.study].rungs[rung, default: MemoryRung()].insert(entry)
    }
  }

  /// See `StudyStorage`.
  public func finish(_ claim: Claim, as state: TrialState, value: Double?) throws {
    try StorageRules.check(finish: state, value: value)
    try write(claim) {
      byKey[$0.study].leave(.running, $0.trial)
      $0.trial.state = state
      $0.token = nil
      if state.isFinished { $0.trial.ended = StorageRules.now() }
      if let value, state == .complete || state == .pruned, !value.isNaN { $0.trial.value = value }
      byKey[$0.study].enter(state, $0.trial)
      if state == .pruned { setPaused(true, $0) }
    }
  }

  /// See `StudyStorage`.
  public func promote(rung: Int, reductionFactor: Int, in study: Int) throws -> Claim? {
    try StorageRules.check(reductionFactor: reductionFactor)
    return try lock.withLock {
      let study = byKey[try index(ofStudy: study)]
      return study.rungs[rung]?.promotable(reductionFactor: reductionFactor).map { claim(study.trials[$0]) }
    }
  }

  /// See `StudyStorage`.
  public func values(ofRung rung: Int, in study: Int) throws -> [(number: Int, value: Double)] {
    try lock.withLock {
      let entries = byKey[try index(ofStudy: study)].rungs[rung]?.entries ?? []
      return entries.map { ($0.number, $0.order.value) }.sorted { $0.number < $1.number }
    }
  }

  // What follows is called with the lock held.

  private func index(ofStudy study: Int) throws -> Int {
    guard byKey.indices.contains(study - 1) else { throw StorageRules.noStudy(study) }
    return study - 1
  }

  private func stored(_ trial: Int) throws -> MemoryTrial {
    guard trials.indices.contains(trial - 1) else { throw StorageRules.noTrial(trial) }
    return trials[trial - 1]
  }

  private func claim(_ key: Int) -> Claim {
    var held = trials[key - 1]
    byKey[held.study].leave(held.trial.state, held.trial)
    setPaused(false, held)
    held.trial.state = .running
    held.trial.started = held.trial.started ?? StorageRules.now()
    held.trial.ended = nil
    held.trial.value = nil
    held.beat += 1
    let token = StorageRules.newToken()
    held.token = token
    trials[key - 1] = held
    byKey[held.study].enter(.running, held.trial)
    return Claim(trial: held.trial, token: token)
  }

  private func setPaused(_ isPaused: Bool, _ held: MemoryTrial) {
    guard let (rung, order) = held.rungs.max(by: { $0.key < $1.key }) else { return }
    byKey[held.study].rungs[rung]?
      .setPaused(isPaused, MemoryRung.Entry(order: order, number: held.trial.number))
  }

  private func write<Result>(_ claim: Claim, _ change: (inout MemoryTrial) throws -> Result) throws -> Result {
    try lock.withLock {
      let key = claim.trial.id
      let held = try stored(key)
      guard held.trial.state == .running, held.token == claim.token else {
        throw StorageError.claimLost(trial: claim.trial.number)
      }
      return try change(&trials[key - 1])
    }
  }
}

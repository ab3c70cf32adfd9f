// A worker whose trials sleep instead of training: the whole life of a trial in a storage, and nothing else.
// What a trial draws and reaches depends on its number alone, so that any two runs can be compared.
import Foundation
import Randomness
import Search

/// What a trial that trains nothing draws and reaches.
enum FakeTrial {
  /// Eight variables of the three kinds.
  static func proposal(_ number: Int) -> TrialProposal {
    var random = CounterRandom(seed: 1, UInt64(number))
    var parameters: [String: ParameterValue] = [:]
    for index in 0..<3 {
      parameters["float\(index)"] = ParameterValue(
        stored: Double(random.uniform()), distribution: .float(low: 0, high: 1, step: nil, log: false))
      parameters["integer\(index)"] = ParameterValue(
        stored: Double(1 + random.integer(below: 32)), distribution: .integer(low: 1, high: 32, step: 1, log: false))
    }
    for index in 0..<2 {
      parameters["choice\(index)"] = ParameterValue(
        stored: Double(random.integer(below: 3)),
        distribution: .categorical([.text("a"), .text("b"), .text("c")]))
    }
    return TrialProposal(parameters: parameters, fingerprint: "\(number)")
  }

  /// A value of [0, 1) after `rung`.
  static func value(_ number: Int, rung: Int) -> Double {
    var random = CounterRandom(seed: 2, UInt64(number), UInt64(rung))
    return Double(random.uniform())
  }
}

/// One worker: promotes, claims, makes and takes over trials until the study has all of them.
struct FakeWorker {
  let storage: DatabaseStorage
  let study: Int
  let limit: Int
  let pause: Double
  let rungs: Int
  let reductionFactor: Int
  let lease: Duration?
  private var seen: [Lease: ContinuousClock.Instant] = [:]

  init(
    storage: DatabaseStorage, study: Int, limit: Int, pause: Double, rungs: Int, reductionFactor: Int, lease: Duration?
  ) {
    self.storage = storage
    self.study = study
    self.limit = limit
    self.pause = pause
    self.rungs = rungs
    self.reductionFactor = reductionFactor
    self.lease = lease
  }

  mutating func run(until end: ContinuousClock.Instant?) throws {
    var slept: Double = 0
    var start = ContinuousClock.now
    while end.map({ .now < $0 }) ?? true {
      var claim = try next()
      if claim == nil, try storage.counts(in: study)[.running] == nil {
        // Whoever ended the last trial may have paused another after we looked.
        claim = try next()
        if claim == nil { return }
      }
      if let claim {
        do {
          let state = try work(on: claim, &slept)
          let seconds = (ContinuousClock.now - start) / .seconds(1) - slept
          Console.out("\(claim.trial.number) \(state.rawValue) \(Int(seconds * 1e6))")
        } catch StorageError.claimLost(let number) {
          Console.out("\(number) LOST 0")
        }
      } else {
        Thread.sleep(forTimeInterval: 0.005)
      }
      slept = 0
      start = ContinuousClock.now
    }
  }

  private mutating func next() throws -> Claim? {
    for rung in (0..<rungs - 1).reversed() {
      if let claim = try storage.promote(rung: rung, reductionFactor: reductionFactor, in: study) { return claim }
    }
    if let claim = try storage.claimWaiting(in: study) { return claim }
    let made = try storage.createTrial(in: study, isClaimed: true, limit: limit) { number, _ in
      FakeTrial.proposal(number)
    }
    return try made ?? abandoned()
  }

  private mutating func abandoned() throws -> Claim? {
    guard let lease else { return nil }
    let now = ContinuousClock.now
    let leases = try storage.leases(in: study)
    seen = Dictionary(uniqueKeysWithValues: leases.map { ($0, seen[$0] ?? now) })
    for (held, since) in seen where now - since >= lease {
      if let claim = try storage.takeOver(held) { return claim }
    }
    return nil
  }

  private func work(on claim: Claim, _ slept: inout Double) throws -> TrialState {
    let number = claim.trial.number
    if claim.trial.parameters.isEmpty {
      // Enqueued from Python.
      let proposal = FakeTrial.proposal(number)
      try storage.setParameters(proposal.parameters, fingerprint: proposal.fingerprint, of: claim)
    }
    var rung = claim.trial.systemAttributes.keys.filter { $0.hasPrefix("completed_rung_") }.count
    while true {
      let before = ContinuousClock.now
      if pause > 0 { Thread.sleep(forTimeInterval: pause) }
      slept += (ContinuousClock.now - before) / .seconds(1)
      let value = FakeTrial.value(number, rung: rung)
      try storage.report(value, epoch: rung + 1, of: claim)
      if rung >= rungs - 1 {
        try storage.finish(claim, as: .complete, value: value)
        return .complete
      }
      let standing = try storage.complete(rung: rung, value: value, of: claim)
      if standing.better >= standing.count / reductionFactor {
        try storage.finish(claim, as: .pruned, value: value)
        return .pruned
      }
      rung += 1
    }
  }
}

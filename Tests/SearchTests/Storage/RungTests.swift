// Rungs: places and promotions, compared with what sorting all values would say, and with the storage in memory
// through a long random life of a study.
import Foundation
import Randomness
import Search
import Testing

@Suite(.serialized) struct RungTests {
  private struct Entry {
    let number: Int
    let value: Double
  }

  @Test(arguments: StorageKind.available) func placesAreThoseOfASort(_ kind: StorageKind) throws {
    let storage = try kind.place().open()
    let study = try storage.createStudy(named: "s", attributes: [:]).id
    var random = CounterRandom(seed: 5)
    var claims: [Claim] = []
    var entries: [Entry] = []
    func check(_ value: Double, of claim: Claim) throws {
      entries.removeAll { $0.number == claim.trial.number }
      let number = claim.trial.number
      let standing = try storage.complete(rung: 0, value: value, of: claim)
      entries.append(Entry(number: number, value: value))
      func isBetter(_ entry: Entry) -> Bool {
        let (a, b) = (entry.value.isNaN ? -.infinity : entry.value, value.isNaN ? -.infinity : value)
        if a == b, entry.value.isNaN != value.isNaN { return value.isNaN }
        return a > b || a == b && entry.number < number
      }
      func isEqual(_ entry: Entry) -> Bool {
        entry.value == value || entry.value.isNaN && value.isNaN
      }
      let better = entries.filter(isBetter)
      let expected = RungStanding(count: entries.count, better: better.count, equal: better.count(where: isEqual))
      #expect(standing == expected, "\(value) among \(entries)")
    }
    let special = [0, -0.0, .nan, .infinity, -.infinity, -0.5, .leastNonzeroMagnitude, -1e300, .nan, 0.1, 0.1]
    for index in 0..<120 {
      let claim = try storage.make(in: study)
      claims.append(claim)
      // Many equal values, values close together and far apart.
      let drawn = Double(random.integer(below: 20)) / 20 + (random.integer(below: 3) == 0 ? 1e-9 : 0)
      try check(index < special.count ? special[index] : drawn, of: claim)
    }
    // Again, out of order and with other values: the old ones count no more.
    for index in stride(from: 100, to: 0, by: -7) { try check(Double(random.uniform()), of: claims[index]) }
    let values = try storage.values(ofRung: 0, in: study)
    #expect(values.map(\.number) == Array(0..<120))
    for entry in entries {
      let value = values[entry.number].value
      #expect(value == entry.value || value.isNaN && entry.value.isNaN)
    }
    #expect(try storage.values(ofRung: 1, in: study).isEmpty)
    #expect(try storage.promote(rung: 0, reductionFactor: 2, in: study)?.trial == nil, "none is paused")
  }

  @Test(arguments: StorageKind.available) func theBestPausedTrialIsPromoted(_ kind: StorageKind) throws {
    let storage = try kind.place().open()
    let study = try storage.createStudy(named: "s", attributes: [:]).id
    let values = [0.3, 0.9, 0.9, 0.5, 0.1, 0.7]
    for value in values {
      let claim = try storage.make(in: study)
      _ = try storage.complete(rung: 0, value: value, of: claim)
      // The trial of 0.7 goes on working, and is not paused.
      if value != 0.7 { try storage.finish(claim, as: .pruned, value: value) }
    }
    func promoted(_ rung: Int = 0, _ factor: Int = 3) throws -> Claim? {
      try storage.promote(rung: rung, reductionFactor: factor, in: study)
    }
    #expect(throws: StorageError.self) { try promoted(0, 0) }
    #expect(try promoted(1)?.trial == nil)
    let first = try #require(try promoted())
    let second = try #require(try promoted())
    #expect([first, second].map(\.trial.number) == [1, 2], "the lower number of equal values")
    // Two of six: the rest is not among them, whoever of the two is paused.
    #expect(try promoted()?.trial == nil)
    #expect(try promoted(0, 2)?.trial == nil, "third is the one at work")
    #expect(try promoted(0, 1)?.trial.number == 3)
    try storage.finish(first, as: .failed, value: nil)
    #expect(try promoted()?.trial == nil)
    _ = try storage.complete(rung: 1, value: 0.95, of: second)
    try storage.finish(second, as: .pruned, value: 0.95)
    #expect(try promoted()?.trial == nil, "it waits at the next rung now")
    #expect(try promoted(1)?.trial == nil, "one alone is no third")
    let third = try #require(try promoted(1, 1))
    #expect(third.trial.number == 2)
    // Given back, or finished, it is no candidate any more.
    try storage.finish(third, as: .waiting, value: nil)
    #expect(try promoted(1, 1)?.trial == nil)
    let fourth = try #require(try storage.claimWaiting(in: study))
    try storage.finish(fourth, as: .complete, value: 0.96)
    #expect(try promoted(1, 1)?.trial == nil)
  }

  /// The same random life in memory and in a database: everything that can be asked has the same answer.
  @Test(arguments: StorageKind.shared) func databasesDoWhatMemoryDoes(_ kind: StorageKind) throws {
    let place = try kind.place()
    let pair: [any StudyStorage] = [MemoryStorage(), try place.open()]
    let studies = try pair.map { try $0.createStudy(named: "s", attributes: [:]).id }
    // A trial's key, by its number, in each.
    var keys: [[Int]] = [[], []]
    var claims: [[Claim]] = []
    var random = CounterRandom(seed: 11)
    for step in 0..<600 {
      let action = random.integer(below: 12)
      let picked = random.integer(below: max(claims.count, 1))
      let value = Double(random.integer(below: 40)) / 40
      let rung = random.integer(below: 3)
      let ending = [TrialState.complete, .pruned, .pruned, .failed, .waiting][random.integer(below: 5)]
      var taken: [Claim] = []
      var answers: [String] = []
      for (index, storage) in pair.enumerated() {
        let study = studies[index]
        func number(_ key: Int?) -> Int? { key.flatMap { keys[index].firstIndex(of: $0) } }
        func claim(_ claim: Claim?) -> String {
          guard let claim else { return "nil" }
          taken.append(claim)
          return describe(claim.trial)
        }
        do {
          switch action {
          case 0, 1, 2:
            let made = try storage.createTrial(in: study, isClaimed: action > 0, limit: 150) { number, isTaken in
              try isTaken("\(step % 40)") ? nil : TrialProposal(parameters: [:], fingerprint: "\(step % 40)")
            }
            if let made { keys[index].append(made.trial.id) }
            answers.append(action > 0 ? claim(made) : made.map { describe($0.trial) } ?? "nil")
          case 3: answers.append(claim(try storage.claimWaiting(in: study)))
          case 4, 5: answers.append(claim(try storage.promote(rung: rung, reductionFactor: 2, in: study)))
          case 6:
            let leases = try storage.leases(in: study)
            answers.append("\(leases.map { number($0.trial) })")
            if let lease = leases.first { answers.append(claim(try storage.takeOver(lease))) }
          case 7 where !claims.isEmpty: try storage.beat(claims[picked][index])
          case 8 where !claims.isEmpty:
            answers.append("\(try storage.complete(rung: rung, value: value, of: claims[picked][index]))")
          case 9 where !claims.isEmpty: try storage.report(value, epoch: rung, of: claims[picked][index])
          case 10, 11:
            if !claims.isEmpty { try storage.finish(claims[picked][index], as: ending, value: value) }
          default: break
          }
        } catch let error as StorageError {
          answers.append("\(error)")
        }
        answers.append("\(try storage.counts(in: study).sorted { $0.key.rawValue < $1.key.rawValue })")
      }
      #expect(answers.prefix(answers.count / 2) == answers.suffix(answers.count / 2), "step \(step), action \(action)")
      if taken.count == 2 { claims.append(taken) }
    }
    let all = try zip(pair, studies).map { try $0.trials(in: $1, states: nil).map(describe) }
    #expect(all[0].count > 30 && all[0] == all[1])
    for rung in 0..<3 {
      let values = try zip(pair, studies).map { try $0.values(ofRung: rung, in: $1) }
      #expect(values[0].map(\.number) == values[1].map(\.number))
      #expect(values[0].map(\.value) == values[1].map(\.value))
    }
  }

  /// A trial but for its key and its times.
  private func describe(_ trial: Trial) -> String {
    """
    \(trial.number) \(trial.state) \(String(describing: trial.value)) \(trial.started != nil) \(trial.ended != nil) \
    \(trial.intermediateValues.sorted { $0.key < $1.key }) \(trial.systemAttributes.sorted { $0.key < $1.key })
    """
  }
}

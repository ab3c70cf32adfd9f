// Many workers on one study: nothing is made, claimed, taken over or promoted twice, and nothing is left out.
import Foundation
import Search
import Synchronization
import Testing

@Suite(.serialized) struct ConcurrencyTests {
  @Test(arguments: StorageKind.available) func aStudyHasExactlyAsManyTrialsAsItMay(_ kind: StorageKind) throws {
    let place = try kind.place()
    let study = try place.open().createStudy(named: "s", attributes: [:]).id
    let made = try inThreads(8) { _ in
      let storage = try place.open()
      var numbers: [Int] = []
      while true {
        let claim = try storage.createTrial(in: study, isClaimed: true, limit: 101) { number, isTaken in
          // Whoever makes trial n, it has the first fingerprint that is free.
          var candidate = number * 2 / 3
          while try isTaken("\(candidate)") { candidate += 1 }
          return TrialProposal(parameters: [:], fingerprint: "\(candidate)")
        }
        guard let claim else { return numbers }
        numbers.append(claim.trial.number)
        if claim.trial.number % 3 == 0 { try storage.finish(claim, as: .complete, value: 0.5) }
      }
    }
    #expect(made.joined().sorted() == Array(0..<101))
    let storage = try place.open()
    #expect(try storage.trials(in: study, states: nil).map(\.number) == Array(0..<101))
    #expect(try storage.counts(in: study) == [.complete: 34, .running: 67])
  }

  @Test(arguments: StorageKind.available) func oneOfManyMakesAStudy(_ kind: StorageKind) throws {
    let place = try kind.place()
    let made = try inThreads(8) { index in
      do {
        _ = try place.open().createStudy(named: "s", attributes: ["maker": "\(index)"])
        return true
      } catch StorageError.studyExists {
        return false
      }
    }
    #expect(made.count { $0 } == 1)
    #expect(try place.open().studies().count == 1)
  }

  @Test(arguments: StorageKind.available) func aWaitingTrialIsClaimedOnce(_ kind: StorageKind) throws {
    let place = try kind.place()
    let storage = try place.open()
    let study = try storage.createStudy(named: "s", attributes: [:]).id
    for _ in 0..<60 { _ = try storage.make(in: study, isClaimed: false) }
    let claimed = try inThreads(8) { _ in
      let storage = try place.open()
      var numbers: [Int] = []
      while let claim = try storage.claimWaiting(in: study) { numbers.append(claim.trial.number) }
      return numbers
    }
    #expect(claimed.joined().sorted() == Array(0..<60))
  }

  @Test(arguments: StorageKind.available) func aDeadWorkersTrialIsTakenOverOnce(_ kind: StorageKind) throws {
    let place = try kind.place()
    let storage = try place.open()
    let study = try storage.createStudy(named: "s", attributes: [:]).id
    for round in 0..<10 {
      let dead = try storage.make(in: study)
      let lease = try #require(try storage.leases(in: study).last)
      let heirs = try inThreads(8) { index in
        let storage = try place.open()
        // The holder may turn out to be alive.
        if index == 0, round % 2 == 1 { try? storage.beat(dead) }
        return try storage.takeOver(lease)?.token
      }
      let winners = heirs.compactMap(\.self)
      #expect(winners.count <= 1 && (winners.count == 1 || round % 2 == 1))
      #expect(try storage.leases(in: study).last?.token == winners.first ?? dead.token)
    }
  }

  @Test(arguments: StorageKind.available) func nothingIsWrittenAfterATakeOver(_ kind: StorageKind) throws {
    let place = try kind.place()
    let storage = try place.open()
    let study = try storage.createStudy(named: "s", attributes: [:]).id
    let claim = try storage.make(in: study)
    let results = try inThreads(2) { index in
      let storage = try place.open()
      if index == 0 {
        // The holder, slow but alive.
        var reports = 0
        while true {
          do {
            try storage.report(0.5, epoch: reports, of: claim)
            reports += 1
          } catch StorageError.claimLost {
            return reports
          }
        }
      }
      Thread.sleep(forTimeInterval: 0.05)
      while true {
        let lease = try #require(try storage.leases(in: study).first)
        if let heir = try storage.takeOver(lease) {
          // The heir reads the trial as it stands: what it sees is all that there will be.
          return heir.trial.intermediateValues.count
        }
      }
    }
    #expect(results[0] == results[1])
    #expect(try storage.trial(number: 0, in: study)?.intermediateValues.count == results[0])
  }

  @Test(arguments: StorageKind.available) func aTrialIsPromotedOnce(_ kind: StorageKind) throws {
    let place = try kind.place()
    let storage = try place.open()
    let study = try storage.createStudy(named: "s", attributes: [:]).id
    for index in 0..<90 {
      let claim = try storage.make(in: study)
      let value = Double(index * 37 % 90) / 90
      _ = try storage.complete(rung: 0, value: value, of: claim)
      try storage.finish(claim, as: .pruned, value: value)
    }
    let promoted = try inThreads(8) { _ in
      let storage = try place.open()
      var promoted: [Int] = []
      while let claim = try storage.promote(rung: 0, reductionFactor: 3, in: study) {
        promoted.append(claim.trial.number)
        _ = try storage.complete(rung: 1, value: Double(claim.trial.number), of: claim)
        try storage.finish(claim, as: .pruned, value: 0.5)
      }
      return promoted
    }
    #expect(promoted.joined().sorted() == (0..<90).filter { $0 * 37 % 90 >= 60 })
    #expect(try storage.values(ofRung: 1, in: study).count == 30)
    #expect(try storage.counts(in: study) == [.pruned: 90])
  }

  @Test(arguments: StorageKind.available) func standingsAreOfOneMoment(_ kind: StorageKind) throws {
    let place = try kind.place()
    let study = try place.open().createStudy(named: "s", attributes: [:]).id
    let counts = try inThreads(8) { index in
      let storage = try place.open()
      return try (0..<15).map { step in
        let claim = try storage.make(in: study)
        return try storage.complete(rung: 0, value: Double(index * 15 + step), of: claim).count
      }
    }
    #expect(counts.joined().sorted() == Array(1...120))
  }

  @Test(arguments: StorageKind.shared) func processesShareAStudy(_ kind: StorageKind) throws {
    let place = try kind.place()
    let workers = try (0..<4).map { _ in
      try StorageProcess([
        "work", "--storage", place.url, "--study", "s", "--trials", "120", "--rungs", "3", "--milliseconds", "0.5",
      ])
    }
    let lines = try workers.flatMap { try $0.ended().split(separator: "\n") }
    try checkStudy(of: 120, at: place, lines)
    #expect(lines.count { $0.contains("LOST") } == 0)
  }
}

/// Checks a study that workers of `tpsnet storage` have brought to its end: all trials are there, each came to its end
/// once, and the rungs hold what the trials reached.
func checkStudy(of count: Int, at place: StoragePlace, _ lines: [Substring]) throws {
  let storage = try place.open()
  let study = try #require(try storage.study(named: "s")).id
  let trials = try storage.trials(in: study, states: nil)
  #expect(trials.map(\.number) == Array(0..<count))
  #expect(trials.allSatisfy { $0.state == .complete || $0.state == .pruned })
  #expect(trials.allSatisfy { $0.parameters.count == 8 && $0.value != nil })
  let completed = lines.filter { $0.contains("COMPLETE") }.compactMap { $0.split(separator: " ").first }
  #expect(Set(completed).count == completed.count, "none is completed twice")
  for rung in 0..<2 {
    let values = try storage.values(ofRung: rung, in: study)
    let reached = trials.filter { $0.systemAttributes["completed_rung_\(rung)"] != nil }
    #expect(values.map(\.number) == reached.map(\.number))
    for (value, trial) in zip(values, reached) {
      #expect("\(value.value)" == trial.systemAttributes["completed_rung_\(rung)"])
    }
    // Nothing that may be promoted is left.
    #expect(try storage.promote(rung: rung, reductionFactor: 3, in: study)?.trial == nil)
    // The tallies were kept: another value's place is that among the values read.
    let claim = try storage.make(in: study)
    let standing = try storage.complete(rung: rung, value: 0.5, of: claim)
    #expect(standing.count == values.count + 1 && standing.better == values.count { $0.value >= 0.5 })
    try storage.finish(claim, as: .failed, value: nil)
  }
}

// What every storage promises, asked of each: studies, trials, claims, and what a claim that was lost may not do.
// Threads and processes at once are in ConcurrencyTests, rungs in RungTests.
import Foundation
import Search
import Testing

@Suite(.serialized) struct StorageConformanceTests {
  @Test(arguments: StorageKind.available) func studiesAreFoundByName(_ kind: StorageKind) throws {
    let place = try kind.place()
    let storage = try place.open()
    #expect(try storage.study(named: "a") == nil)
    #expect(try storage.studies().isEmpty)
    let first = try storage.createStudy(named: "a", attributes: ["tpsnet:study": #"{"x": "é\n😀"}"#, "n": "1"])
    let second = try storage.createStudy(named: "b'; --", attributes: [:])
    try storage.setAttribute("n", to: "2", ofStudy: first.id)
    try storage.setAttribute("new", to: "true", ofStudy: second.id)

    let other = try place.open()
    #expect(try other.study(named: "a")?.attributes == ["tpsnet:study": #"{"x": "é\n😀"}"#, "n": "2"])
    #expect(try other.study(named: "b'; --")?.attributes == ["new": "true"])
    #expect(try other.studies().map(\.name) == ["a", "b'; --"])
    #expect(throws: StorageError.studyExists("a")) { try other.createStudy(named: "a", attributes: [:]) }
    #expect(throws: StorageError.self) { try other.createStudy(named: "", attributes: [:]) }
    #expect(throws: StorageError.self) {
      try other.createStudy(named: String(repeating: "x", count: 513), attributes: [:])
    }
    #expect(throws: StorageError.self) { try other.setAttribute("n", to: "1", ofStudy: 99) }
    #expect(try other.studies().count == 2)
  }

  @Test(arguments: StorageKind.available) func anAttributeIsSetOnce(_ kind: StorageKind) throws {
    let place = try kind.place()
    let study = try place.open().createStudy(named: "s", attributes: ["known": "0"]).id
    #expect(try place.open().attribute("known", orSet: "1", ofStudy: study) == "0")
    let answers = try inThreads(8) { index in
      try place.open().attribute("new", orSet: "\(index)", ofStudy: study)
    }
    #expect(Set(answers).count == 1)
    #expect(try place.open().study(named: "s")?.attributes == ["known": "0", "new": answers[0]])
    #expect(throws: StorageError.self) { try place.open().attribute("new", orSet: "1", ofStudy: 99) }
  }

  @Test(arguments: StorageKind.shared) func aDeletedStudyLeavesNothing(_ kind: StorageKind) throws {
    let place = try kind.place()
    let storage = try DatabaseStorage(url: place.url)
    func proposal(_ number: Int, _ isTaken: (String) throws -> Bool) throws -> TrialProposal? {
      #expect(try !isTaken("the same"))
      let value = ParameterValue(stored: 0.5, distribution: .float(low: 0, high: 1, step: nil, log: false))
      return TrialProposal(
        parameters: ["x": value], fingerprint: "the same", userAttributes: ["a": "1"], systemAttributes: ["b": "2"])
    }
    // Of two studies alike, the one that stays has all that it had.
    let studies = try ["gone", "kept"].map { try storage.createStudy(named: $0, attributes: ["c": "3"]).id }
    for study in studies {
      let claim = try #require(try storage.createTrial(in: study, isClaimed: true, limit: nil, propose: proposal))
      try storage.beat(claim)
      try storage.report(0.25, epoch: 1, of: claim)
      _ = try storage.complete(rung: 0, value: 0.25, of: claim)
      try storage.finish(claim, as: .complete, value: 0.75)
    }
    let kept = try storage.trials(in: studies[1], states: nil)
    try storage.delete(study: studies[0])
    #expect(try storage.studies().map(\.name) == ["kept"])
    #expect(try storage.trials(in: studies[1], states: nil) == kept && kept.count == 1)
    #expect(try storage.values(ofRung: 0, in: studies[1]).count == 1)
    // Whatever key the next one gets.
    let again = try storage.createStudy(named: "gone", attributes: [:])
    #expect(again.attributes.isEmpty)
    #expect(try storage.trials(in: again.id, states: nil).isEmpty && storage.values(ofRung: 0, in: again.id).isEmpty)
    let claim = try #require(try storage.createTrial(in: again.id, isClaimed: true, limit: nil, propose: proposal))
    #expect(claim.trial.number == 0 && claim.trial.intermediateValues.isEmpty && claim.trial.rung == nil)
    #expect(try storage.complete(rung: 0, value: 0.1, of: claim).count == 1)
    #expect(throws: StorageError.self) { try storage.delete(study: again.id) }
    try storage.delete(study: again.id, force: true)
    try storage.delete(study: studies[1])
    #expect(throws: StorageError.self) { try storage.delete(study: studies[1]) }
    #expect(try storage.studies().isEmpty)
  }

  @Test(arguments: StorageKind.available) func aTrialIsReadAsItWasProposed(_ kind: StorageKind) throws {
    let place = try kind.place()
    let storage = try place.open()
    let study = try storage.createStudy(named: "s", attributes: [:]).id
    let proposal = TrialProposal(
      parameters: [
        "optimizer.learningRate": ParameterValue(
          stored: 1.0 / 3, distribution: .float(low: 1e-5, high: 0.1, step: nil, log: true)),
        "dropout": ParameterValue(
          stored: 0.30000000000000004, distribution: .float(low: 0, high: 1, step: 0.1, log: false)),
        "layers[0].blocks": ParameterValue(stored: 13, distribution: .integer(low: 1, high: 33, step: 2, log: false)),
        "c": ParameterValue(
          stored: 2,
          distribution: .categorical([
            .text("é\"\\/\n😀"), .integer(1), .number(1), .flag(true), .text("true"), .text("1"), .number(1e-7),
          ])),
      ], fingerprint: "f", userAttributes: ["note": #""x""#], systemAttributes: ["seed": "17"])
    let claim = try #require(
      try storage.createTrial(in: study, isClaimed: true, limit: nil) { number, _ in
        #expect(number == 0)
        return proposal
      })
    #expect(claim.trial.state == .running && claim.trial.number == 0 && claim.trial.parameters == proposal.parameters)
    let read = try #require(try place.open().trial(number: 0, in: study))
    #expect(read == claim.trial)
    #expect(try place.open().trials(in: study, states: nil) == [claim.trial])
    #expect(try storage.trial(number: 1, in: study) == nil)

    let waiting = try #require(
      try storage.createTrial(in: study, isClaimed: false, limit: nil) { _, isTaken in
        let taken = (try isTaken("f"), try isTaken("g"))
        #expect(taken == (true, false))
        return TrialProposal(parameters: proposal.parameters.filter { $0.key == "c" }, fingerprint: "g")
      })
    #expect(waiting.trial.state == .waiting && waiting.token.isEmpty && waiting.trial.started == nil)
    #expect(waiting.trial.systemAttributes == ["fixed_params": #"{"c": 1.0}"#])
    #expect(try place.open().trial(number: 1, in: study) == waiting.trial)
    #expect(throws: StorageError.claimLost(trial: 1)) { try storage.beat(waiting) }
  }

  @Test(arguments: StorageKind.available) func whatIsNotProposedIsNotMade(_ kind: StorageKind) throws {
    struct Refusal: Error {}
    let storage = try kind.place().open()
    let study = try storage.createStudy(named: "s", attributes: [:]).id
    _ = try storage.make(in: study, fingerprint: "f")
    let none = try storage.createTrial(in: study, isClaimed: true, limit: nil) { _, _ in nil }
    #expect(none == nil)
    #expect(throws: Refusal.self) {
      try storage.createTrial(in: study, isClaimed: true, limit: nil) { _, _ in throw Refusal() }
    }
    #expect(throws: StorageError.self) { try storage.make(in: study, fingerprint: "f") }
    let full = try storage.createTrial(in: study, isClaimed: true, limit: 1) { _, _ in
      Issue.record("a full study asks for nothing")
      return nil
    }
    #expect(full == nil)
    #expect(throws: StorageError.self) { try storage.make(in: 99) }
    #expect(try storage.counts(in: study) == [.running: 1])
    // The proposer sees the trials before.
    let claim = try storage.createTrial(in: study, isClaimed: true, limit: nil) { number, _ in
      let seen =
        try storage.trials(in: study, states: [.running]) + [storage.trial(number: 0, in: study)].compactMap(\.self)
      #expect(seen.map(\.number) == [0, 0])
      return TrialProposal(parameters: [:], fingerprint: nil)
    }
    #expect(claim?.trial.number == 1)
  }

  @Test(arguments: StorageKind.available) func waitingTrialsAreClaimedInOrder(_ kind: StorageKind) throws {
    let storage = try kind.place().open()
    let study = try storage.createStudy(named: "s", attributes: [:]).id
    let other = try storage.createStudy(named: "other", attributes: [:]).id
    #expect(try storage.claimWaiting(in: study) == nil)
    for index in 0..<3 {
      _ = try storage.make(in: study, isClaimed: index == 1)
      _ = try storage.make(in: other, isClaimed: false)
    }
    let first = try #require(try storage.claimWaiting(in: study))
    #expect(first.trial.number == 0 && first.trial.state == .running && first.trial.started != nil)
    let second = try #require(try storage.claimWaiting(in: study))
    #expect(second.trial.number == 2)
    #expect(try storage.claimWaiting(in: study) == nil)

    try storage.report(0.5, epoch: 1, of: first)
    try storage.finish(first, as: .waiting, value: nil)
    #expect(try storage.leases(in: study).map(\.trial).contains(first.trial.id) == false)
    let again = try #require(try storage.claimWaiting(in: study))
    #expect(again.trial.number == 0 && again.token != first.token && again.trial.started == first.trial.started)
    #expect(again.trial.intermediateValues == [1: 0.5])
    #expect(throws: StorageError.claimLost(trial: 0)) { try storage.beat(first) }
    #expect(try storage.counts(in: study) == [.running: 3])
    #expect(try storage.counts(in: other) == [.waiting: 3])
  }

  @Test(arguments: StorageKind.available) func aTrialKeepsWhatItReached(_ kind: StorageKind) throws {
    let place = try kind.place()
    let storage = try place.open()
    let study = try storage.createStudy(named: "s", attributes: [:]).id
    let claim = try storage.make(in: study)
    try storage.report(0.25, epoch: 1, of: claim)
    try storage.report(.nan, epoch: 2, of: claim)
    try storage.report(.infinity, epoch: 3, of: claim)
    try storage.report(-.infinity, epoch: 4, of: claim)
    try storage.report(0.125, epoch: 1, of: claim)
    try storage.setAttributes(user: ["a": "1", "b": "2"], system: ["c": "3"], of: claim)
    try storage.setAttributes(user: ["b": "\"two\""], system: [:], of: claim)
    let parameter = ParameterValue(stored: 3, distribution: .integer(low: 1, high: 3, step: 1, log: false))
    try storage.setParameters(["p": parameter], fingerprint: "late", of: claim)
    try storage.finish(claim, as: .complete, value: 0.75)

    let trial = try #require(try place.open().trial(number: 0, in: study))
    #expect(trial.state == .complete && trial.value == 0.75)
    #expect(trial.intermediateValues.count == 4 && trial.intermediateValues[1] == 0.125)
    #expect(trial.intermediateValues[2]?.isNaN == true)
    #expect(trial.intermediateValues[3] == .infinity && trial.intermediateValues[4] == -.infinity)
    #expect(trial.userAttributes == ["a": "1", "b": "\"two\""] && trial.systemAttributes == ["c": "3"])
    #expect(trial.parameters == ["p": parameter])
    let started = try #require(trial.started)
    #expect(try #require(trial.ended) >= started)
    #expect(throws: StorageError.self) { try storage.make(in: study, fingerprint: "late") }

    #expect(throws: StorageError.claimLost(trial: 0)) { try storage.finish(claim, as: .failed, value: nil) }
    let open = try storage.make(in: study)
    #expect(throws: StorageError.self) { try storage.finish(open, as: .complete, value: nil) }
    #expect(throws: StorageError.self) { try storage.finish(open, as: .complete, value: .nan) }
    #expect(throws: StorageError.self) { try storage.finish(open, as: .running, value: nil) }
    try storage.finish(open, as: .failed, value: 0.5)
    #expect(try storage.trial(number: 1, in: study)?.value == nil)
    #expect(try storage.trials(in: study, states: [.failed, .waiting]).map(\.number) == [1])
    #expect(try storage.trials(in: study, states: []).isEmpty)
    #expect(try storage.counts(in: study) == [.complete: 1, .failed: 1])
  }

  @Test(arguments: StorageKind.available) func aPausedTrialGoesOnOnce(_ kind: StorageKind) throws {
    let storage = try kind.place().open()
    let study = try storage.createStudy(named: "s", attributes: [:]).id
    let claim = try storage.make(in: study)
    func promoted(from rung: Int) throws -> Claim? { try storage.promote(rung: rung, reductionFactor: 1, in: study) }
    _ = try storage.complete(rung: 0, value: 0.5, of: claim)
    #expect(try promoted(from: 0)?.trial == nil, "it is at work")
    try storage.finish(claim, as: .pruned, value: 0.5)
    #expect(try storage.trial(number: 0, in: study)?.value == 0.5)
    let again = try #require(try promoted(from: 0))
    #expect(again.trial.state == .running && again.trial.value == nil && again.trial.ended == nil)
    #expect(again.trial.started == claim.trial.started)
    #expect(try storage.trial(number: 0, in: study) == again.trial)
    #expect(try promoted(from: 0)?.trial == nil)
    _ = try storage.complete(rung: 1, value: 0.6, of: again)
    try storage.finish(again, as: .pruned, value: .nan)
    #expect(try storage.trial(number: 0, in: study)?.value == nil)
    #expect(try promoted(from: 0)?.trial == nil, "from each rung once")
    #expect(try promoted(from: 1)?.trial.number == 0)
  }

  @Test(arguments: StorageKind.available) func aLostClaimWritesNothing(_ kind: StorageKind) throws {
    let storage = try kind.place().open()
    let study = try storage.createStudy(named: "s", attributes: [:]).id
    let dead = try storage.make(in: study)
    _ = try storage.complete(rung: 0, value: 0.5, of: dead)
    let lease = try #require(try storage.leases(in: study).first)
    #expect(lease.trial == dead.trial.id && lease.token == dead.token)
    try storage.beat(dead)
    let later = try #require(try storage.leases(in: study).first)
    #expect(later.beat > lease.beat && later.token == lease.token)
    #expect(try storage.takeOver(lease) == nil)
    let heir = try #require(try storage.takeOver(later))
    #expect(heir.token != dead.token && heir.trial.systemAttributes["completed_rung_0"] == "0.5")
    let held = try #require(try storage.leases(in: study).first)
    #expect(held.beat > later.beat && held.token == heir.token)
    #expect(try storage.takeOver(later) == nil)

    let before = try storage.trials(in: study, states: nil)
    let lost = StorageError.claimLost(trial: 0)
    #expect(throws: lost) { try storage.beat(dead) }
    #expect(throws: lost) { try storage.report(0.1, epoch: 9, of: dead) }
    #expect(throws: lost) { try storage.setAttributes(user: ["a": "1"], system: ["b": "1"], of: dead) }
    #expect(throws: lost) { try storage.setParameters([:], fingerprint: "dead", of: dead) }
    #expect(throws: lost) { try storage.complete(rung: 1, value: 0.9, of: dead) }
    for state in [TrialState.complete, .pruned, .failed, .waiting] {
      #expect(throws: lost) { try storage.finish(dead, as: state, value: 0.9) }
    }
    #expect(try storage.trials(in: study, states: nil) == before)
    #expect(try storage.leases(in: study) == [held])
    #expect(try storage.values(ofRung: 1, in: study).isEmpty)
    _ = try storage.make(in: study, fingerprint: "dead")

    try storage.finish(heir, as: .complete, value: 0.75)
    #expect(try storage.takeOver(held) == nil)
    #expect(throws: lost) { try storage.report(0.1, epoch: 9, of: heir) }
  }
}

extension StudyStorage {
  /// Makes a trial without variables.
  func make(in study: Int, isClaimed: Bool = true, fingerprint: String? = nil) throws -> Claim {
    try #require(
      try createTrial(in: study, isClaimed: isClaimed, limit: nil) { _, _ in
        TrialProposal(parameters: [:], fingerprint: fingerprint)
      })
  }
}

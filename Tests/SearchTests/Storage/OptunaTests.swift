// Databases as Optuna leaves them (Tests/Fixtures/optuna, made by Scripts/optuna/fixtures.py): our tables are the same,
// and a study begun in Python is read, continued and, where it cannot be, refused with a reason.
import Foundation
import Search
import TestSupport
import Testing

@Suite(.serialized) struct OptunaTests {
  private static let fixtures = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().appendingPathComponent("Fixtures/optuna")

  /// A database that Optuna made.
  private func optuna(_ kind: StorageKind) throws -> StoragePlace {
    let place = try kind.place()
    try run(
      String(contentsOf: Self.fixtures.appendingPathComponent("\(kind.rawValue).sql"), encoding: .utf8), in: place)
    return place
  }

  /// Runs SQL as any program could.
  @discardableResult
  private func run(_ sql: String, in place: StoragePlace) throws -> String {
    if place.kind == .postgresql {
      return try PostgreSQLServer.shared.get().psql(place.url, sql).trimmingCharacters(in: .newlines)
    }
    return try runSQLite(sql, at: place.url).joined(separator: "\n")
  }

  @Test(arguments: StorageKind.shared) func ourTablesAreOptunas(_ kind: StorageKind) throws {
    let ours = try kind.place()
    _ = try ours.open()
    let catalogue =
      kind == .sqlite
      ? "SELECT type || ' ' || name || ' ' || coalesce(sql, '') FROM sqlite_master WHERE name NOT LIKE '%tpsnet\\_%' "
        + "ESCAPE '\\' ORDER BY name"
      : """
      SELECT line FROM (
        SELECT table_name || ' ' || column_name || ' ' || ordinal_position || ' ' || udt_name || ' ' || is_nullable || ' '
          || coalesce(column_default, '') || ' ' || coalesce(character_maximum_length, 0) AS line
        FROM information_schema.columns WHERE table_schema = 'public'
        UNION ALL SELECT conname || ' ' || pg_get_constraintdef(oid) FROM pg_constraint
          WHERE connamespace = 'public'::regnamespace AND contype IN ('p', 'u', 'f', 'c')
        UNION ALL SELECT indexdef FROM pg_indexes WHERE schemaname = 'public'
        UNION ALL SELECT typname || ' ' || enumlabel || ' ' || enumsortorder FROM pg_enum JOIN pg_type t ON t.oid = enumtypid
        UNION ALL SELECT sequencename || ' ' || data_type FROM pg_sequences WHERE schemaname = 'public'
      ) lines WHERE line NOT LIKE '%tpsnet\\_%' ORDER BY line COLLATE "C"
      """
    let lines = try run(catalogue, in: ours).split(separator: "\n")
    #expect(lines.count > 30)
    #expect(try lines == run(catalogue, in: optuna(kind)).split(separator: "\n"))
    for query in ["SELECT version_num FROM alembic_version", "SELECT CAST(schema_version AS TEXT) FROM version_info"] {
      #expect(try run(query, in: ours) == run(query, in: optuna(kind)))
    }
  }

  @Test(arguments: StorageKind.shared) func aStudyFromPythonIsRead(_ kind: StorageKind) throws {
    let place = try optuna(kind)
    let storage = try place.open()
    let study = try #require(try storage.study(named: "from-python"))
    #expect(study.attributes == ["tpsnet:study": #"{"space": ["\u00e9", 1]}"#])
    let trials = try storage.trials(in: study.id, states: nil)
    #expect(trials.map(\.number) == Array(0..<12))
    #expect(try storage.counts(in: study.id) == [.complete: 5, .pruned: 4, .failed: 1, .waiting: 2])
    let parameters = trials[0].parameters
    #expect(parameters["x"]?.distribution == .float(low: 1e-5, high: 0.1, step: nil, log: true))
    #expect(parameters["step"]?.distribution == .float(low: 0, high: 1, step: 0.25, log: false))
    #expect(parameters["layers[0].blocks"]?.distribution == .integer(low: 1, high: 31, step: 2, log: false))
    #expect(
      parameters["choice"]?.distribution == .categorical([.text("é😀"), .integer(1), .number(1.5), .flag(true)]))
    let blocks = try #require(parameters["layers[0].blocks"]).stored
    #expect(trials[0].intermediateValues == [1: blocks / 100 + 0.1, 2: blocks / 100 + 0.2, 4: blocks / 100 + 0.4])
    #expect(trials[9].value == -.infinity && trials[9].intermediateValues[0]?.isNaN == true)
    #expect(trials[9].intermediateValues[1] == .infinity && trials[9].intermediateValues[2] == -.infinity)
    let started = try #require(trials[0].started)
    #expect(try #require(trials[0].ended) > started)

    let error = #expect(throws: StorageError.self) { try storage.study(named: "minimising") }
    #expect("\(try #require(error))".contains("direction=\"maximize\""))
    #expect(try storage.studies().map(\.name) == ["from-python", "minimising"])
  }

  @Test(arguments: StorageKind.shared) func aStudyFromPythonIsContinued(_ kind: StorageKind) throws {
    let place = try optuna(kind)
    let storage = try place.open()
    let study = try #require(try storage.study(named: "from-python")).id
    // What was enqueued in Python waits for its values.
    let claim = try #require(try storage.claimWaiting(in: study))
    #expect(
      claim.trial.number == 10 && claim.trial.parameters.isEmpty && claim.trial.userAttributes["why"] == "\"a guess\"")
    #expect(claim.trial.systemAttributes["fixed_params"] == #"{"x": 0.01, "choice": "\u00e9\ud83d\ude00"}"#)
    let x = ParameterValue(stored: 0.01, distribution: .float(low: 1e-5, high: 0.1, step: nil, log: true))
    try storage.setParameters(["x": x], fingerprint: "x", of: claim)
    try storage.beat(claim)
    // The rungs of Optuna's own pruner are ours: two trials in eight were paused with less than 0.2 at rung 0.
    let reached = try storage.values(ofRung: 0, in: study)
    #expect(reached.map(\.number) == Array(0..<8))
    let best = try #require(
      try storage.trials(in: study, states: [.pruned]).filter { $0.systemAttributes["completed_rung_1"] == nil }
        .max { ($0.intermediateValues[1] ?? 0) < ($1.intermediateValues[1] ?? 0) })
    let promoted = try #require(try storage.promote(rung: 0, reductionFactor: 1, in: study))
    #expect(promoted.trial.number == best.number)
    let standing = try storage.complete(rung: 0, value: 0.2, of: claim)
    #expect(standing == RungStanding(count: 9, better: reached.count { $0.value > 0.2 }))
    try storage.finish(claim, as: .complete, value: 0.5)
    #expect(try storage.make(in: study).trial.number == 12)
    #expect(try storage.counts(in: study)[.running] == 2)
  }

  @Test(arguments: StorageKind.shared) func aTrialRunFromPythonHasOptunasHeartbeat(_ kind: StorageKind) throws {
    let place = try optuna(kind)
    let storage = try place.open()
    let study = try #require(try storage.study(named: "from-python")).id
    let key = try #require(try storage.trial(number: 10, in: study)).id
    try run("UPDATE trials SET state = 'RUNNING' WHERE trial_id = \(key)", in: place)
    let silent = try #require(try storage.leases(in: study).first)
    #expect(silent == Lease(trial: key, token: nil, beat: 0))
    try run("INSERT INTO trial_heartbeats (trial_id, heartbeat) VALUES (\(key), '2026-01-01 00:00:00')", in: place)
    #expect(try storage.takeOver(silent) == nil)
    let alive = try #require(try storage.leases(in: study).first)
    try run("UPDATE trial_heartbeats SET heartbeat = '2026-01-01 00:01:00'", in: place)
    let later = try #require(try storage.leases(in: study).first)
    #expect(later.token == nil && later.beat == alive.beat + 60_000_000)
    let claim = try #require(try storage.takeOver(later))
    // A heartbeat that Optuna's workers would take for a dead worker's is renewed.
    #expect(try run("SELECT CAST(heartbeat AS TEXT) FROM trial_heartbeats", in: place) > "2026-01-02")
    // A trial that Python ends is lost to us.
    try run("UPDATE trials SET state = 'FAIL' WHERE trial_id = \(key)", in: place)
    #expect(throws: StorageError.claimLost(trial: 10)) { try storage.finish(claim, as: .complete, value: 1) }
  }

  @Test(arguments: StorageKind.shared) func aStudyDeletedFromPythonLeavesNothing(_ kind: StorageKind) throws {
    let place = try kind.place()
    let storage = try place.open()
    for _ in 0..<2 {
      let study = try storage.createStudy(named: "s", attributes: ["a": "1"]).id
      for index in 0..<3 {
        let claim = try storage.make(in: study, fingerprint: "\(index)")
        #expect(try storage.complete(rung: 0, value: 0.5, of: claim).count == index + 1)
        try storage.finish(claim, as: .pruned, value: 0.5)
      }
      // As Optuna does it: from the leaves to the root.
      for table in ["system_attributes", "values"] { try run("DELETE FROM trial_\(table)", in: place) }
      for table in ["trials", "study_directions", "study_user_attributes", "studies"] {
        try run("DELETE FROM \(table)", in: place)
      }
      for table in ["studies", "leases", "fingerprints", "rungs", "rung_tallies"] {
        #expect(try run("SELECT CAST(count(*) AS TEXT) FROM tpsnet_\(table)", in: place) == "0", "\(table)")
      }
    }
  }

  @Test(arguments: StorageKind.shared) func tablesOfAnotherVersionAreRefused(_ kind: StorageKind) throws {
    let place = try optuna(kind)
    try run("UPDATE alembic_version SET version_num = 'v2.6.0.a'", in: place)
    let error = #expect(throws: StorageError.self) { try place.open() }
    #expect("\(try #require(error))".contains("optuna storage upgrade"))
  }

  @Test func anotherProgramsFileIsLeftAlone() throws {
    let place = try StorageKind.sqlite.place()
    try run("CREATE TABLE notes (text)", in: place)
    let error = #expect(throws: StorageError.self) { try place.open() }
    #expect("\(try #require(error))".contains("another program's tables"))
    #expect(try run("SELECT count(*) FROM sqlite_master", in: place) == "1")
    #expect(try run("PRAGMA journal_mode", in: place) == "delete")
  }
}

// Studies in a database, shared by processes (SQLite) or machines (PostgreSQL), in Optuna's tables.
// This file opens the database and keeps studies; the rest of the contract stands in the files beside it.
import Foundation
import Synchronization

/// Studies in a database that Optuna opens too.
///
/// Optuna's tables hold everything that Optuna has a place for, written as it writes it; tables named `tpsnet_…` hold
/// leases, fingerprints and the order at the rungs. A study that Optuna made is taken up as it is.
public final class DatabaseStorage: StudyStorage {
  /// Where the database is, without its password.
  public let place: String
  let connection: any SQLConnection
  /// Studies known to have their rungs in our tables.
  let studiesWithRungs = Mutex<Set<Int>>([])
  /// Distributions as JSON: a study has few, and each trial names most of them.
  let texts = Mutex<[Distribution: String]>([:])

  /// Opens the database at `url` (see `StorageURL`) and makes tables that are missing; unless `makesTables`, those of
  /// studies must be there, and so must an SQLite file, which need then only be read. Locks are waited for, and broken
  /// connections made anew, for up to `patience`.
  public init(url: String, makesTables: Bool = true, patience: Duration = .seconds(60)) throws {
    let url = try StorageURL(url)
    place = url.description
    switch url {
    case .sqlite(let path):
      guard makesTables || FileManager.default.fileExists(atPath: path) else {
        throw StorageError.unusable("there is no file \(path): check --storage, or begin a study with search run")
      }
      let isReadOnly = !makesTables && SQLiteConnection.isReadOnly(path)
      let file = try SQLiteConnection(path: path, patience: patience, isReadOnly: isReadOnly)
      if makesTables { try Schema.demandRoom(file) } else { try Schema.demandTables(file) }
      connection = file
      if isReadOnly, try Schema.isReady(file) { return }
      try file.useWriteAheadLog(patience)
    case .postgreSQL(let address):
      connection = try PostgreSQLConnection(url: url, address: address, patience: patience)
      if !makesTables { try Schema.demandTables(connection) }
    }
    try Schema.prepare(connection)
  }

  /// Makes all calls of `body` on this thread one transaction: a thousand trials at the price of one.
  package func inOneTransaction(_ body: () throws -> Void) throws {
    try connection.transaction(.write) { _, _ in try body() }
  }

  /// See `StudyStorage`.
  public func createStudy(named name: String, attributes: [String: String]) throws -> StudyRecord {
    try StorageRules.check(name: name)
    do {
      return try connection.transaction(.write) { session, isInDoubt in
        // A study that is there after a broken connection, with these very attributes, is ours.
        if isInDoubt, let made = try study(named: name, in: session), made.attributes == attributes { return made }
        let key = try session.first(
          "INSERT INTO studies (study_name) VALUES (?1) RETURNING study_id", .text(name)
        ) { try $0.integer(0) }
        guard let key else { throw StorageError.unusable("\(place) made no study") }
        try session.execute(
          "INSERT INTO study_directions (direction, study_id, objective) VALUES ('MAXIMIZE', ?1, 0)", .integer(key))
        try session.execute("INSERT INTO tpsnet_studies (study_id) VALUES (?1)", .integer(key))
        for (attribute, json) in attributes.sorted(by: { $0.key < $1.key }) {
          try set(attribute, to: json, ofStudy: key, session)
        }
        return StudyRecord(id: key, name: name, attributes: attributes)
      }
    } catch SQLFailure.notUnique {
      throw StorageError.studyExists(name)
    }
  }

  /// See `StudyStorage`.
  public func study(named name: String) throws -> StudyRecord? {
    try connection.transaction(.read) { session, _ in try study(named: name, in: session) }
  }

  private func study(named name: String, in session: any SQLSession) throws -> StudyRecord? {
    guard let record = try records(where: "s.study_name = ?1", [.text(name)], session).first else { return nil }
    let directions = try session.first(
      """
      SELECT count(*), sum(CASE WHEN direction = 'MAXIMIZE' THEN 1 ELSE 0 END) FROM study_directions WHERE study_id = ?1
      """, .integer(record.id)
    ) { (try $0.integer(0), try $0.integer(1)) }
    guard let directions, directions == (1, 1) else {
      throw StorageError.unusable(
        "study \(name) does not maximise one value: make it with optuna.create_study(direction=\"maximize\")")
    }
    return record
  }

  /// See `StudyStorage`.
  public func studies() throws -> [StudyRecord] {
    try connection.transaction(.statement) { session, _ in try records(where: "TRUE", [], session) }
  }

  private func records(
    where condition: String, _ values: [SQLValue], _ session: any SQLSession
  ) throws -> [StudyRecord] {
    var records: [StudyRecord] = []
    try session.query(
      """
      SELECT s.study_id, s.study_name, a."key", a.value_json
      FROM studies s LEFT JOIN study_user_attributes a ON a.study_id = s.study_id
      WHERE \(condition) ORDER BY s.study_id
      """, values
    ) { row in
      let key = try row.integer(0)
      if records.last?.id != key {
        records.append(StudyRecord(id: key, name: try row.text(1) ?? "", attributes: [:]))
      }
      if let attribute = try row.text(2) { records[records.count - 1].attributes[attribute] = try row.text(3) }
    }
    return records
  }

  /// See `StudyStorage`.
  public func attribute(_ key: String, orSet json: String, ofStudy study: Int) throws -> String {
    try connection.transaction(.write) { session, _ in
      try checkStudy(study, session)
      try session.execute(
        """
        INSERT INTO study_user_attributes (study_id, "key", value_json) VALUES (?1, ?2, ?3)
        ON CONFLICT (study_id, "key") DO NOTHING
        """, .integer(study), .text(key), .text(json))
      let value = try session.first(
        #"SELECT value_json FROM study_user_attributes WHERE study_id = ?1 AND "key" = ?2"#,
        .integer(study), .text(key)
      ) { try $0.text(0) }
      return (value ?? nil) ?? json
    }
  }

  /// See `StudyStorage`.
  public func setAttribute(_ key: String, to json: String, ofStudy study: Int) throws {
    try connection.transaction(.write) { session, _ in
      try checkStudy(study, session)
      try set(key, to: json, ofStudy: study, session)
    }
  }

  private func set(_ key: String, to json: String, ofStudy study: Int, _ session: any SQLSession) throws {
    try session.execute(
      """
      INSERT INTO study_user_attributes (study_id, "key", value_json) VALUES (?1, ?2, ?3)
      ON CONFLICT (study_id, "key") DO UPDATE SET value_json = excluded.value_json
      """, .integer(study), .text(key), .text(json))
  }
}

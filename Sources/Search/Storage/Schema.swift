// The tables: Optuna's relational schema, version 12, to the letter, and ours beside it.
// Ours are named tpsnet_…, so Optuna passes them by; a study made by Optuna has no rows there until we need them.

/// The database's tables.
enum Schema {
  /// The revision that Optuna's migrations call version 12.
  static let revision = "v3.2.0.a"
  /// The version of Optuna whose tables these are.
  static let library = "5.0.0"

  /// Throws `unusable` where there are no tables of studies; changes nothing.
  static func demandTables(_ connection: any SQLConnection) throws {
    let dialect = connection.dialect
    guard try connection.transaction(.read, { session, _ in try exists("trials", dialect, session) }) else {
      throw StorageError.unusable("the database holds no studies: check --storage, or begin one with search run")
    }
  }

  /// Throws `unusable` where a file has tables, and none of studies; changes nothing.
  static func demandRoom(_ connection: any SQLConnection) throws {
    let dialect = connection.dialect
    guard let count = dialect.allTables else { return }
    let isOthers = try connection.transaction(.read) { session, _ in
      try !exists("trials", dialect, session) && session.first(count) { try $0.integer(0) } ?? 0 > 0
    }
    if isOthers { throw StorageError.unusable("the file holds another program's tables: choose another --storage") }
  }

  private static func exists(_ table: String, _ dialect: SQLDialect, _ session: any SQLSession) throws -> Bool {
    try session.first(dialect.tableCount, .text(table)) { try $0.integer(0) } ?? 0 > 0
  }

  /// Makes the tables that are missing. Throws `unusable` where the database is of another version of Optuna.
  static func prepare(_ connection: any SQLConnection) throws {
    if try isReady(connection) { return }
    let dialect = connection.dialect
    func exists(_ table: String, _ session: any SQLSession) throws -> Bool {
      try Self.exists(table, dialect, session)
    }
    try connection.transaction(.write) { session, _ in
      for statement in dialect.beforeTables { try session.execute(statement) }
      if try !exists("trials", session) {
        for statement in optunaTypes(dialect) + optunaTables(dialect) { try session.execute(statement) }
      }
      if try !exists("alembic_version", session) {
        try session.execute(alembicTable)
      }
      if try !isCurrent(session) {
        try session.execute("INSERT INTO alembic_version (version_num) VALUES (?1)", .text(revision))
        try session.execute(
          """
          INSERT INTO version_info (version_info_id, schema_version, library_version) VALUES (1, 12, ?1)
          ON CONFLICT (version_info_id) DO NOTHING
          """, .text(library))
      }
      if try !exists("tpsnet_studies", session) {
        for statement in ownTables(dialect) + dialect.afterTables { try session.execute(statement) }
      }
    }
  }

  /// Whether all tables are there. Looking needs no lock, so that opening a storage waits for nobody.
  static func isReady(_ connection: any SQLConnection) throws -> Bool {
    try connection.transaction(.read) { session, _ in
      try ["trials", "alembic_version", "tpsnet_studies"].allSatisfy { try exists($0, connection.dialect, session) }
        && isCurrent(session)
    }
  }

  /// Whether Optuna's revision is noted. Throws where it is another.
  private static func isCurrent(_ session: any SQLSession) throws -> Bool {
    let found = try session.first("SELECT version_num FROM alembic_version") { try $0.text(0) } ?? nil
    guard let found else { return false }
    guard found == revision else {
      throw StorageError.unusable(
        "the database has Optuna's tables of revision \(found), not \(revision): "
          + "run `optuna storage upgrade`, or choose another --storage")
    }
    return true
  }

  private static let alembicTable = """
    CREATE TABLE alembic_version (
    \tversion_num VARCHAR(32) NOT NULL, 
    \tCONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
    )
    """

  private static func optunaTypes(_ dialect: SQLDialect) -> [String] {
    guard dialect.state == "trialstate" else { return [] }
    return [
      "CREATE TYPE studydirection AS ENUM ('NOT_SET', 'MINIMIZE', 'MAXIMIZE')",
      "CREATE TYPE trialstate AS ENUM ('RUNNING', 'COMPLETE', 'PRUNED', 'FAIL', 'WAITING')",
      "CREATE TYPE trialvaluetype AS ENUM ('FINITE', 'INF_POS', 'INF_NEG')",
      "CREATE TYPE trialintermediatevaluetype AS ENUM ('FINITE', 'INF_POS', 'INF_NEG', 'NAN')",
    ]
  }

  /// A table as SQLAlchemy writes it.
  private static func table(_ name: String, _ lines: String...) -> String {
    "CREATE TABLE \(name) (\n\t\(lines.joined(separator: ", \n\t"))\n)"
  }

  private static func optunaTables(_ dialect: SQLDialect) -> [String] {
    [
      table(
        "studies", "study_id \(dialect.key) NOT NULL", "study_name VARCHAR(512) NOT NULL", "PRIMARY KEY (study_id)"),
      "CREATE UNIQUE INDEX ix_studies_study_name ON studies (study_name)",
      table(
        "version_info", "version_info_id INTEGER NOT NULL", "schema_version INTEGER", "library_version VARCHAR(256)",
        "PRIMARY KEY (version_info_id)", "CHECK (version_info_id=1)"),
      table(
        "study_directions", "study_direction_id \(dialect.key) NOT NULL", "direction \(dialect.direction) NOT NULL",
        "study_id INTEGER NOT NULL", "objective INTEGER NOT NULL", "PRIMARY KEY (study_direction_id)",
        "UNIQUE (study_id, objective)", "FOREIGN KEY(study_id) REFERENCES studies (study_id)"),
      attributes("study_user_attribute", of: "study", in: "studies", dialect),
      attributes("study_system_attribute", of: "study", in: "studies", dialect),
      table(
        "trials", "trial_id \(dialect.key) NOT NULL", "number INTEGER", "study_id INTEGER",
        "state \(dialect.state) NOT NULL", "datetime_start \(dialect.time)", "datetime_complete \(dialect.time)",
        "PRIMARY KEY (trial_id)", "FOREIGN KEY(study_id) REFERENCES studies (study_id)"),
      "CREATE INDEX ix_trials_study_id ON trials (study_id)",
      attributes("trial_user_attribute", of: "trial", in: "trials", dialect),
      attributes("trial_system_attribute", of: "trial", in: "trials", dialect),
      table(
        "trial_params", "param_id \(dialect.key) NOT NULL", "trial_id INTEGER", "param_name VARCHAR(512)",
        "param_value \(dialect.real)", "distribution_json TEXT", "PRIMARY KEY (param_id)",
        "UNIQUE (trial_id, param_name)", "FOREIGN KEY(trial_id) REFERENCES trials (trial_id)"),
      table(
        "trial_values", "trial_value_id \(dialect.key) NOT NULL", "trial_id INTEGER NOT NULL",
        "objective INTEGER NOT NULL", "value \(dialect.real)", "value_type \(dialect.valueType) NOT NULL",
        "PRIMARY KEY (trial_value_id)", "UNIQUE (trial_id, objective)",
        "FOREIGN KEY(trial_id) REFERENCES trials (trial_id)"),
      table(
        "trial_intermediate_values", "trial_intermediate_value_id \(dialect.key) NOT NULL", "trial_id INTEGER NOT NULL",
        "step INTEGER NOT NULL", "intermediate_value \(dialect.real)",
        "intermediate_value_type \(dialect.intermediateValueType) NOT NULL",
        "PRIMARY KEY (trial_intermediate_value_id)", "UNIQUE (trial_id, step)",
        "FOREIGN KEY(trial_id) REFERENCES trials (trial_id)"),
      table(
        "trial_heartbeats", "trial_heartbeat_id \(dialect.key) NOT NULL", "trial_id INTEGER NOT NULL",
        "heartbeat \(dialect.time) NOT NULL", "PRIMARY KEY (trial_heartbeat_id)", "UNIQUE (trial_id)",
        "FOREIGN KEY(trial_id) REFERENCES trials (trial_id)"),
    ]
  }

  private static func attributes(_ name: String, of owner: String, in owners: String, _ dialect: SQLDialect) -> String {
    table(
      "\(name)s", "\(name)_id \(dialect.key) NOT NULL", "\(owner)_id INTEGER", "\"key\" VARCHAR(512)",
      "value_json TEXT", "PRIMARY KEY (\(name)_id)", "UNIQUE (\(owner)_id, \"key\")",
      "FOREIGN KEY(\(owner)_id) REFERENCES \(owners) (\(owner)_id)")
  }

  private static func ownTables(_ dialect: SQLDialect) -> [String] {
    let ofStudy = "study_id INTEGER NOT NULL REFERENCES studies (study_id) ON DELETE CASCADE"
    let ofTrial = "trial_id INTEGER NOT NULL REFERENCES trials (trial_id) ON DELETE CASCADE"
    return [
      // Optuna's index on the study alone leaves a scan of all its trials for every question about states.
      "CREATE INDEX tpsnet_ix_trials_state ON trials (study_id, state, number)",
      // Studies whose rungs are in tpsnet_rungs.
      table("tpsnet_studies", ofStudy, "PRIMARY KEY (study_id)"),
      // Who holds a trial. `maker` is the word of the call that made it. A beat of 0 is a trial that we never claimed.
      table(
        "tpsnet_leases", ofTrial, "token VARCHAR(16)", "beat INTEGER NOT NULL", "maker VARCHAR(16)",
        "PRIMARY KEY (trial_id)"),
      table(
        "tpsnet_fingerprints", ofStudy, "fingerprint VARCHAR(512) NOT NULL", "PRIMARY KEY (study_id, fingerprint)")
        + dialect.clustered,
      // Optuna's completed_rung_N in the values' order. is_paused is 1 at the last rung of a pruned trial.
      table(
        "tpsnet_rungs", ofTrial, "rung INTEGER NOT NULL", "study_id INTEGER NOT NULL", "number INTEGER NOT NULL",
        "value_order BIGINT NOT NULL", "is_paused INTEGER NOT NULL", "PRIMARY KEY (trial_id, rung)"),
      "CREATE INDEX tpsnet_ix_rungs_order ON tpsnet_rungs (study_id, rung, value_order, number)",
      "CREATE INDEX tpsnet_ix_rungs_paused ON tpsnet_rungs (study_id, rung, value_order DESC, number) "
        + "WHERE is_paused = 1",
      // How many values of a rung lie in each of the intervals of `RungTier`, so that a place is a short sum.
      table(
        "tpsnet_rung_tallies", ofStudy, "rung INTEGER NOT NULL", "tier INTEGER NOT NULL", "bucket BIGINT NOT NULL",
        "tally INTEGER NOT NULL", "PRIMARY KEY (study_id, rung, tier, bucket)") + dialect.clustered,
    ]
  }
}

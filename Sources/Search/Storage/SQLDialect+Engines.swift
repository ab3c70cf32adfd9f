// The words in which SQLite and PostgreSQL differ; everything else of the SQL is common to both.
// Column types are those that SQLAlchemy chooses for Optuna's tables on each.

extension SQLDialect {
  /// SQLite: a writing transaction begins by taking the file's only write lock, so rows need none.
  static let sqlite = SQLDialect(
    lockStudy: nil, lockingRows: "", skippingLockedRows: "",
    nextTrialKey: "(SELECT coalesce(max(trial_id), 0) + 1 FROM trials)",
    beforeTables: [],
    // Optuna leaves SQLite's foreign keys off, and keys of deleted rows are given out again.
    afterTables: [
      """
      CREATE TRIGGER tpsnet_trial_deleted AFTER DELETE ON trials BEGIN
        DELETE FROM tpsnet_leases WHERE trial_id = OLD.trial_id;
        DELETE FROM tpsnet_rungs WHERE trial_id = OLD.trial_id;
      END
      """,
      """
      CREATE TRIGGER tpsnet_study_deleted AFTER DELETE ON studies BEGIN
        DELETE FROM tpsnet_studies WHERE study_id = OLD.study_id;
        DELETE FROM tpsnet_fingerprints WHERE study_id = OLD.study_id;
        DELETE FROM tpsnet_rung_tallies WHERE study_id = OLD.study_id;
      END
      """,
    ],
    key: "INTEGER", time: "DATETIME", real: "FLOAT", direction: "VARCHAR(8)", state: "VARCHAR(8)",
    valueType: "VARCHAR(7)", intermediateValueType: "VARCHAR(7)", clustered: " WITHOUT ROWID",
    tableCount: "SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name = ?1",
    allTables: "SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")

  /// PostgreSQL: rows are locked one by one.
  static let postgreSQL = SQLDialect(
    // NO KEY is weaker than Optuna's FOR UPDATE, with which it conflicts all the same.
    lockStudy: "SELECT 1 FROM studies WHERE study_id = ?1 FOR NO KEY UPDATE", lockingRows: " FOR NO KEY UPDATE",
    skippingLockedRows: " FOR NO KEY UPDATE SKIP LOCKED", nextTrialKey: "nextval('trials_trial_id_seq')",
    // Two programs that find an empty database make its tables one after the other.
    beforeTables: ["SELECT pg_advisory_xact_lock(8246725731)"], afterTables: [],
    key: "SERIAL", time: "TIMESTAMP WITHOUT TIME ZONE", real: "FLOAT(53)", direction: "studydirection",
    state: "trialstate", valueType: "trialvaluetype", intermediateValueType: "trialintermediatevaluetype",
    clustered: "",
    tableCount: "SELECT count(*) FROM pg_tables WHERE tablename = ?1 AND schemaname = ANY (current_schemas(false))",
    allTables: nil)
}

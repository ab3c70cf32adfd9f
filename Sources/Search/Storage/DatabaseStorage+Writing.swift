// What the holder of a trial writes. Every write first makes sure, in its transaction, that the claim still holds.
// PostgreSQL waits for its disk where a trial ends or reaches a rung, not for every report in between.
import Synchronization

extension DatabaseStorage {
  /// See `StudyStorage`.
  public func beat(_ claim: Claim) throws {
    try connection.transaction(.note) { session, _ in
      try hold(claim, session)
      try session.execute("UPDATE tpsnet_leases SET beat = beat + 1 WHERE trial_id = ?1", .integer(claim.trial.id))
      // The database's clock, as Optuna compares it with nothing else.
      try session.execute(
        """
        INSERT INTO trial_heartbeats (trial_id, heartbeat) VALUES (?1, CURRENT_TIMESTAMP)
        ON CONFLICT (trial_id) DO UPDATE SET heartbeat = excluded.heartbeat
        """, .integer(claim.trial.id))
    }
  }

  /// See `StudyStorage`.
  public func setParameters(_ parameters: [String: ParameterValue], fingerprint: String?, of claim: Claim) throws {
    try connection.transaction(.write) { session, _ in
      let study = try hold(claim, session)
      try write(parameters, ofTrial: claim.trial.id, session)
      guard let fingerprint else { return }
      // Whoever makes a trial has looked whether it is taken.
      if let lock = connection.dialect.lockStudy { try session.execute(lock, .integer(study)) }
      try session.execute(
        """
        INSERT INTO tpsnet_fingerprints (study_id, fingerprint) SELECT study_id, ?2 FROM trials WHERE trial_id = ?1
        ON CONFLICT (study_id, fingerprint) DO NOTHING
        """, .integer(claim.trial.id), .text(fingerprint))
    }
  }

  /// See `StudyStorage`.
  public func report(_ value: Double, epoch: Int, of claim: Claim) throws {
    try connection.transaction(.note) { session, _ in
      try hold(claim, session)
      let (number, type) = Self.stored(value)
      try session.execute(
        """
        INSERT INTO trial_intermediate_values (trial_id, step, intermediate_value, intermediate_value_type)
        VALUES (?1, ?2, ?3, ?4) ON CONFLICT (trial_id, step) DO UPDATE
        SET intermediate_value = excluded.intermediate_value, intermediate_value_type = excluded.intermediate_value_type
        """, .integer(claim.trial.id), .integer(epoch), number, type)
    }
  }

  /// See `StudyStorage`.
  public func setAttributes(user: [String: String], system: [String: String], of claim: Claim) throws {
    try connection.transaction(.write) { session, _ in
      try hold(claim, session)
      try write(user, to: .user, ofTrial: claim.trial.id, session)
      try write(system, to: .system, ofTrial: claim.trial.id, session)
    }
  }

  /// See `StudyStorage`.
  public func finish(_ claim: Claim, as state: TrialState, value: Double?) throws {
    try StorageRules.check(finish: state, value: value)
    let key = claim.trial.id
    try connection.transaction(.write) { session, isInDoubt in
      do {
        try hold(claim, session)
      } catch StorageError.claimLost where isInDoubt {
        guard try isFinished(claim, as: state, session) else { throw StorageError.claimLost(trial: claim.trial.number) }
        return
      }
      try session.execute(
        "UPDATE trials SET state = ?2, datetime_complete = ?3 WHERE trial_id = ?1", .integer(key),
        .text(state.rawValue),
        state.isFinished ? .text(Timestamp(onWallAt: StorageRules.now()).text) : .null)
      if state == .waiting {
        try session.execute("UPDATE tpsnet_leases SET token = NULL WHERE trial_id = ?1", .integer(key))
      }
      if let value, state == .complete || state == .pruned, !value.isNaN {
        let (number, type) = Self.stored(value)
        try session.execute(
          """
          INSERT INTO trial_values (trial_id, objective, value, value_type) VALUES (?1, 0, ?2, ?3)
          ON CONFLICT (trial_id, objective) DO UPDATE SET value = excluded.value, value_type = excluded.value_type
          """, .integer(key), number, type)
      }
      if state == .pruned {
        try session.execute(
          """
          UPDATE tpsnet_rungs SET is_paused = 1
          WHERE trial_id = ?1 AND rung = (SELECT max(rung) FROM tpsnet_rungs WHERE trial_id = ?1)
          """, .integer(key))
      }
    }
  }

  /// Whether the claim's holder ended the trial so: the token stays where it was unless the trial was given back.
  private func isFinished(_ claim: Claim, as state: TrialState, _ session: any SQLSession) throws -> Bool {
    try session.exists(
      """
      SELECT 1 FROM trials t JOIN tpsnet_leases l ON l.trial_id = t.trial_id
      WHERE t.trial_id = ?1 AND t.state = ?2 AND coalesce(l.token, ?3) = ?3
      """, .integer(claim.trial.id), .text(state.rawValue), .text(claim.token))
  }

  /// Makes sure that the claim holds until the transaction ends, and returns the study. Throws `claimLost`.
  @discardableResult
  func hold(_ claim: Claim, _ session: any SQLSession) throws -> Int {
    let study = try session.first(
      """
      SELECT t.study_id FROM trials t JOIN tpsnet_leases l ON l.trial_id = t.trial_id
      WHERE t.trial_id = ?1 AND t.state = 'RUNNING' AND l.token = ?2\(connection.dialect.lockingRows)
      """, .integer(claim.trial.id), .text(claim.token)
    ) { try $0.integer(0) }
    guard let study else { throw StorageError.claimLost(trial: claim.trial.number) }
    return study
  }

  /// Optuna's two tables of a trial's attributes.
  enum Attributes: String {
    case user = "trial_user_attributes"
    case system = "trial_system_attributes"
  }

  func write(
    _ attributes: [String: String], to table: Attributes, ofTrial key: Int, _ session: any SQLSession
  ) throws {
    for (name, json) in attributes.sorted(by: { $0.key < $1.key }) {
      try session.execute(
        """
        INSERT INTO \(table.rawValue) (trial_id, "key", value_json) VALUES (?1, ?2, ?3)
        ON CONFLICT (trial_id, "key") DO UPDATE SET value_json = excluded.value_json
        """, .integer(key), .text(name), .text(json))
    }
  }

  func write(_ parameters: [String: ParameterValue], ofTrial key: Int, _ session: any SQLSession) throws {
    guard !parameters.isEmpty else { return }
    var values: [SQLValue] = [.integer(key)]
    var rows: [String] = []
    for (name, parameter) in parameters.sorted(by: { $0.key < $1.key }) {
      let text = texts.withLock { texts in
        if let text = texts[parameter.distribution] { return text }
        let text = parameter.distribution.json
        texts[parameter.distribution] = text
        return text
      }
      rows.append("(?1, ?\(values.count + 1), ?\(values.count + 2), ?\(values.count + 3))")
      values += [.text(name), .double(parameter.stored), .text(text)]
    }
    try session.execute(
      """
      INSERT INTO trial_params (trial_id, param_name, param_value, distribution_json)
      VALUES \(rows.joined(separator: ", ")) ON CONFLICT (trial_id, param_name) DO UPDATE
      SET param_value = excluded.param_value, distribution_json = excluded.distribution_json
      """, values)
  }

  /// A value as Optuna stores it: numbers that are not finite by name.
  private static func stored(_ value: Double) -> (number: SQLValue, type: SQLValue) {
    if value.isNaN { return (.null, .text("NAN")) }
    if value.isInfinite { return (.null, .text(value < 0 ? "INF_NEG" : "INF_POS")) }
    return (.double(value), .text("FINITE"))
  }
}

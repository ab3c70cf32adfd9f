// Making trials, claiming them and giving claims up: each call one transaction, decided by the rows alone.
// No clock decides anything; the times written are for people.

extension DatabaseStorage {
  /// See `StudyStorage`.
  public func createTrial(
    in study: Int, isClaimed: Bool, limit: Int?,
    propose: (_ number: Int, _ isTaken: (String) throws -> Bool) throws -> TrialProposal?
  ) throws -> Claim? {
    // Idle workers ask again and again, and numbers only grow: no lock for that.
    if let limit, try highestNumber(in: study) >= limit - 1 { return nil }
    let token = StorageRules.newToken()
    do {
      // Everyone who makes trials waits for this transaction.
      return try connection.transaction(.quickWrite) { session, isInDoubt in
        if isInDoubt, let made = try key(ofTrialMadeBy: token, session) {
          return Claim(trial: try trial(key: made, session), token: isClaimed ? token : "")
        }
        if let lock = connection.dialect.lockStudy { try session.execute(lock, .integer(study)) }
        let next = try session.first(Self.nextNumber(connection.dialect), .integer(study)) {
          (count: try $0.integer(0), number: try $0.integer(1), key: try $0.integer(2))
        }
        guard let next, next.count > 0 else { throw StorageRules.noStudy(study) }
        if let limit, next.number >= limit { return nil }
        let proposal = try propose(next.number) { try isTaken($0, in: study, session) }
        guard let proposal else { return nil }
        let trial = Trial(
          id: next.key, number: next.number, state: isClaimed ? .running : .waiting, parameters: proposal.parameters,
          userAttributes: proposal.userAttributes, systemAttributes: proposal.systemAttributes(isEnqueued: !isClaimed),
          started: isClaimed ? StorageRules.now() : nil)
        try insert(trial, in: study, token: token, fingerprint: proposal.fingerprint, session)
        return Claim(trial: trial, token: isClaimed ? token : "")
      }
    } catch SQLFailure.notUnique(let what) where what.contains("tpsnet_fingerprints") {
      throw StorageRules.duplicate
    }
  }

  /// −1 where there is no trial.
  private func highestNumber(in study: Int) throws -> Int {
    try connection.transaction(.read) { session, _ in
      try session.first("SELECT \(Self.highestNumber)", .integer(study)) { try $0.integer(0) } ?? -1
    }
  }

  /// One look at each state's highest number costs the same however many trials there are.
  private static let highestNumber: String = {
    let highest = TrialState.allCases.map {
      "SELECT max(number) AS number FROM trials WHERE study_id = ?1 AND state = '\($0.rawValue)'"
    }
    return "(SELECT coalesce(max(number), -1) FROM (\(highest.joined(separator: " UNION ALL "))) highest)"
  }()

  /// The study's count (0 or 1), its next trial's number and that trial's key.
  private static func nextNumber(_ dialect: SQLDialect) -> String {
    "SELECT (SELECT count(*) FROM studies WHERE study_id = ?1), \(highestNumber) + 1, \(dialect.nextTrialKey)"
  }

  private func key(ofTrialMadeBy maker: String, _ session: any SQLSession) throws -> Int? {
    try session.first("SELECT trial_id FROM tpsnet_leases WHERE maker = ?1", .text(maker)) { try $0.integer(0) }
  }

  private func isTaken(_ fingerprint: String, in study: Int, _ session: any SQLSession) throws -> Bool {
    try session.exists(
      "SELECT 1 FROM tpsnet_fingerprints WHERE study_id = ?1 AND fingerprint = ?2", .integer(study), .text(fingerprint))
  }

  private func insert(
    _ trial: Trial, in study: Int, token: String, fingerprint: String?, _ session: any SQLSession
  ) throws {
    try session.execute(
      "INSERT INTO trials (trial_id, number, study_id, state, datetime_start) VALUES (?1, ?2, ?3, ?4, ?5)",
      .integer(trial.id), .integer(trial.number), .integer(study), .text(trial.state.rawValue),
      trial.started.map { .text(Timestamp(onWallAt: $0).text) } ?? .null)
    let isClaimed = trial.state == .running
    try session.execute(
      "INSERT INTO tpsnet_leases (trial_id, token, beat, maker) VALUES (?1, ?2, ?3, ?4)",
      .integer(trial.id), isClaimed ? .text(token) : .null, .integer(isClaimed ? 1 : 0), .text(token))
    if let fingerprint {
      try session.execute(
        "INSERT INTO tpsnet_fingerprints (study_id, fingerprint) VALUES (?1, ?2)", .integer(study), .text(fingerprint))
    }
    try write(trial.parameters, ofTrial: trial.id, session)
    try write(trial.userAttributes, to: .user, ofTrial: trial.id, session)
    try write(trial.systemAttributes, to: .system, ofTrial: trial.id, session)
  }

  /// See `StudyStorage`.
  public func claimWaiting(in study: Int) throws -> Claim? {
    // Mostly nothing waits, and looking takes no lock.
    let isAnyWaiting = try connection.transaction(.statement) { session, _ in
      try session.exists("SELECT 1 FROM trials WHERE study_id = ?1 AND state = 'WAITING' LIMIT 1", .integer(study))
    }
    guard isAnyWaiting else { return nil }
    let token = StorageRules.newToken()
    return try connection.transaction(.write) { session, isInDoubt in
      if isInDoubt, let claim = try claim(of: token, session) { return claim }
      let key = try session.first(
        """
        UPDATE trials SET state = 'RUNNING', datetime_start = coalesce(datetime_start, ?2)
        WHERE trial_id = (
          SELECT trial_id FROM trials WHERE study_id = ?1 AND state = 'WAITING' ORDER BY number LIMIT 1\
        \(connection.dialect.skippingLockedRows))
        RETURNING trial_id
        """, .integer(study), .text(Timestamp(onWallAt: StorageRules.now()).text)
      ) { try $0.integer(0) }
      return try key.map { try claim($0, token, session) }
    }
  }

  /// See `StudyStorage`.
  public func leases(in study: Int) throws -> [Lease] {
    try connection.transaction(.statement) { session, _ in
      var leases: [Lease] = []
      try session.query(
        Self.lease + " WHERE t.study_id = ?1 AND t.state = 'RUNNING' ORDER BY t.number", .integer(study)
      ) { leases.append(try Self.lease($0)) }
      return leases
    }
  }

  /// See `StudyStorage`.
  public func takeOver(_ lease: Lease) throws -> Claim? {
    let token = StorageRules.newToken()
    return try connection.transaction(.write) { session, isInDoubt in
      if isInDoubt, let claim = try claim(of: token, session) { return claim }
      try session.execute(
        "SELECT 1 FROM trials WHERE trial_id = ?1\(connection.dialect.lockingRows)", .integer(lease.trial))
      let held = try session.first(
        Self.lease + " WHERE t.trial_id = ?1 AND t.state = 'RUNNING'", .integer(lease.trial)
      ) { try Self.lease($0) }
      guard held == lease else { return nil }
      // A heartbeat does not lock the trial, so it may have come in between.
      let isOurs = try session.exists(
        Self.leaseWrite + " WHERE tpsnet_leases.beat = ?3 OR tpsnet_leases.token IS NULL RETURNING 1",
        .integer(lease.trial), .text(token), .integer(lease.token == nil ? 0 : lease.beat))
      guard isOurs else { return nil }
      return try claimed(lease.trial, token, session)
    }
  }

  private static let lease = """
    SELECT t.trial_id, l.token, l.beat, CAST(h.heartbeat AS TEXT) FROM trials t
    LEFT JOIN tpsnet_leases l ON l.trial_id = t.trial_id AND l.token IS NOT NULL
    LEFT JOIN trial_heartbeats h ON h.trial_id = t.trial_id
    """

  /// A trial that another program runs has no token; its Optuna heartbeat, if it has one, serves as its beat.
  private static func lease(_ row: any SQLRow) throws -> Lease {
    let token = try row.text(1)
    let heartbeat = try row.text(3).flatMap(Timestamp.init(text:))?.microseconds ?? 0
    return Lease(trial: try row.integer(0), token: token, beat: token == nil ? heartbeat : try row.integer(2))
  }

  private static let leaseWrite = """
    INSERT INTO tpsnet_leases (trial_id, token, beat) VALUES (?1, ?2, 1)
    ON CONFLICT (trial_id) DO UPDATE SET token = excluded.token, beat = tpsnet_leases.beat + 1
    """

  /// Writes the lease of a trial that has just come to be running.
  func claim(_ key: Int, _ token: String, _ session: any SQLSession) throws -> Claim {
    try session.execute(Self.leaseWrite, .integer(key), .text(token))
    return try claimed(key, token, session)
  }

  private func claimed(_ key: Int, _ token: String, _ session: any SQLSession) throws -> Claim {
    // Optuna's workers would otherwise take the previous holder's last heartbeat for ours.
    try session.execute(
      "UPDATE trial_heartbeats SET heartbeat = CURRENT_TIMESTAMP WHERE trial_id = ?1", .integer(key))
    return Claim(trial: try trial(key: key, session), token: token)
  }

  /// The claim that `token` is, if it was written.
  func claim(of token: String, _ session: any SQLSession) throws -> Claim? {
    let key = try session.first("SELECT trial_id FROM tpsnet_leases WHERE token = ?1", .text(token)) {
      try $0.integer(0)
    }
    return try key.map { Claim(trial: try trial(key: $0, session), token: token) }
  }
}

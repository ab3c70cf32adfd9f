// The rungs of successive halving: places among all values of a rung, found without looking at all of them.
// Values are kept in order, and counted in intervals of two sizes, so a place is a sum over few rows.
import Synchronization

/// The intervals of values that are counted: by the leading bits of a `RungOrder`. A factor of two has 16 of the wide
/// ones, and each of those holds 256 narrow ones. (Values that are equal are counted one by one.)
private enum RungTier: Int, CaseIterable {
  /// All values.
  case all
  case wide
  case narrow

  func bucket(_ order: RungOrder) -> Int64 {
    switch self {
    case .all: 0
    case .wide: order.key >> 48
    case .narrow: order.key >> 40
    }
  }
}

extension DatabaseStorage {
  /// See `StudyStorage`.
  public func complete(rung: Int, value: Double, of claim: Claim) throws -> RungStanding {
    let key = claim.trial.id
    let order = RungOrder(value)
    let (study, place) = try connection.transaction(.write) { session, _ -> (Int, RungStanding) in
      let study = try hold(claim, session)
      if !hasRungs(study) { try takeUpRungs(of: study, session) }
      let earlier = try session.first(
        "SELECT value_order FROM tpsnet_rungs WHERE trial_id = ?1 AND rung = ?2", .integer(key), .integer(rung)
      ) { RungOrder(key: Int64(try $0.integer(0))) }
      // The first tier is one row, on which all who complete this rung wait for one another.
      for tier in RungTier.allCases {
        if let earlier { try count(-1, earlier, tier, rung, study, session) }
        try count(1, order, tier, rung, study, session)
      }
      try insert(order, rung, trial: key, number: claim.trial.number, study, session)
      try write(
        [StorageRules.attribute(ofRung: rung): JSONText.number(value)], to: .system, ofTrial: key, session)
      return (study, try standing(of: order, number: claim.trial.number, rung, study, session))
    }
    studiesWithRungs.withLock { _ = $0.insert(study) }
    return place
  }

  /// See `StudyStorage`.
  public func promote(rung: Int, reductionFactor: Int, in study: Int) throws -> Claim? {
    try StorageRules.check(reductionFactor: reductionFactor)
    try prepareRungs(of: study)
    // Mostly there is none, and looking takes no lock. Where another is faster, there may be a next one.
    while let trial = try promotable(rung, reductionFactor, study) {
      if let claim = try resume(trial, from: rung) { return claim }
    }
    return nil
  }

  private func promotable(_ rung: Int, _ reductionFactor: Int, _ study: Int) throws -> Int? {
    try connection.transaction(.read) { session, _ in
      let best = try session.first(
        """
        SELECT trial_id, number, value_order FROM tpsnet_rungs WHERE study_id = ?1 AND rung = ?2 AND is_paused = 1
        ORDER BY value_order DESC, number LIMIT 1
        """, .integer(study), .integer(rung)
      ) { (key: try $0.integer(0), number: try $0.integer(1), order: RungOrder(key: Int64(try $0.integer(2)))) }
      guard let best else { return nil }
      let standing = try standing(of: best.order, number: best.number, rung, study, session)
      return standing.better < standing.count / reductionFactor ? best.key : nil
    }
  }

  /// Claims a trial if it is still paused at `rung`.
  private func resume(_ trial: Int, from rung: Int) throws -> Claim? {
    let token = StorageRules.newToken()
    return try connection.transaction(.write) { session, isInDoubt in
      if isInDoubt, let claim = try claim(of: token, session) { return claim }
      let wasPaused = try session.exists(
        "UPDATE tpsnet_rungs SET is_paused = 0 WHERE trial_id = ?1 AND rung = ?2 AND is_paused = 1 RETURNING 1",
        .integer(trial), .integer(rung))
      guard wasPaused else { return nil }
      let key = try session.first(
        """
        UPDATE trials SET state = 'RUNNING', datetime_complete = NULL WHERE trial_id = ?1 AND state = 'PRUNED'
        RETURNING trial_id
        """, .integer(trial)
      ) { try $0.integer(0) }
      guard let key else { return nil }
      try session.execute("DELETE FROM trial_values WHERE trial_id = ?1", .integer(key))
      return try claim(key, token, session)
    }
  }

  /// See `StudyStorage`.
  public func values(ofRung rung: Int, in study: Int) throws -> [(number: Int, value: Double)] {
    try prepareRungs(of: study)
    return try connection.transaction(.statement) { session, _ in
      var values: [(number: Int, value: Double)] = []
      try session.query(
        "SELECT number, value_order FROM tpsnet_rungs WHERE study_id = ?1 AND rung = ?2 ORDER BY number",
        .integer(study), .integer(rung)
      ) { values.append((try $0.integer(0), RungOrder(key: Int64(try $0.integer(1))).value)) }
      return values
    }
  }

  private func count(
    _ change: Int, _ order: RungOrder, _ tier: RungTier, _ rung: Int, _ study: Int, _ session: any SQLSession
  ) throws {
    try session.execute(
      """
      INSERT INTO tpsnet_rung_tallies (study_id, rung, tier, bucket, tally) VALUES (?1, ?2, ?3, ?4, ?5)
      ON CONFLICT (study_id, rung, tier, bucket) DO UPDATE SET tally = tpsnet_rung_tallies.tally + excluded.tally
      """, .integer(study), .integer(rung), .integer(tier.rawValue), .integer(Int(tier.bucket(order))),
      .integer(change))
  }

  private func insert(
    _ order: RungOrder, _ rung: Int, trial: Int, number: Int, isPaused: Bool = false, _ study: Int,
    _ session: any SQLSession
  ) throws {
    try session.execute(
      """
      INSERT INTO tpsnet_rungs (trial_id, rung, study_id, number, value_order, is_paused)
      VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT (trial_id, rung) DO UPDATE SET value_order = excluded.value_order
      """, .integer(trial), .integer(rung), .integer(study), .integer(number), .integer(Int(order.key)),
      .integer(isPaused ? 1 : 0))
  }

  private func standing(
    of order: RungOrder, number: Int, _ rung: Int, _ study: Int, _ session: any SQLSession
  ) throws -> RungStanding {
    let wide = RungTier.wide.bucket(order)
    let narrow = RungTier.narrow.bucket(order)
    let tallies = "FROM tpsnet_rung_tallies WHERE study_id = ?1 AND rung = ?2 AND tier ="
    let values = "FROM tpsnet_rungs WHERE study_id = ?1 AND rung = ?2 AND value_order"
    return try session.first(
      """
      SELECT (SELECT tally \(tallies) 0 AND bucket = 0),
        (SELECT coalesce(sum(tally), 0) \(tallies) 1 AND bucket > ?3),
        (SELECT coalesce(sum(tally), 0) \(tallies) 2 AND bucket > ?4 AND bucket <= ?5),
        (SELECT count(*) \(values) > ?6 AND value_order <= ?7),
        (SELECT count(*) \(values) = ?6 AND number < ?8)
      """, .integer(study), .integer(rung), .integer(Int(wide)), .integer(Int(narrow)),
      .integer(Int(wide << 8 | 0xFF)), .integer(Int(order.key)), .integer(Int(narrow << 40 | 0xFF_FFFF_FFFF)),
      .integer(number)
    ) {
      RungStanding(
        count: try $0.integer(0),
        better: try $0.integer(1) + $0.integer(2) + $0.integer(3) + $0.integer(4), equal: try $0.integer(4))
    } ?? RungStanding(count: 0, better: 0)
  }

  private func hasRungs(_ study: Int) -> Bool {
    studiesWithRungs.withLock { $0.contains(study) }
  }

  private func prepareRungs(of study: Int) throws {
    if hasRungs(study) { return }
    try connection.transaction(.write) { session, _ in try takeUpRungs(of: study, session) }
    studiesWithRungs.withLock { _ = $0.insert(study) }
  }

  /// Takes up what Optuna's own successive halving left of a study that it began.
  private func takeUpRungs(of study: Int, _ session: any SQLSession) throws {
    if let lock = connection.dialect.lockStudy { try session.execute(lock, .integer(study)) }
    let isNew = try session.exists(
      """
      INSERT INTO tpsnet_studies (study_id) SELECT study_id FROM studies WHERE study_id = ?1
      ON CONFLICT (study_id) DO NOTHING RETURNING 1
      """, .integer(study))
    guard isNew else { return }
    var found: [(trial: Int, number: Int, isPruned: Bool, rung: Int, value: Double)] = []
    let prefix = StorageRules.rungPrefix
    try session.query(
      """
      SELECT t.trial_id, t.number, CASE WHEN t.state = 'PRUNED' THEN 1 ELSE 0 END, a."key", a.value_json
      FROM trials t JOIN trial_system_attributes a ON a.trial_id = t.trial_id
      WHERE t.study_id = ?1 AND a."key" LIKE ?2
      """, .integer(study), .text("\(prefix)%")
    ) { row in
      guard let name = try row.text(3), let rung = Int(name.dropFirst(prefix.count)),
        let value = try row.text(4).flatMap(Double.init)
      else { return }
      found.append((try row.integer(0), try row.integer(1), try row.integer(2) == 1, rung, value))
    }
    let last = Dictionary(found.map { ($0.trial, $0.rung) }, uniquingKeysWith: max)
    for entry in found {
      let order = RungOrder(entry.value)
      for tier in RungTier.allCases { try count(1, order, tier, entry.rung, study, session) }
      try insert(
        order, entry.rung, trial: entry.trial, number: entry.number,
        isPaused: entry.isPruned && last[entry.trial] == entry.rung, study, session)
    }
  }
}

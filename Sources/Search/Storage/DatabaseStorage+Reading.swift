// Reading trials: what six tables say of them, put together in one query.
// A text that says how a value is distributed is read once, however many trials share it.

extension DatabaseStorage {
  /// See `StudyStorage`.
  public func trials(in study: Int, states: Set<TrialState>?) throws -> [Trial] {
    let named = (states ?? Set(TrialState.allCases)).map { "'\($0.rawValue)'" }.sorted().joined(separator: ", ")
    guard !named.isEmpty else { return [] }
    return try connection.transaction(.read) { session, _ in
      try checkStudy(study, session)
      return try trials(where: "t.study_id = ?1 AND t.state IN (\(named))", [.integer(study)], session)
    }
  }

  /// See `StudyStorage`.
  public func trial(number: Int, in study: Int) throws -> Trial? {
    try connection.transaction(.read) { session, _ in
      try checkStudy(study, session)
      let key = try session.first(
        "SELECT trial_id FROM trials WHERE study_id = ?1 AND state IN (\(Self.allStates)) AND number = ?2",
        .integer(study), .integer(number)
      ) { try $0.integer(0) }
      return try key.map { try trial(key: $0, session) }
    }
  }

  /// See `StudyStorage`.
  public func counts(in study: Int) throws -> [TrialState: Int] {
    try connection.transaction(.read) { session, _ in
      try checkStudy(study, session)
      var counts: [TrialState: Int] = [:]
      try session.query("SELECT state, count(*) FROM trials WHERE study_id = ?1 GROUP BY state", .integer(study)) {
        counts[try Self.state($0.text(0))] = try $0.integer(1)
      }
      return counts
    }
  }

  /// The trial of a key. Throws where there is none.
  func trial(key: Int, _ session: any SQLSession) throws -> Trial {
    guard let trial = try trials(where: "t.trial_id = ?1", [.integer(key)], session).first else {
      throw StorageRules.noTrial(key)
    }
    return trial
  }

  /// Throws where there is no such study.
  func checkStudy(_ study: Int, _ session: any SQLSession) throws {
    guard try session.exists("SELECT 1 FROM studies WHERE study_id = ?1", .integer(study)) else {
      throw StorageRules.noStudy(study)
    }
  }

  /// All states, for an index that begins with them.
  static let allStates = TrialState.allCases.map { "'\($0.rawValue)'" }.joined(separator: ", ")

  private static func state(_ text: String?) throws -> TrialState {
    guard let state = text.flatMap(TrialState.init) else {
      throw StorageError.unusable("a trial is in the state \(text ?? "NULL"), which tpsnet does not know")
    }
    return state
  }

  private func trials(where condition: String, _ values: [SQLValue], _ session: any SQLSession) throws -> [Trial] {
    var trials: [Trial] = []
    var places: [Int: Int] = [:]
    var distributions: [String: Distribution] = [:]
    // In the order of its parts: a database may mix what a UNION ALL brings.
    try session.query(Self.query(condition) + "\nORDER BY 2", values) { row in
      let key = try row.integer(0)
      guard let kind = Part(rawValue: try row.integer(1)) else { return }
      if kind == .trial {
        guard let number = try row.double(3).flatMap({ Int(exactly: $0) }), number >= 0 else {
          throw StorageError.unusable("the trial of id \(key) has no number from 0 on: delete it with what wrote it")
        }
        places[key] = trials.count
        trials.append(
          Trial(
            id: key, number: number, state: try Self.state(row.text(2)),
            started: try row.text(4).flatMap(Timestamp.init(text:))?.dateOnWall,
            ended: try row.text(5).flatMap(Timestamp.init(text:))?.dateOnWall))
        return
      }
      guard let place = places[key] else { return }
      let name = try row.text(2) ?? ""
      let text = try row.text(4) ?? ""
      switch kind {
      case .trial: break
      case .parameter:
        let distribution = try distributions[text] ?? Distribution(json: text)
        distributions[text] = distribution
        trials[place].parameters[name] = ParameterValue(stored: try row.double(3) ?? .nan, distribution: distribution)
      case .value: trials[place].value = Self.value(try row.double(3), text)
      case .intermediateValue:
        trials[place].intermediateValues[Int(name) ?? 0] = Self.value(try row.double(3), text)
      case .userAttribute: trials[place].userAttributes[name] = text
      case .systemAttribute: trials[place].systemAttributes[name] = text
      }
    }
    return trials.sorted { $0.number < $1.number }
  }

  /// What a row of `query` tells of a trial. Its columns are the trial's key, this, a name, a number and two texts.
  private enum Part: Int {
    case trial, parameter, value, intermediateValue, userAttribute, systemAttribute
  }

  private static func query(_ condition: String) -> String {
    func part(_ kind: Part, _ table: String, _ columns: String) -> String {
      """
      UNION ALL SELECT t.trial_id, \(kind.rawValue), \(columns), NULL
      FROM trials t JOIN \(table) p ON p.trial_id = t.trial_id WHERE \(condition)
      """
    }
    return [
      """
      SELECT t.trial_id, 0, CAST(t.state AS TEXT), CAST(t.number AS DOUBLE PRECISION), CAST(t.datetime_start AS TEXT),
        CAST(t.datetime_complete AS TEXT)
      FROM trials t WHERE \(condition)
      """,
      part(.parameter, "trial_params", "p.param_name, p.param_value, p.distribution_json"),
      part(.value, "trial_values", "NULL, p.value, CAST(p.value_type AS TEXT)"),
      part(
        .intermediateValue, "trial_intermediate_values",
        "CAST(p.step AS TEXT), p.intermediate_value, CAST(p.intermediate_value_type AS TEXT)"),
      part(.userAttribute, "trial_user_attributes", "p.\"key\", NULL, p.value_json"),
      part(.systemAttribute, "trial_system_attributes", "p.\"key\", NULL, p.value_json"),
    ].joined(separator: "\n")
  }

  private static func value(_ number: Double?, _ type: String) -> Double {
    switch type {
    case "INF_POS": .infinity
    case "INF_NEG": -.infinity
    case "NAN": .nan
    default: number ?? .nan
    }
  }
}

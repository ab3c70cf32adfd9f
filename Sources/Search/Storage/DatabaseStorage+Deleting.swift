// A study that nobody wants any more: all of its rows, in Optuna's tables and in ours, in one transaction.
// What Optuna's own `delete-study` does, for those who do not have it.
import Synchronization

extension DatabaseStorage {
  private static let tablesOfTrials = [
    "trial_user_attributes", "trial_system_attributes", "trial_params", "trial_values", "trial_intermediate_values",
    "trial_heartbeats",
  ]
  private static let tablesOfStudies = [
    "trials", "study_user_attributes", "study_system_attributes", "study_directions", "studies",
  ]

  /// Deletes a study with its trials; files of trials stay. Whoever works on it must have ended: keys of deleted studies
  /// may be given out again. Throws `StorageError`.
  public func delete(study key: Int) throws {
    try connection.transaction(.write) { session, _ in
      // Nobody makes a trial meanwhile.
      if let lock = connection.dialect.lockStudy { try session.execute(lock, .integer(key)) }
      for table in Self.tablesOfTrials {
        try session.execute(
          "DELETE FROM \(table) WHERE trial_id IN (SELECT trial_id FROM trials WHERE study_id = ?1)", .integer(key))
      }
      // The rows of our own tables go with those that they belong to.
      for table in Self.tablesOfStudies {
        try session.execute("DELETE FROM \(table) WHERE study_id = ?1", .integer(key))
      }
    }
    studiesWithRungs.withLock { _ = $0.remove(key) }
  }
}

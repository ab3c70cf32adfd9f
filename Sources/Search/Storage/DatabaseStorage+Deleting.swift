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

  /// Deletes a study with its trials; files of trials stay. Its workers must have ended: keys of deleted studies may be
  /// given out again. Throws `StorageError`, also where trials are running, unless by `force`: their workers are dead.
  public func delete(study key: Int, force: Bool = false) throws {
    try connection.transaction(.write) { session, isInDoubt in
      // Nobody makes a trial meanwhile.
      if let lock = connection.dialect.lockStudy { try session.execute(lock, .integer(key)) }
      do {
        try checkStudy(key, session)
      } catch is StorageError where isInDoubt {
        // The answer was lost, not the deletion.
        return
      }
      let running =
        try session.first("SELECT count(*) FROM trials WHERE study_id = ?1 AND state = 'RUNNING'", .integer(key)) {
          try $0.integer(0)
        } ?? 0
      guard force || running == 0 else {
        throw StorageError.unusable("\(running) of the study's trials are running: end their workers first")
      }
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

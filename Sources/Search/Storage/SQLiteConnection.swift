// A connection to an SQLite file: transactions, and what their failures mean to whoever runs a study.
// synchronous=NORMAL: a power cut may undo the last transactions, and never damages the file; a crash undoes nothing.
import CSQLite
import Foundation

/// A connection to a file. Unchecked: every access holds `lock`.
final class SQLiteConnection: SQLConnection, @unchecked Sendable {
  let dialect = SQLDialect.sqlite
  private let path: String
  // Recursive, because a transaction's body may ask for more on its thread.
  private let lock = NSRecursiveLock()
  private let session: SQLiteSession

  /// Opens the file at `path`, made if it is missing unless it is opened only to be read. Locks are waited for up to
  /// `patience`.
  init(path: String, patience: Duration, isReadOnly: Bool = false) throws {
    self.path = path
    do {
      session = try SQLiteSession(path: path, patience: patience, isReadOnly: isReadOnly)
      if isReadOnly { return }
      // Moving the log into the file waits for the disk: for one trial in two hundred instead of one in fifty.
      for setting in ["synchronous = NORMAL", "wal_autocheckpoint = 4000"] { try session.execute("PRAGMA \(setting)") }
    } catch let failure as SQLiteSession.Failure {
      throw Self.meaning(of: failure, path)
    }
  }

  /// Whether a file may be read and not written, or nothing be made beside it.
  static func isReadOnly(_ path: String) -> Bool {
    let folder = (path as NSString).deletingLastPathComponent
    return access(path, W_OK) != 0 || access(folder.isEmpty ? "." : folder, W_OK) != 0
  }

  /// Turns on the write-ahead log, with which readers and the writer do not wait for one another. The switch needs the
  /// file for a moment to itself, and SQLite does not wait for that.
  func useWriteAheadLog(_ patience: Duration) throws {
    let deadline = ContinuousClock.now + patience
    while true {
      do {
        return try session.execute("PRAGMA journal_mode = WAL")
      } catch let failure as SQLiteSession.Failure {
        guard failure.isBusy, ContinuousClock.now < deadline else { throw Self.meaning(of: failure, path) }
        Thread.sleep(forTimeInterval: 0.01)
      }
    }
  }

  func transaction<Result>(
    _ kind: SQLTransaction, _ body: (_ session: any SQLSession, _ isInDoubt: Bool) throws -> Result
  ) throws -> Result {
    try lock.withLock {
      if session.isInTransaction { return try body(session, false) }
      do {
        // A write lock taken at once is waited for; one wanted later, after others wrote, could only be refused.
        if kind != .statement { try session.execute(kind == .read ? "BEGIN" : "BEGIN IMMEDIATE") }
        let result = try body(session, false)
        if kind != .statement { try session.execute("COMMIT") }
        return result
      } catch {
        if session.isInTransaction { try? session.execute("ROLLBACK") }
        guard let failure = error as? SQLiteSession.Failure else { throw error }
        throw Self.meaning(of: failure, path)
      }
    }
  }

  /// What went wrong, in words of the storage.
  private static func meaning(of failure: SQLiteSession.Failure, _ path: String) -> any Error {
    let detail = failure.message
    return switch failure.kind {
    case SQLITE_CONSTRAINT where !failure.isMissingValue: SQLFailure.notUnique(detail)
    case SQLITE_BUSY, SQLITE_LOCKED:
      StorageError.unusable("\(path) has been locked by another program for a minute: end that program, and try again")
    case SQLITE_FULL:
      StorageError.unusable("no space is left on the disk of \(path): free some and go on, nothing is lost")
    case SQLITE_IOERR: StorageError.unusable("\(path) cannot be read or written (\(detail)): check its disk and space")
    case SQLITE_READONLY, SQLITE_PERM:
      StorageError.unusable("\(path) may not be written: change its permissions and its folder's")
    case SQLITE_CANTOPEN:
      StorageError.unusable("\(path) cannot be opened: make its folder, or choose another --storage")
    case SQLITE_NOTADB: StorageError.unusable("\(path) is not an SQLite database: choose another --storage")
    case SQLITE_CORRUPT: StorageError.unusable("\(path) is damaged (\(detail)): restore it from a copy")
    default: StorageError.unusable("\(path): \(detail)")
    }
  }
}

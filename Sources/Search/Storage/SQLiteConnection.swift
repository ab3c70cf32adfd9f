// A connection to an SQLite file through GRDB: write-ahead log, prepared statements, patience with other processes.
// synchronous=NORMAL: a power cut may undo the last transactions, and never damages the file; a crash undoes nothing.
import Foundation
import GRDB
import Synchronization

/// A connection to a file.
final class SQLiteConnection: SQLConnection {
  let dialect = SQLDialect.sqlite
  private let path: String
  private let queue: DatabaseQueue

  /// Opens the file at `path`, made if it is missing. Locks are waited for up to `patience`.
  init(path: String, patience: Duration) throws {
    self.path = path
    var configuration = Configuration()
    configuration.foreignKeysEnabled = false
    configuration.busyMode = .callback(Self.waiting(upTo: patience))
    configuration.prepareDatabase { database in
      try database.execute(sql: "PRAGMA synchronous = NORMAL")
      // Moving the log into the file waits for the disk: for one trial in two hundred instead of one in fifty.
      try database.execute(sql: "PRAGMA wal_autocheckpoint = 4000")
    }
    do {
      queue = try DatabaseQueue(path: path, configuration: configuration)
      try Self.useWriteAheadLog(queue, patience)
    } catch let error as DatabaseError {
      throw Self.meaning(of: error, path)
    }
  }

  /// Sleeps between attempts to take a lock, shortly at first and never in step with others.
  private static func waiting(upTo patience: Duration) -> @Sendable (Int) -> Bool {
    let start = Mutex(ContinuousClock.now)
    return { attempts in
      let now = ContinuousClock.now
      let waited = start.withLock { start in
        if attempts == 0 { start = now }
        return now - start
      }
      guard waited < patience else { return false }
      Thread.sleep(forTimeInterval: .random(in: 0.5...1) * min(0.000_2 * Double(attempts + 1), 0.01))
      return true
    }
  }

  /// Turns on the write-ahead log, with which readers and the writer do not wait for one another. The switch needs the
  /// file for a moment to itself, and SQLite does not wait for that.
  private static func useWriteAheadLog(_ queue: DatabaseQueue, _ patience: Duration) throws {
    let deadline = ContinuousClock.now + patience
    while true {
      do {
        _ = try queue.inDatabase { try String.fetchOne($0, sql: "PRAGMA journal_mode = WAL") }
        return
      } catch let error as DatabaseError where error.resultCode == .SQLITE_BUSY && ContinuousClock.now < deadline {
        Thread.sleep(forTimeInterval: 0.01)
      }
    }
  }

  func transaction<Result>(
    _ kind: SQLTransaction, _ body: (_ session: any SQLSession, _ isInDoubt: Bool) throws -> Result
  ) throws -> Result {
    try queue.unsafeReentrantWrite { database in
      let session = SQLiteSession(database: database)
      if database.isInsideTransaction { return try body(session, false) }
      do {
        // A write lock taken at once is waited for; one wanted later, after others wrote, could only be refused.
        if kind != .statement { try session.execute(kind == .read ? "BEGIN" : "BEGIN IMMEDIATE", []) }
        let result = try body(session, false)
        if kind != .statement { try session.execute("COMMIT", []) }
        return result
      } catch {
        if database.isInsideTransaction { try? session.execute("ROLLBACK", []) }
        guard let error = error as? DatabaseError else { throw error }
        throw Self.meaning(of: error, path)
      }
    }
  }

  /// What went wrong, in words of the storage.
  private static func meaning(of error: DatabaseError, _ path: String) -> any Error {
    let detail = error.message ?? "\(error.resultCode)"
    return switch error.resultCode {
    case .SQLITE_CONSTRAINT where error.extendedResultCode != .SQLITE_CONSTRAINT_NOTNULL: SQLFailure.notUnique(detail)
    case .SQLITE_BUSY, .SQLITE_LOCKED:
      StorageError.unusable("\(path) has been locked by another program for a minute: end that program, and try again")
    case .SQLITE_FULL:
      StorageError.unusable("no space is left on the disk of \(path): free some and go on, nothing is lost")
    case .SQLITE_IOERR: StorageError.unusable("\(path) cannot be read or written (\(detail)): check its disk and space")
    case .SQLITE_READONLY, .SQLITE_PERM:
      StorageError.unusable("\(path) may not be written: change its permissions and its folder's")
    case .SQLITE_CANTOPEN:
      StorageError.unusable("\(path) cannot be opened: make its folder, or choose another --storage")
    case .SQLITE_NOTADB: StorageError.unusable("\(path) is not an SQLite database: choose another --storage")
    case .SQLITE_CORRUPT: StorageError.unusable("\(path) is damaged (\(detail)): restore it from a copy")
    default: StorageError.unusable("\(path): \(detail)")
    }
  }
}

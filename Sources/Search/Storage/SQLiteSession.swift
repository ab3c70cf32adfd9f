// SQLite's C interface: an open file, statements prepared once and kept, patience with other processes.
// Used by one thread at a time, which is for its owner to see to.
import CSQLite
import Foundation

/// An open file.
final class SQLiteSession: SQLSession {
  /// How a statement fails.
  struct Failure: Error {
    /// SQLite's extended result code.
    let code: CInt
    let message: String

    /// SQLite's primary result code.
    var kind: CInt { code & 0xFF }
    var isBusy: Bool { kind == SQLITE_BUSY }
    /// SQLITE_CONSTRAINT_NOTNULL.
    var isMissingValue: Bool { code == SQLITE_CONSTRAINT | 5 << 8 }
  }

  private let database: OpaquePointer
  private let waiting: Waiting
  private var statements: [String: OpaquePointer] = [:]

  /// Opens the file at `path`, made if it is missing unless it is opened only to be read. Locks are waited for up to
  /// `patience`. Throws `Failure`.
  init(path: String, patience: Duration, isReadOnly: Bool) throws {
    var opened: OpaquePointer?
    var (name, access) = (path, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE)
    if isReadOnly {
      access = SQLITE_OPEN_READONLY
      // Readers make the files of a write-ahead log where these are missing, unless nobody is said to write.
      if !FileManager.default.fileExists(atPath: path + "-wal"),
        let place = path.addingPercentEncoding(withAllowedCharacters: .urlPathAllowed)
      {
        (name, access) = ("file:\(place)?immutable=1", access | SQLITE_OPEN_URI)
      }
    }
    let code = sqlite3_open_v2(name, &opened, access | SQLITE_OPEN_NOMUTEX, nil)
    guard let opened, code == SQLITE_OK else {
      // Without memory there is not even a place for the message.
      let message = opened.map { String(cString: sqlite3_errmsg($0)) } ?? "no memory"
      sqlite3_close_v2(opened)
      throw Failure(code: code, message: message)
    }
    database = opened
    waiting = Waiting(patience: patience)
    sqlite3_extended_result_codes(database, 1)
    sqlite3_busy_handler(
      database,
      { waiting, attempts in
        guard let waiting else { return 0 }
        return Unmanaged<Waiting>.fromOpaque(waiting).takeUnretainedValue().goesOn(after: Int(attempts)) ? 1 : 0
      }, Unmanaged.passUnretained(waiting).toOpaque())
  }

  deinit {
    for statement in statements.values { sqlite3_finalize(statement) }
    sqlite3_close_v2(database)
  }

  var isInTransaction: Bool { sqlite3_get_autocommit(database) == 0 }

  func execute(_ sql: String, _ values: [SQLValue]) throws {
    try query(sql, values) { _ in }
  }

  func query(_ sql: String, _ values: [SQLValue], _ take: (any SQLRow) throws -> Void) throws {
    let statement = try prepared(sql)
    // A statement in the middle of its rows would keep its transaction open.
    defer { sqlite3_reset(statement) }
    for (index, value) in values.enumerated() { try check(bind(value, to: statement, at: CInt(index + 1))) }
    while true {
      switch sqlite3_step(statement) {
      case SQLITE_ROW: try take(SQLiteRow(statement: statement))
      case SQLITE_DONE: return
      case let code: try check(code)
      }
    }
  }

  private func prepared(_ sql: String) throws -> OpaquePointer {
    if let known = statements[sql] { return known }
    var statement: OpaquePointer?
    try check(sqlite3_prepare_v3(database, sql, -1, CUnsignedInt(SQLITE_PREPARE_PERSISTENT), &statement, nil))
    guard let statement else { throw Failure(code: SQLITE_MISUSE, message: "an empty statement") }
    statements[sql] = statement
    return statement
  }

  private func bind(_ value: SQLValue, to statement: OpaquePointer, at index: CInt) -> CInt {
    switch value {
    case .integer(let value): return sqlite3_bind_int64(statement, index, Int64(value))
    case .double(let value): return sqlite3_bind_double(statement, index, value)
    case .null: return sqlite3_bind_null(statement, index)
    case .text(var value):
      // SQLite's word for "copy it": a destructor of -1.
      let copying = unsafeBitCast(-1, to: sqlite3_destructor_type.self)
      return value.withUTF8 { bytes in
        bytes.withMemoryRebound(to: CChar.self) {
          // An empty text may have no address, and a null pointer would be NULL.
          $0.isEmpty
            ? sqlite3_bind_text(statement, index, "", 0, copying)
            : sqlite3_bind_text(statement, index, $0.baseAddress, CInt($0.count), copying)
        }
      }
    }
  }

  private func check(_ code: CInt) throws {
    guard code != SQLITE_OK else { return }
    throw Failure(code: sqlite3_extended_errcode(database), message: String(cString: sqlite3_errmsg(database)))
  }
}

/// Sleeps between attempts to take a lock, shortly at first and never in step with others.
private final class Waiting {
  private let patience: Duration
  private var start = SuspendingClock.now

  init(patience: Duration) {
    self.patience = patience
  }

  func goesOn(after attempts: Int) -> Bool {
    let now = SuspendingClock.now
    if attempts == 0 { start = now }
    guard now - start < patience else { return false }
    Thread.sleep(forTimeInterval: .random(in: 0.5...1) * min(0.000_2 * Double(attempts + 1), 0.01))
    return true
  }
}

private struct SQLiteRow: SQLRow {
  let statement: OpaquePointer

  func integer(_ column: Int) throws -> Int { Int(sqlite3_column_int64(statement, CInt(column))) }

  func double(_ column: Int) throws -> Double? {
    sqlite3_column_type(statement, CInt(column)) == SQLITE_NULL ? nil : sqlite3_column_double(statement, CInt(column))
  }

  func text(_ column: Int) throws -> String? {
    guard let text = sqlite3_column_text(statement, CInt(column)) else { return nil }
    let count = Int(sqlite3_column_bytes(statement, CInt(column)))
    return String(decoding: UnsafeBufferPointer(start: text, count: count), as: UTF8.self)
  }
}

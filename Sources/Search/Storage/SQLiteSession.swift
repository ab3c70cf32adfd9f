// Statements of SQLite's C interface, prepared and kept by GRDB. Values are bound here and rows read here, because
// GRDB's lists of arguments cost a third of a trial's instructions.
import Foundation
import GRDB
import GRDBSQLite

/// A database within a transaction.
struct SQLiteSession: SQLSession {
  let database: Database

  func execute(_ sql: String, _ values: [SQLValue]) throws {
    try query(sql, values) { _ in }
  }

  func query(_ sql: String, _ values: [SQLValue], _ take: (any SQLRow) throws -> Void) throws {
    let statement = try database.cachedStatement(sql: sql).sqliteStatement
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

  private func bind(_ value: SQLValue, to statement: SQLiteStatement, at index: CInt) -> CInt {
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
    throw DatabaseError(
      resultCode: ResultCode(rawValue: sqlite3_extended_errcode(database.sqliteConnection)),
      message: String(cString: sqlite3_errmsg(database.sqliteConnection)))
  }
}

private struct SQLiteRow: SQLRow {
  let statement: SQLiteStatement

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

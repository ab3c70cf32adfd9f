// The little that the storage asks of a database, so that one SQL code serves SQLite and PostgreSQL.
// SQL is written once, with parameters ?1, ?2, …; the few words in which the two differ are `SQLDialect`'s.

/// A value sent to a database.
enum SQLValue: Sendable {
  case integer(Int)
  case double(Double)
  case text(String)
  case null
}

/// A row as it comes; columns from 0.
protocol SQLRow {
  func integer(_ column: Int) throws -> Int
  func double(_ column: Int) throws -> Double?
  func text(_ column: Int) throws -> String?
}

/// An open transaction.
protocol SQLSession {
  /// Runs a statement for its effect. It may be sent, and so fail, as late as at the next query or the commit.
  func execute(_ sql: String, _ values: [SQLValue]) throws
  /// Runs a statement and takes its rows.
  func query(_ sql: String, _ values: [SQLValue], _ take: (any SQLRow) throws -> Void) throws
}

/// What a transaction is for.
enum SQLTransaction: Sendable {
  /// Queries that see one state of the database.
  case read
  /// Writes, all or none, safe on the server's disk when the call returns.
  case write
  /// As `write`, but others need not wait for the disk: it is waited for after the locks are given up.
  case quickWrite
  /// As `write`, for what may be lost with a server that crashes within a second, such as a heartbeat.
  case note
  /// One statement, which is its own transaction.
  case statement
}

/// One connection, used by one thread at a time; others wait.
protocol SQLConnection: AnyObject, Sendable {
  var dialect: SQLDialect { get }
  /// Runs `body` in a transaction, or within the one that this thread is in. Where the connection breaks, `body` runs
  /// again on a new one, and `isInDoubt` says that an earlier run may have been committed without our hearing of it.
  func transaction<Result>(
    _ kind: SQLTransaction, _ body: (_ session: any SQLSession, _ isInDoubt: Bool) throws -> Result
  ) throws -> Result
}

/// The words in which databases differ.
struct SQLDialect: Sendable {
  /// Keeps others from making trials of study ?1 until the transaction ends; nil where every writer does.
  let lockStudy: String?
  /// At the end of a query: keeps others from changing its rows until the transaction ends. (It lets foreign keys that
  /// point there be checked.)
  let lockingRows: String
  /// As `lockingRows`, passing over rows that others hold.
  let skippingLockedRows: String
  /// The key of a new trial.
  let nextTrialKey: String
  /// Statements that run in the transaction that makes the tables, before and after.
  let beforeTables: [String]
  let afterTables: [String]
  /// Column types.
  let key, time, real, direction, state, valueType, intermediateValueType: String
  /// After a table's columns where its primary key is all the order it needs.
  let clustered: String
  /// Whether a table ?1 exists, as a count.
  let tableCount: String
  /// How many tables there are; nil where other programs are expected to have some.
  let allTables: String?
}

/// Failures that the storage handles itself.
enum SQLFailure: Error {
  /// A row of that key exists; the text names table or constraint.
  case notUnique(String)
}

extension SQLSession {
  func execute(_ sql: String, _ values: SQLValue...) throws { try execute(sql, values) }

  func query(_ sql: String, _ values: SQLValue..., take: (any SQLRow) throws -> Void) throws {
    try query(sql, values, take)
  }

  /// The first row's result, if there is a row.
  func first<Result>(_ sql: String, _ values: SQLValue..., take: (any SQLRow) throws -> Result) throws -> Result? {
    var result: Result?
    try query(sql, values) { row in
      if result == nil { result = try take(row) }
    }
    return result
  }

  /// Whether there is a row.
  func exists(_ sql: String, _ values: SQLValue...) throws -> Bool {
    var exists = false
    try query(sql, values) { _ in exists = true }
    return exists
  }
}

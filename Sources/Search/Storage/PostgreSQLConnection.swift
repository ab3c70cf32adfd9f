// A connection to a PostgreSQL server through libpq: statements prepared once and sent in batches, one round trip a
// question. A connection that breaks is made anew, and the transaction that it cut off runs again.
import CPostgreSQL
import Foundation

/// A connection to a server. Unchecked: every access holds `lock`.
final class PostgreSQLConnection: SQLConnection, @unchecked Sendable {
  let dialect = SQLDialect.postgreSQL
  private let url: StorageURL
  private let address: String
  private let patience: Duration
  // Recursive, because a transaction's body may ask for more on its thread.
  private let lock = NSRecursiveLock()
  private var wire: PostgreSQLWire?
  private var isInTransaction = false

  /// Connects. Broken connections and locks are waited for up to `patience`.
  init(url: StorageURL, address: String, patience: Duration) throws {
    self.url = url
    self.address = address
    self.patience = patience
    do {
      wire = try connect()
    } catch PostgreSQLWire.Failure.broken(let reason) {
      throw StorageError.unusable("cannot connect to \(url): \(reason)")
    }
  }

  private func connect() throws -> PostgreSQLWire {
    try PostgreSQLWire(address: address, patience: patience)
  }

  func transaction<Result>(
    _ kind: SQLTransaction, _ body: (_ session: any SQLSession, _ isInDoubt: Bool) throws -> Result
  ) throws -> Result {
    try lock.withLock {
      if isInTransaction, let wire { return try body(wire, false) }
      isInTransaction = true
      defer { isInTransaction = false }
      // From the first failure on, which may have taken as long to be noticed.
      var deadline: SuspendingClock.Instant?
      func isOver() -> Bool {
        let end = deadline ?? .now + patience
        deadline = end
        return SuspendingClock.now >= end
      }
      var pause = 0.02
      var isInDoubt = false
      while true {
        do {
          return try run(kind, isInDoubt, body)
        } catch PostgreSQLWire.Failure.broken(let reason) {
          wire = nil
          isInDoubt = true
          guard !isOver() else {
            throw StorageError.unusable("\(url) does not answer any more (\(reason)): start the server and try again")
          }
        } catch PostgreSQLWire.Failure.again(let reason) {
          guard !isOver() else { throw StorageError.unusable("\(url): \(reason)") }
        } catch PostgreSQLWire.Failure.refused(let reason) {
          throw StorageError.unusable("\(url): \(reason)")
        }
        Thread.sleep(forTimeInterval: .random(in: 0.5...1) * pause)
        pause = min(pause * 2, 1)
      }
    }
  }

  private func run<Result>(
    _ kind: SQLTransaction, _ isInDoubt: Bool,
    _ body: (_ session: any SQLSession, _ isInDoubt: Bool) throws -> Result
  ) throws -> Result {
    let wire = try self.wire ?? connect()
    self.wire = wire
    do {
      switch kind {
      case .read: try wire.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", [])
      case .write: try wire.execute("BEGIN", [])
      case .quickWrite, .note:
        try wire.execute("BEGIN", [])
        try wire.execute("SET LOCAL synchronous_commit TO off", [])
      case .statement: break
      }
      let result = try body(wire, isInDoubt)
      if kind != .statement { try wire.execute("COMMIT", []) }
      try wire.flush()
      if kind == .quickWrite {
        // A transaction of nothing but a mark in the log: when it is on the disk, so is all before it.
        try wire.execute("SELECT pg_logical_emit_message(true, 'tpsnet', '')", [])
        try wire.flush()
      }
      return result
    } catch let failure as PostgreSQLWire.Failure {
      if case .broken = failure { throw failure }
      try wire.rollBack()
      throw failure
    } catch {
      try wire.rollBack()
      throw error
    }
  }
}

// libpq in pipeline mode: statements wait in line until an answer is needed, and then go together.
// One transaction of several statements so costs as many round trips as it asks questions.
import CPostgreSQL
import Foundation

/// An open connection, and what was sent on it.
final class PostgreSQLWire: SQLSession {
  /// How a statement or a connection fails.
  enum Failure: Error {
    /// The connection is gone.
    case broken(String)
    /// The transaction lost against another: the same again may succeed.
    case again(String)
    /// It will not be done.
    case refused(String)
  }

  private let connection: OpaquePointer
  /// Names of prepared statements by their SQL; no name is used twice.
  private var names: [String: String] = [:]
  private var nameCount = 0
  /// What was sent and not answered: SQL, or nil where a statement was prepared.
  private var unanswered: [String?] = []
  /// Prepared in the current batch: known to the server only once the batch went well.
  private var unsure: [String] = []

  /// Connects to `address`, a URL. Throws `Failure.broken`, or `StorageError.unusable` where the URL cannot be read.
  init(address: String, patience: Duration) throws {
    // libpq's complaint about a URL may quote a piece of the password.
    guard let options = PQconninfoParse(address, nil) else {
      throw StorageError.unusable(
        "--storage: the address of the PostgreSQL server cannot be read: write postgresql://user:password@host/name, "
          + "with %40 for @ and %2F for / in a password")
    }
    PQconninfoFree(options)
    // The URL comes last, so its own parameters win.
    let parameters = [
      ("application_name", "tpsnet"), ("client_encoding", "UTF8"), ("connect_timeout", "10"), ("keepalives_idle", "30"),
      ("keepalives_interval", "10"), ("keepalives_count", "3"), ("tcp_user_timeout", "20000"), ("dbname", address),
    ]
    let opened = withStrings(parameters.map(\.0)) { keywords in
      withStrings(parameters.map(\.1)) { values in PQconnectdbParams(keywords, values, 1) }
    }
    guard let opened else { throw Failure.broken("no memory") }
    connection = opened
    // Notices are for people at a terminal.
    PQsetNoticeProcessor(connection, { _, _ in }, nil)
    guard PQstatus(connection) == CONNECTION_OK else { throw Failure.broken(connectionMessage()) }
    let milliseconds = max(patience / .milliseconds(1), 1).rounded()
    try command(
      """
      SET datestyle TO ISO; SET lock_timeout TO \(Int(milliseconds)); \
      SET idle_in_transaction_session_timeout TO \(Int(milliseconds * 5 / 6))
      """)
    guard PQenterPipelineMode(connection) == 1 else { throw Failure.refused("the client library has no pipeline mode") }
  }

  deinit {
    PQfinish(connection)
  }

  private func command(_ sql: String) throws {
    let result = PQexec(connection, sql)
    defer { PQclear(result) }
    guard PQresultStatus(result) == PGRES_COMMAND_OK else { throw failure(result) }
  }

  func execute(_ sql: String, _ values: [SQLValue]) throws {
    let name: String
    if let known = names[sql] {
      name = known
    } else {
      nameCount += 1
      name = "s\(nameCount)"
      // Parameters are ?1 in our SQL, which has no other question marks.
      guard PQsendPrepare(connection, name, sql.replacing("?", with: "$"), 0, nil) == 1 else { throw lost() }
      names[sql] = name
      unsure.append(sql)
      unanswered.append(nil)
    }
    let texts = values.map(\.sent)
    guard texts.allSatisfy({ !($0?.utf8.contains(0) ?? false) }) else {
      throw Failure.refused("a text with a NUL character cannot be stored")
    }
    let sent = withStrings(texts) { PQsendQueryPrepared(connection, name, CInt(texts.count), $0, nil, nil, 0) }
    guard sent == 1 else { throw lost() }
    unanswered.append(sql)
  }

  func query(_ sql: String, _ values: [SQLValue], _ take: (any SQLRow) throws -> Void) throws {
    try execute(sql, values)
    let result = try answers()
    defer { PQclear(result) }
    for row in 0..<PQntuples(result) { try take(Row(result: result, row: row)) }
  }

  /// Waits until everything sent is done.
  func flush() throws {
    guard !unanswered.isEmpty else { return }
    PQclear(try answers())
  }

  /// Ends a transaction that failed. Throws `Failure.broken` alone.
  func rollBack() throws {
    do {
      try flush()
    } catch Failure.broken(let reason) {
      throw Failure.broken(reason)
    } catch {
      // What failed is known already.
    }
    guard PQtransactionStatus(connection) != PQTRANS_IDLE else { return }
    try execute("ROLLBACK", [])
    try flush()
  }

  /// Sends what waits and takes all answers. Returns the last statement's; throws the first failure.
  private func answers() throws -> OpaquePointer? {
    guard PQpipelineSync(connection) == 1 else { throw lost() }
    var last: OpaquePointer?
    var failure: (any Error)?
    for _ in unanswered {
      while let result = PQgetResult(connection) {
        switch PQresultStatus(result) {
        case PGRES_COMMAND_OK, PGRES_TUPLES_OK:
          PQclear(last)
          last = result
          continue
        case PGRES_PIPELINE_ABORTED: break
        default: failure = failure ?? self.failure(result)
        }
        PQclear(result)
      }
      if PQstatus(connection) != CONNECTION_OK { break }
    }
    if PQstatus(connection) == CONNECTION_OK {
      // The mark that ends the batch.
      PQclear(PQgetResult(connection))
    }
    unanswered = []
    defer { unsure = [] }
    if PQstatus(connection) != CONNECTION_OK { failure = lost() }
    guard let failure else { return last }
    PQclear(last)
    for sql in unsure { names[sql] = nil }
    throw failure
  }

  private func lost() -> Failure {
    .broken(connectionMessage())
  }

  private func connectionMessage() -> String {
    Self.line(PQerrorMessage(connection))
  }

  private static func line(_ message: UnsafePointer<CChar>?) -> String {
    let lines = message.map { String(cString: $0) }?.split(separator: "\n") ?? []
    return lines.first.map { $0.trimmingCharacters(in: .whitespaces) } ?? "the connection broke"
  }

  private func failure(_ result: OpaquePointer?) -> any Error {
    func field(_ letter: Unicode.Scalar) -> String? {
      PQresultErrorField(result, CInt(letter.value)).map { String(cString: $0) }
    }
    let state = field("C") ?? ""
    let message = field("M") ?? Self.line(PQresultErrorMessage(result))
    return switch state {
    case "23505": SQLFailure.notUnique(field("n") ?? message)
    case "40001", "40P01": Failure.again(message)
    // The server stops, starts, or ended a session that held others up.
    case "57P01", "57P02", "57P03", "25P03": Failure.broken(message)
    case "55P03": Failure.refused("locked by another program for too long: end that program, and try again")
    case "53100": Failure.refused("no space is left on the server's disk: free some and go on, nothing is lost")
    case "42501", "25006": Failure.refused("\(message): let the user create and write tables there")
    default: state.hasPrefix("08") || state.isEmpty ? Failure.broken(message) : Failure.refused(message)
    }
  }

  private struct Row: SQLRow {
    let result: OpaquePointer?
    let row: CInt

    private func value(_ column: Int) -> String? {
      guard PQgetisnull(result, row, CInt(column)) == 0, let text = PQgetvalue(result, row, CInt(column)) else {
        return nil
      }
      return String(cString: text)
    }

    func integer(_ column: Int) throws -> Int {
      guard let number = value(column).flatMap({ Int($0) }) else { throw Failure.refused("a number is missing") }
      return number
    }

    func double(_ column: Int) throws -> Double? { value(column).flatMap(Double.init) }

    func text(_ column: Int) throws -> String? { value(column) }
  }
}

extension SQLValue {
  /// The value as PostgreSQL reads it.
  fileprivate var sent: String? {
    switch self {
    case .integer(let value): "\(value)"
    case .double(let value): "\(value)"
    case .text(let value): value
    case .null: nil
    }
  }
}

/// Calls `body` with a list of C strings, ended by a null pointer.
private func withStrings<Result>(
  _ strings: [String?], _ body: (UnsafePointer<UnsafePointer<CChar>?>?) -> Result
) -> Result {
  var bytes: [CChar] = []
  var starts: [Int?] = []
  for string in strings {
    starts.append(string == nil ? nil : bytes.count)
    if let string { bytes.append(contentsOf: string.utf8CString) }
  }
  return bytes.withUnsafeBufferPointer { buffer in
    let pointers = starts.map { start in start.flatMap { buffer.baseAddress?.advanced(by: $0) } } + [nil]
    return pointers.withUnsafeBufferPointer { body($0.baseAddress) }
  }
}

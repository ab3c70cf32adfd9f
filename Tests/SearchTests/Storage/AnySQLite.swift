// SQLite as any other program uses it: SQL run on a file, without the storage under test.
// What fails fails the test with SQLite's own words.
import CSQLite
import Testing

/// Runs statements on the SQLite file at `path`; the rows' first columns.
@discardableResult
func runSQLite(_ sql: String, at path: String) throws -> [String] {
  var database: OpaquePointer?
  defer { sqlite3_close_v2(database) }
  try #require(sqlite3_open(path, &database) == SQLITE_OK)
  sqlite3_busy_timeout(database, 5000)
  var lines: [String] = []
  let code = withUnsafeMutablePointer(to: &lines) { lines in
    sqlite3_exec(
      database, sql,
      { lines, _, columns, _ in
        let first = columns?[0].map { String(cString: $0) }
        lines?.assumingMemoryBound(to: [String].self).pointee.append(first ?? "")
        return 0
      }, lines, nil)
  }
  try #require(code == SQLITE_OK, "\(String(cString: sqlite3_errmsg(database)))")
  return lines
}

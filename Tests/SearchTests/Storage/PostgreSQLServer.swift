// A PostgreSQL server for the tests alone: a new cluster in a temporary folder, reached through a socket there.
// A shell holds it and ends it when this process ends, however that happens. The server refuses to run as root, so
// root runs it as another user.
import Foundation
import Synchronization
import Testing

final class PostgreSQLServer: Sendable {
  /// The server of this process, started at first use.
  static let shared: Result<PostgreSQLServer, any Error> = Result { try PostgreSQLServer() }

  /// Whether the server's programs are installed.
  static let isPresent = binaries != nil

  private static let binaries: String? = {
    let versions = (try? FileManager.default.contentsOfDirectory(atPath: "/usr/lib/postgresql")) ?? []
    let newest = versions.sorted { ($0 as NSString).doubleValue > ($1 as NSString).doubleValue }
    let path = ProcessInfo.processInfo.environment["PATH", default: ""].split(separator: ":").map(String.init)
    return (newest.map { "/usr/lib/postgresql/\($0)/bin" } + path).first {
      FileManager.default.isExecutableFile(atPath: $0 + "/initdb")
        && FileManager.default.isExecutableFile(atPath: $0 + "/pg_ctl")
    }
  }()

  private let folder: String
  private let bin: String
  private let user: String
  private let keeper: Mutex<(Process, Pipe)?> = Mutex(nil)
  private let count = Mutex(0)

  init() throws {
    bin = try #require(Self.binaries)
    // Where the other user gets, too.
    let place = geteuid() == 0 ? URL(fileURLWithPath: "/tmp") : FileManager.default.temporaryDirectory
    folder = place.appendingPathComponent("tpsnet-pg-\(UUID().uuidString.prefix(8))").path
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    user = geteuid() != 0 ? "" : "setpriv --reuid=postgres --regid=postgres --clear-groups "
    if geteuid() == 0 { try shell("chown postgres '\(folder)'") }
    try shell(
      """
      \(user)'\(bin)/initdb' -D '\(folder)/data' -A trust -U tpsnet --no-sync --no-locale -E UTF8
      cat >> '\(folder)/data/postgresql.conf' <<END
      fsync = off
      listen_addresses = ''
      unix_socket_directories = '\(folder)'
      max_connections = 200
      END
      """)
    try start()
    // The shell waits for the end of its input, which comes with the end of this process at the latest.
    let process = Process()
    let input = Pipe()
    process.executableURL = URL(fileURLWithPath: "/bin/sh")
    process.arguments = ["-c", "cat > /dev/null; \(control("stop -m immediate")); rm -rf '\(folder)'"]
    process.standardInput = input
    process.standardOutput = FileHandle.nullDevice
    process.standardError = FileHandle.nullDevice
    try process.run()
    keeper.withLock { $0 = (process, input) }
  }

  private func control(_ arguments: String) -> String {
    "cd /; \(user)'\(bin)/pg_ctl' -D '\(folder)/data' -l '\(folder)/data/log' -w \(arguments)"
  }

  /// Starts the server and waits until it answers.
  func start() throws {
    // What the server inherits it keeps open, and `Process` takes the socket by which it watches a child for that.
    try shell(
      """
      (for file in /proc/$BASHPID/fd/*; do
        if [ "${file##*/}" -gt 2 ]; then eval "exec ${file##*/}>&-"; fi
      done
      \(control("start"))) < /dev/null
      """)
  }

  /// Ends the server at once, as a crash would.
  func stop() throws { try shell(control("stop -m immediate")) }

  /// Makes an empty database and returns its address.
  func newDatabase() throws -> String {
    let name = count.withLock {
      $0 += 1
      return "test\($0)"
    }
    try shell("'\(bin)/createdb' -h '\(folder)' -U tpsnet \(name)")
    return "postgresql://tpsnet@/\(name)?host=\(folder)"
  }

  /// Runs SQL of psql in the database at `url`, and returns what it prints.
  @discardableResult
  func psql(_ url: String, _ sql: String) throws -> String {
    try shell("'\(bin)/psql' -X -q -A -t -v ON_ERROR_STOP=1 '\(url)' <<'END'\n\(sql)\nEND")
  }

  /// The database's schema as SQL.
  func schema(_ url: String) throws -> String {
    try shell("'\(bin)/pg_dump' -s -O '\(url)'")
  }
}

/// Runs a shell command to its end and returns its output. Throws where it fails.
@discardableResult
func shell(_ command: String) throws -> String {
  let process = Process()
  let output = Pipe()
  process.executableURL = URL(fileURLWithPath: "/bin/bash")
  process.arguments = ["-c", "set -e\n" + command]
  process.standardInput = FileHandle.nullDevice
  process.standardOutput = output
  process.standardError = output
  try process.run()
  let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
  process.waitUntilExit()
  try #require(process.terminationStatus == 0, "\(command)\n\(text)")
  return text
}

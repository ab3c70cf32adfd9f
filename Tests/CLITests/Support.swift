// Running the program that was built beside these tests, and waiting for what it does:
// the tests see what a shell sees.
import Foundation
import TestSupport
import Testing

/// How a run of the program ended.
struct Outcome {
  /// The exit code; nil where a signal ended it.
  let code: Int32?
  let output: String
  let errors: String

  /// The lines of standard error.
  var errorLines: [Substring] { errors.split(separator: "\n") }

  /// Standard output as a JSON object.
  func json() throws -> [String: Any] {
    try #require(JSONSerialization.jsonObject(with: Data(output.utf8)) as? [String: Any])
  }
}

/// A run of the program under way.
final class Program {
  private let process = Process()
  private let folder: TemporaryFolder
  private var output: URL { folder.url.appendingPathComponent("output") }
  private var errors: URL { folder.url.appendingPathComponent("errors") }

  /// The executable that belongs to these tests.
  static func executable() throws -> URL {
    let program: URL = try #require(builtProgram("tpsnet"), "build the product tpsnet first")
    return program
  }

  /// Starts `tpsnet` with `arguments`, or with `shell` a shell command in which it is `$TPSNET`.
  init(
    _ arguments: [String], environment: [String: String] = [:], input: FileHandle = .nullDevice, shell: String? = nil
  ) throws {
    folder = try TemporaryFolder()
    let executable = try Self.executable()
    process.executableURL = shell == nil ? executable : URL(fileURLWithPath: "/bin/bash")
    process.arguments = shell.map { ["-c", $0] } ?? arguments
    // Nothing of the user's surroundings but the paths.
    var surroundings = ["TPSNET": executable.path, "HOME": folder.url.path, "PATH": "/usr/bin:/bin:/usr/sbin:/sbin"]
    surroundings["LD_LIBRARY_PATH"] = ProcessInfo.processInfo.environment["LD_LIBRARY_PATH"]
    surroundings["LLVM_PROFILE_FILE"] = "/dev/null"
    process.environment = surroundings.merging(environment) { $1 }
    process.currentDirectoryURL = folder.url
    for url in [output, errors] { try Data().write(to: url) }
    process.standardInput = input
    process.standardOutput = try FileHandle(forWritingTo: output)
    process.standardError = try FileHandle(forWritingTo: errors)
    try process.run()
  }

  /// Its process number.
  var number: Int32 { process.processIdentifier }

  /// Whether it has not ended.
  var isRunning: Bool { process.isRunning }

  /// Sends it a signal.
  func send(_ signal: Int32) { kill(process.processIdentifier, signal) }

  /// Waits for its end, two minutes at most.
  func outcome() throws -> Outcome {
    let end = ContinuousClock.now + .seconds(120)
    while isRunning, ContinuousClock.now < end { usleep(2000) }
    if isRunning { send(SIGKILL) }
    process.waitUntilExit()
    return Outcome(
      code: process.terminationReason == .exit ? process.terminationStatus : nil,
      output: try String(contentsOf: output, encoding: .utf8), errors: try String(contentsOf: errors, encoding: .utf8))
  }

  /// Waits until `condition` holds, the program ends or a minute has passed.
  func wait(until condition: () -> Bool) {
    let end = ContinuousClock.now + .seconds(60)
    while isRunning, ContinuousClock.now < end, !condition() { usleep(2000) }
  }

  /// Waits until it has written `text` to standard error.
  func wait(forError text: String) {
    wait { (try? String(contentsOf: errors, encoding: .utf8))?.contains(text) == true }
  }

  /// Waits until there is a file at `url`.
  func wait(for url: URL) { wait { FileManager.default.fileExists(atPath: url.path) } }
}

/// Runs `tpsnet` to its end.
func tpsnet(_ arguments: String..., environment: [String: String] = [:]) throws -> Outcome {
  try Program(arguments, environment: environment).outcome()
}

/// Runs `tpsnet` to its end.
func tpsnet(_ arguments: [String], environment: [String: String] = [:]) throws -> Outcome {
  try Program(arguments, environment: environment).outcome()
}

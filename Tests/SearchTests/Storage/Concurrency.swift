// Many at once: threads of this process, and processes of the program built beside the tests.
// Threads are real ones, because storages block.
import Foundation
import Synchronization
import TestSupport
import Testing

/// Runs `body` in `count` threads at once and returns what each came to.
func inThreads<Value: Sendable>(_ count: Int, _ body: @escaping @Sendable (Int) throws -> Value) throws -> [Value] {
  let results = Mutex<[Int: Result<Value, any Error>]>([:])
  let done = DispatchSemaphore(value: 0)
  let gathered = Gathering(results: results)
  for index in 0..<count {
    Thread.detachNewThread {
      let result = Result { try body(index) }
      gathered.results.withLock { $0[index] = result }
      done.signal()
    }
  }
  for _ in 0..<count { done.wait() }
  return try gathered.results.withLock { results in try (0..<count).map { try #require(results[$0]).get() } }
}

private final class Gathering<Value: Sendable>: Sendable {
  let results: Mutex<[Int: Result<Value, any Error>]>

  init(results: consuming sending Mutex<[Int: Result<Value, any Error>]>) {
    self.results = results
  }
}

/// A process of `tpsnet storage`, and what it prints.
final class StorageProcess {
  private let process = Process()
  private let output: URL
  private let folder: TemporaryFolder

  /// Starts `tpsnet storage` with `arguments`.
  init(_ arguments: [String], environment: [String: String] = [:]) throws {
    folder = try TemporaryFolder()
    output = URL(fileURLWithPath: folder.path("output"))
    try Data().write(to: output)
    let program: URL = try #require(builtProgram("tpsnet"), "build the product tpsnet first")
    // By way of a shell, because libfaketime replaces the environment of the first program that it is loaded into, and
    // Swift looks for a program's arguments beside it.
    process.executableURL = URL(fileURLWithPath: "/bin/sh")
    process.arguments = ["-c", "exec \"$0\" \"$@\"", program.path, "storage"] + arguments
    process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = try FileHandle(forWritingTo: output)
    process.standardError = try FileHandle(forWritingTo: output)
    try process.run()
  }

  var isRunning: Bool { process.isRunning }

  func kill() {
    Foundation.kill(process.processIdentifier, SIGKILL)
    process.waitUntilExit()
  }

  /// What it has printed so far.
  func printed() throws -> String { try String(contentsOf: output, encoding: .utf8) }

  /// Waits for its end, two minutes at most, and returns what it printed. Fails unless it ended well.
  func ended() throws -> String {
    let end = ContinuousClock.now + .seconds(120)
    while isRunning, ContinuousClock.now < end { usleep(2000) }
    if isRunning { kill() }
    process.waitUntilExit()
    let text = try printed()
    try #require(process.terminationReason == .exit && process.terminationStatus == 0, "\(text)")
    return text
  }
}

// Worker processes, started and watched: one that crashes is started again, one that ends by itself has its reason.
// A pipe ties them to this process: it closes when the supervisor wants them to end, and when it dies.
import Foundation
import Training

/// The workers of one `tpsnet search run`.
final class Supervisor {
  /// One place for a worker.
  private final class Seat {
    var process: Process?
    var lifeline: Pipe?
    var started = SuspendingClock.now
    /// Crashes in a row, each soon after a start.
    var crashes = 0
    let log: URL

    init(log: URL) {
      self.log = log
    }
  }

  private let arguments: [String]
  private let seats: [Seat]
  private var isEnding = false
  /// What the workers that gave up said last.
  private(set) var complaints: [String] = []
  /// Crashed workers so far.
  private(set) var restarts = 0

  /// Starts `count` workers, each `tpsnet` with `arguments`, their output appended to `worker-1.log`, … in `folder`.
  init(count: Int, arguments: [String], logs folder: URL) throws {
    self.arguments = arguments
    seats = (1...count).map { Seat(log: folder.appendingPathComponent("worker-\($0).log")) }
    for seat in seats { try start(seat) }
  }

  /// Looks after the workers; returns whether any is left.
  func look() -> Bool {
    for seat in seats {
      guard let process = seat.process, !process.isRunning else { continue }
      (seat.process, seat.lifeline) = (nil, nil)
      if process.terminationReason == .uncaughtSignal {
        restart(seat, after: process.terminationStatus)
      } else if process.terminationStatus == 130, !isEnding {
        complaints.append("somebody ended a worker by a signal (\(seat.log.path))")
      } else if ![0, 130].contains(process.terminationStatus) {
        complaints.append(complaint(of: seat, code: process.terminationStatus))
      }
    }
    return seats.contains { $0.process != nil }
  }

  /// Asks all workers to end after a checkpoint.
  func end() {
    isEnding = true
    for seat in seats { try? seat.lifeline?.fileHandleForWriting.close() }
  }

  private func restart(_ seat: Seat, after signal: Int32) {
    let hasLived = SuspendingClock.now - seat.started > .seconds(10)
    seat.crashes = hasLived ? 1 : seat.crashes + 1
    guard !isEnding else { return }
    guard seat.crashes < 20 else {
      complaints.append(
        "a worker crashed \(seat.crashes) times at its start, last by signal \(signal) (\(seat.log.path))")
      return
    }
    restarts += 1
    do {
      try start(seat)
    } catch {
      // The others work on.
      complaints.append("a worker crashed by signal \(signal) and cannot be started again: \(error)")
    }
  }

  private func start(_ seat: Seat) throws {
    let descriptor = open(seat.log.path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o666)
    guard descriptor >= 0 else {
      throw ConfigurationError(
        "cannot write \(seat.log.path): \(String(cString: strerror(errno))); choose another --folder")
    }
    let log = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
    let process = Process()
    // Not its path, behind which there may be another program by now.
    process.executableURL = URL(fileURLWithPath: "/proc/self/exe")
    process.arguments = arguments
    let lifeline = Pipe()
    process.standardInput = lifeline
    process.standardOutput = log
    process.standardError = log
    try process.run()
    (seat.process, seat.lifeline, seat.started) = (process, lifeline, .now)
  }

  /// Why a worker gave up: the last line of its log, if it got that far.
  private func complaint(of seat: Seat, code: Int32) -> String {
    let text = (try? String(contentsOf: seat.log, encoding: .utf8)) ?? ""
    let reason = text.split(separator: "\n").last ?? ""
    guard reason.hasPrefix("tpsnet: ") else {
      return "a worker ended with code \(code) and could not say why: is there room for \(seat.log.path)?"
    }
    return "\(reason.dropFirst("tpsnet: ".count)) (\(seat.log.path))"
  }
}

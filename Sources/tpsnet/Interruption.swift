// Ctrl-C, SIGTERM and the end of the terminal: the first signal asks the run to stop after its step and a checkpoint,
// another one, if it comes later and not with the first, ends the program at once.
import Dispatch
import Foundation
import Synchronization

/// Watches for signals from its creation on.
final class Interruption {
  /// When the first signal came; shared with the handlers' queue.
  private final class Request: Sendable {
    let time = Mutex<SuspendingClock.Instant?>(nil)
  }

  /// One cause may send two signals: `timeout` signals a program and its group, Slurm a script that passes them on.
  private static let patience = Duration.milliseconds(300)

  private let request = Request()
  private let sources: [any DispatchSourceSignal]

  init() {
    let queue = DispatchQueue(label: "interruption")
    // Who started it under `nohup` wants it to outlive the terminal.
    let isTied = unsafeBitCast(signal(SIGHUP, SIG_IGN), to: Int.self) != unsafeBitCast(SIG_IGN, to: Int.self)
    sources = ([SIGINT, SIGTERM] + (isTied ? [SIGHUP] : [])).map { number in
      signal(number, SIG_IGN)
      return DispatchSource.makeSignalSource(signal: number, queue: queue)
    }
    for source in sources {
      source.setEventHandler { [request] in
        let isSecond = request.time.withLock { time in
          guard let first = time else {
            time = .now
            return false
          }
          return SuspendingClock.now - first > Self.patience
        }
        // Not `exit`, which would destroy what the running step still uses.
        if isSecond { _exit(130) }
      }
      source.resume()
    }
  }

  /// Whether a signal has come.
  var isRequested: Bool { request.time.withLock { $0 != nil } }
}

// Ctrl-C, SIGTERM and the end of the terminal: the first signal asks the run to stop after its step and a checkpoint,
// another one, if it comes later and not with the first, ends the program at once, as the first does where all is saved.
import Dispatch
import Foundation
import Synchronization

/// Watches for signals from its creation on.
final class Interruption {
  /// What is shared with the handlers' queue.
  private final class Request: Sendable {
    struct State {
      /// When the first signal came.
      var time: SuspendingClock.Instant?
      /// What to say before a signal ends the program at once; nil as long as there is something to save.
      var farewell: String?
    }
    let state = Mutex(State())

    /// Not `exit`, which would destroy what the running step still uses.
    static func end(saying farewell: String?) -> Never {
      if let farewell { Console.error(farewell) }
      _exit(130)
    }
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
        let (isLast, farewell) = request.state.withLock { state in
          let first = state.time
          state.time = first ?? .now
          let isSecond = first.map { SuspendingClock.now - $0 > Self.patience } ?? false
          return (isSecond || state.farewell != nil, state.farewell)
        }
        if isLast { Request.end(saying: farewell) }
      }
      source.resume()
    }
  }

  /// Whether a signal has come.
  var isRequested: Bool { request.state.withLock { $0.time != nil } }

  /// From here on everything is saved: a signal ends the program at once, after these words; so does one that has come.
  func endAtOnce(saying farewell: String) {
    let isRequested = request.state.withLock { state in
      state.farewell = farewell
      return state.time != nil
    }
    if isRequested { Request.end(saying: farewell) }
  }
}

// Ctrl-C and SIGTERM: the first asks the run to stop after its step and a checkpoint,
// the second ends the program at once.
import Dispatch
import Foundation
import Synchronization

/// Watches for signals from its creation on.
final class Interruption {
  /// How often a signal has come; shared with the handlers' queue.
  private final class Requests: Sendable {
    let count = Mutex(0)
  }

  private let requests = Requests()
  private let sources: [any DispatchSourceSignal]

  init() {
    let queue = DispatchQueue(label: "interruption")
    sources = [SIGINT, SIGTERM].map { number in
      signal(number, SIG_IGN)
      return DispatchSource.makeSignalSource(signal: number, queue: queue)
    }
    for source in sources {
      source.setEventHandler { [requests] in
        let isSecond = requests.count.withLock { count in
          count += 1
          return count > 1
        }
        // Not `exit`, which would destroy what the running step still uses.
        if isSecond { _exit(130) }
      }
      source.resume()
    }
  }

  /// Whether a signal has come.
  var isRequested: Bool { requests.count.withLock { $0 > 0 } }
}

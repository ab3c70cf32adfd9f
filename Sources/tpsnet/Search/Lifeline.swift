// The pipe by which a worker hangs on its supervisor: when it closes, the supervisor is gone or wants an end.
// Unlike a signal, it also tells of a supervisor that was killed.
import Foundation
import Synchronization

/// Watches standard input for its end.
final class Lifeline: Sendable {
  private let isCutNow = Mutex(false)

  /// Whether it has closed.
  var isCut: Bool { isCutNow.withLock { $0 } }

  init() {
    Thread.detachNewThread {
      var byte: UInt8 = 0
      while true {
        let count = read(STDIN_FILENO, &byte, 1)
        if count == 0 || (count < 0 && errno != EINTR) { break }
      }
      self.isCutNow.withLock { $0 = true }
    }
  }
}

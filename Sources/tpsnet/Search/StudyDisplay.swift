// A study as it goes, on standard error: a line that is redrawn on a terminal,
// and otherwise one whenever trials have ended, at most every ten seconds.
import Foundation
import Reports
import Search

/// Shows where a study stands.
final class StudyDisplay {
  private let storage: any StudyStorage
  private let record: StudyRecord
  private let start = SuspendingClock.now
  private var next = SuspendingClock.now
  private var shown = ""
  private var lineIsOpen = false

  init(_ storage: any StudyStorage, _ record: StudyRecord) {
    self.storage = storage
    self.record = record
  }

  /// Shows it, if it is time to. `crashes` is the number of workers that had to be started again.
  func show(crashes: Int) {
    let isTerminal = Console.isTerminal
    let now = SuspendingClock.now
    guard now >= next else { return }
    // A storage that cannot be reached now is the workers' to complain of.
    let progress = try? StudyProgress(storage, record)
    // Looking at a large study takes a twentieth of the time at most; waiting for a storage is no looking.
    next = now + max(.seconds(isTerminal ? 2 : 10), min((SuspendingClock.now - now) * 20, .seconds(60)))
    guard let progress else { return }
    var line = progress.line
    if crashes > 0 { line += "; \(Format.counted(crashes, "crashed worker")) started again" }
    guard isTerminal || line != shown else { return }
    shown = line
    line = "\(Format.duration((SuspendingClock.now - start) / .seconds(1)))  \(line)"
    if isTerminal {
      Console.progress("\r\u{1B}[K" + String(line.prefix(max(20, Console.width - 1))))
      lineIsOpen = true
    } else {
      Console.error(line)
    }
  }

  /// Writes a line of its own.
  func note(_ text: String) {
    finish()
    Console.error(text)
  }

  /// Ends an open line.
  func finish() {
    if lineIsOpen { Console.progress("\r\u{1B}[K") }
    lineIsOpen = false
  }
}

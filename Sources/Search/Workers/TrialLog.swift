// A trial's log: what a person wants to know when a trial went wrong.
// It is appended to, by whoever works on the trial.
import Foundation
import Formats

/// An open log.
final class TrialLog {
  private let handle: FileHandle

  /// Opens the log at `url`, making it if need be.
  init(_ url: URL) throws {
    let descriptor = open(url.path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o666)
    guard descriptor >= 0 else {
      throw FileError(operation: "write", path: url.path, reason: String(cString: strerror(errno)))
    }
    handle = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
  }

  /// Appends text, line breaks included. A full disk is for the checkpoint to complain of.
  func write(_ text: String) { try? handle.write(contentsOf: Data(text.utf8)) }

  /// Appends a line with the time.
  func line(_ text: String) { write("\(Date().formatted(.iso8601)) \(text)\n") }
}

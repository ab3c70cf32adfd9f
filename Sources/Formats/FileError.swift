// A failed file operation, told in one line: what was done, to which path, and what the system said.
// Everything that reads or writes files in this module throws it.
import Glibc

/// A system call on a file that failed.
public struct FileError: Error, Equatable, CustomStringConvertible {
  /// What was attempted, such as "write".
  public let operation: String
  /// The file or folder it was attempted on.
  public let path: String
  /// The reason: the system's text for its error number, or our own.
  public let reason: String

  /// A failure of `operation` on `path` for `reason`.
  public init(operation: String, path: String, reason: String) {
    self.operation = operation
    self.path = path
    self.reason = reason
  }

  /// A failure with the system's text for the error number `code`.
  package init(operation: String, path: String, code: Int32) {
    self.init(operation: operation, path: path, reason: Self.text(of: code))
  }

  /// One line for the user.
  public var description: String { "cannot \(operation) \(path): \(reason)" }

  private static func text(of code: Int32) -> String {
    let message = withUnsafeTemporaryAllocation(of: CChar.self, capacity: 256) { buffer -> String? in
      guard let base = buffer.baseAddress, strerror_r(code, base, buffer.count) == 0 else { return nil }
      return String(cString: base)
    }
    return message ?? "error \(code)"
  }
}

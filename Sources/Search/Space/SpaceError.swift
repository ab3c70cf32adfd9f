// What is wrong with a space file, and where: file, line, column and key.

/// A place in a space file, or an option of the command line.
struct SourceMark: Hashable, Sendable {
  /// The file, or `--set key=value`.
  var origin: String
  /// Line and column from 1; nil where the origin is one line.
  var line: Int?
  var column: Int?

  var description: String {
    if let line, let column { "\(origin):\(line):\(column)" } else { origin }
  }
}

/// A space file that cannot be used.
public struct SpaceError: Error, Hashable, CustomStringConvertible {
  /// One line: `file:line:column: key: what is wrong and the remedy`.
  public let description: String

  init(_ mark: SourceMark, _ key: String, _ reason: String) {
    description = "\(mark.description): \(key.isEmpty ? "" : "\(key): ")\(reason)"
  }
}

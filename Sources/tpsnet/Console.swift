// Standard output for results, standard error for everything else,
// and what is known of the terminal behind them.
import Foundation

/// Where text goes.
enum Console {
  /// Writes a result.
  static func out(_ text: String) { write(text + "\n", to: FileHandle.standardOutput) }

  /// Writes a message or an error.
  static func error(_ text: String) { write(text + "\n", to: FileHandle.standardError) }

  /// Writes progress, line breaks included.
  static func progress(_ text: String) { write(text, to: FileHandle.standardError) }

  private static func write(_ text: String, to handle: FileHandle) {
    // A reader that has gone away (`| head`) is no error of ours.
    try? handle.write(contentsOf: Data(text.utf8))
  }

  /// Writes one JSON document.
  static func json(_ value: some Encodable) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    out(String(decoding: try encoder.encode(value), as: UTF8.self))
  }

  /// Whether standard error is a terminal.
  static var isTerminal: Bool { isatty(STDERR_FILENO) == 1 }

  /// Columns of the terminal on standard error; 80 where there is none.
  static var width: Int {
    var size = winsize()
    return ioctl(STDERR_FILENO, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col > 0 ? Int(size.ws_col) : 80
  }

  /// Whether colours are wanted on standard error.
  static var usesColor: Bool { isTerminal && allowsColor }

  /// Whether colours are wanted on standard output.
  static var outputUsesColor: Bool { isatty(STDOUT_FILENO) == 1 && allowsColor }

  /// See https://no-color.org.
  private static var allowsColor: Bool { ProcessInfo.processInfo.environment["NO_COLOR", default: ""].isEmpty }
}

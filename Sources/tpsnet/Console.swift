// Standard output for results, standard error for everything else,
// and what is known of the terminal behind them.
import Foundation

/// Where text goes.
enum Console {
  /// Writes a result.
  static func out(_ text: String) {
    guard let code = failure(writing: text + "\n", to: STDOUT_FILENO) else { return }
    error("tpsnet: standard output: \(String(cString: strerror(code))): write to where there is room")
    exit(1)
  }

  /// Writes a message or an error.
  static func error(_ text: String) { progress(text + "\n") }

  /// Writes progress, line breaks included.
  static func progress(_ text: String) { _ = failure(writing: text, to: STDERR_FILENO) }

  /// Why `text` could not be written; a reader that has gone away (`| head`) is no error of ours.
  private static func failure(writing text: String, to file: Int32) -> Int32? {
    var rest = Array(text.utf8)[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { write(file, $0.baseAddress, $0.count) }
      if count > 0 {
        rest = rest.dropFirst(count)
        continue
      }
      let code = errno
      switch code {
      case EINTR: continue
      case EAGAIN:
        // Another program that has the same terminal or pipe asked it not to wait.
        var place = pollfd(fd: file, events: Int16(POLLOUT), revents: 0)
        poll(&place, 1, -1)
      case EPIPE: return nil
      default: return code
      }
    }
    return nil
  }

  /// Writes one JSON document.
  static func json(_ value: some Encodable) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    // JSON has no such numbers, and other programs may have told a study of some.
    encoder.nonConformingFloatEncodingStrategy = .convertToString(
      positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
    out(String(decoding: try encoder.encode(value), as: UTF8.self))
  }

  /// Whether standard error is a terminal that can write over its line.
  static var isTerminal: Bool { isatty(STDERR_FILENO) == 1 && !isDumb }

  private static var isDumb: Bool { ProcessInfo.processInfo.environment["TERM"] == "dumb" }

  /// Columns of the terminal on standard error; 80 where there is none.
  static var width: Int { size(of: STDERR_FILENO)?.columns ?? 80 }

  /// Columns and rows of the terminal on standard output, or else on standard error; nil where there is none.
  static var outputSize: (columns: Int, rows: Int)? { size(of: STDOUT_FILENO) ?? size(of: STDERR_FILENO) }

  /// Columns for results; 80 where there is no terminal.
  static var outputWidth: Int { outputSize?.columns ?? 80 }

  private static func size(of file: Int32) -> (columns: Int, rows: Int)? {
    var size = winsize()
    guard ioctl(file, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return nil }
    return (Int(size.ws_col), Int(size.ws_row))
  }

  /// Whether colours are wanted on standard error.
  static var usesColor: Bool { isTerminal && allowsColor }

  /// Whether standard output is a terminal.
  static var outputIsTerminal: Bool { isatty(STDOUT_FILENO) == 1 }

  /// Whether colours are wanted on standard output.
  static var outputUsesColor: Bool { outputIsTerminal && allowsColor }

  /// See https://no-color.org.
  private static var allowsColor: Bool {
    !isDumb && ProcessInfo.processInfo.environment["NO_COLOR", default: ""].isEmpty
  }
}

// Text in YAML: the one way it is parsed, which refuses a few lines that would occupy the parser for ever,
// and words as YAML reads them, for settings that are made of options or paths.
import Formats
package import Foundation
package import Yams

/// Text in YAML, of which JSON is a part.
package enum YAMLText {
  /// Why a text is not given to the parser.
  package struct TooManyAliases: Error, CustomStringConvertible {
    package var description: String { "more than \(largestAliasCount) aliases: write the values out" }
  }

  /// The text in a file, which is `option`'s value. Throws `ConfigurationError`.
  package static func read(_ url: URL, _ option: String = "") throws -> String {
    let data: Data
    do throws(FileError) {
      data = try AtomicFile.read(url)
    } catch {
      throw ConfigurationError("\(option)\(url.path): cannot be read (\(error.reason)): name a YAML or JSON file")
    }
    guard let text = String(data: data, encoding: .utf8) else {
      throw ConfigurationError("\(option)\(url.path): not a text in UTF-8: name a YAML or JSON file")
    }
    return text
  }

  /// The node that `text` says; nil where it says nothing. Throws `TooManyAliases` or a `YamlError`.
  package static func compose(_ text: String) throws -> Node? {
    guard aliasCount(text) <= largestAliasCount else { throw TooManyAliases() }
    return try Yams.compose(yaml: text)
  }

  /// `text` as a scalar, in quotes where it would be read as anything else.
  package static func scalar(_ text: String) -> String {
    let isPlain = (try? ConfigurationTree(yaml: text, origin: "")) == .scalar(text, isQuoted: false)
    return isPlain ? text : "'\(text.replacingOccurrences(of: "'", with: "''"))'"
  }

  /// The parser compares keys, also such as are no words, by all that their aliases stand for: with n of them up to
  /// e^(n/e) times the text.
  private static let largestAliasCount = 20

  /// At least as many aliases as `text` has: a star that begins a word, also one in a comment or in quotes.
  private static func aliasCount(_ text: String) -> Int {
    let bytes = Array(text.utf8)
    return bytes.indices.count { index in
      guard bytes[index] == UInt8(ascii: "*"), index + 1 < bytes.count else { return false }
      let next = Character(UnicodeScalar(bytes[index + 1]))
      guard next.isASCII, next.isLetter || next.isNumber || next == "_" || next == "-" else { return false }
      guard index > 0 else { return true }
      let last = bytes[index - 1]
      // Line breaks beyond ASCII too.
      return last <= 0x20 || last >= 0x80 || "[{,:?-".utf8.contains(last)
    }
  }
}

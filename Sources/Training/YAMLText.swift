// Words as YAML reads them,
// for settings that are made of options or paths.
import Foundation

/// Text in YAML.
package enum YAMLText {
  /// `text` as a scalar, in quotes where it would be read as anything else.
  package static func scalar(_ text: String) -> String {
    let isPlain = (try? ConfigurationTree(yaml: text, origin: "")) == .scalar(text, isQuoted: false)
    return isPlain ? text : "'\(text.replacingOccurrences(of: "'", with: "''"))'"
  }
}

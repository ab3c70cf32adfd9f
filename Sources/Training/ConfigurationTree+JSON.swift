// A tree as JSON text, and a configuration from it: the quick way, for a search that decodes thousands.
// It is for trees made by encoding a value, whose plain scalars are JSON's numbers and truth values.
import Formats
import Foundation

extension ConfigurationTree {
  /// The tree as one line of JSON, keys sorted.
  public var json: String {
    switch self {
    case .scalar(let text, let isQuoted):
      isQuoted ? text.jsonQuoted : text
    case .list(let items):
      "[" + items.map(\.json).joined(separator: ",") + "]"
    case .map(let pairs):
      "{" + pairs.sorted { $0.key < $1.key }.map { "\($0.key.jsonQuoted):\($0.value.json)" }.joined(separator: ",")
        + "}"
    }
  }

  /// Decodes a value from the tree's JSON; throws `DecodingError`.
  public func decodeJSON<T: Decodable>(_ type: T.Type) throws -> T {
    try JSONDecoder().decode(type, from: Data(json.utf8))
  }
}

extension Configuration {
  /// One line of JSON, keys sorted: equal for equal configurations.
  public func canonicalJSON() throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return String(decoding: try encoder.encode(self), as: UTF8.self)
  }
}

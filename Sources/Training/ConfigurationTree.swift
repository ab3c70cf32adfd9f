// A configuration as a tree of plain values, so that defaults, presets, files and `--set` can be laid over
// one another before anything is decoded.
import Foundation
package import Yams

/// A configuration that cannot be used, with the path of the key at fault.
public struct ConfigurationError: Error, Hashable, CustomStringConvertible {
  /// One line: what is wrong, where, and the remedy.
  public let description: String

  /// An error that says `description`.
  public init(_ description: String) {
    self.description = description
  }
}

/// Throws `ConfigurationError` with the setting's path and the reason where `condition` does not hold.
func demand(_ condition: Bool, _ path: String, _ reason: @autoclosure () -> String) throws(ConfigurationError) {
  if !condition { throw ConfigurationError("\(path): \(reason())") }
}

/// One value of a configuration.
public enum ConfigurationTree: Hashable, Sendable {
  /// A number, text or truth value as written; quotes make a text of anything.
  case scalar(String, isQuoted: Bool)
  /// A list.
  case list([ConfigurationTree])
  /// Named values.
  case map([String: ConfigurationTree])

  /// Reads YAML, of which JSON is a part.
  public init(yaml text: String, origin: String) throws {
    let node: Node?
    do {
      node = try YAMLText.compose(text)
    } catch let error as YAMLText.TooManyAliases {
      throw ConfigurationError("\(origin): \(error)")
    } catch {
      throw ConfigurationError("\(origin): not valid YAML: \(Self.oneLine(error))")
    }
    self = try node.map { try ConfigurationTree($0, origin: origin) } ?? .map([:])
  }

  /// What a YAML node says; throws `ConfigurationError`.
  package init(_ node: Node, origin: String) throws {
    var left = Self.largestCount
    try self.init(node, origin: origin, left: &left)
  }

  /// As many values as anybody would write; aliases of aliases let a few lines stand for more than memory holds.
  private static let largestCount = 100_000

  private init(_ node: Node, origin: String, left: inout Int) throws {
    left -= 1
    guard left >= 0 else {
      throw ConfigurationError(
        "\(origin): more than \(Self.largestCount) values, aliases counted as what they stand for")
    }
    switch node {
    case .scalar(let scalar):
      guard scalar.style != .plain || !Self.isOfAnotherBase(scalar.string) else {
        throw ConfigurationError(
          "\(origin): \(scalar.string): a number of base 8 or 60 in YAML: write it without leading zeros and colons, "
            + "or in quotes where it is a text")
      }
      self = .scalar(scalar.string, isQuoted: scalar.style != .plain)
    case .sequence(let items):
      self = .list(try items.map { try ConfigurationTree($0, origin: origin, left: &left) })
    case .mapping(let pairs):
      var map: [String: ConfigurationTree] = [:]
      for (key, value) in pairs {
        guard let name = key.scalar?.string else {
          throw ConfigurationError("\(origin): a key is not a plain word")
        }
        map[name] = try ConfigurationTree(value, origin: origin, left: &left)
      }
      self = .map(map)
    case .alias:
      throw ConfigurationError("\(origin): an alias of nothing: write the value out")
    }
  }

  /// Whether YAML 1.1 reads another number than people do: `010` as 8, `1:30` as 90.
  private static func isOfAnotherBase(_ text: String) -> Bool {
    let digits = text.drop { "+-".contains($0) }
    guard digits.count > 1, digits.first?.isNumber == true else { return false }
    return digits.first == "0" && digits.allSatisfy { "0123456789_".contains($0) }
      || digits.contains(":") && digits.allSatisfy { "0123456789_:.".contains($0) }
  }

  private static func oneLine(_ error: any Error) -> String {
    // The parser quotes the offending line, however long it is.
    String("\(error)".split(separator: "\n").joined(separator: " ").prefix(300))
  }

  /// The tree as a YAML node, keys sorted.
  private var node: Node {
    switch self {
    case .scalar(let text, let isQuoted):
      Node(text, Tag(isQuoted ? .str : .implicit), isQuoted ? .doubleQuoted : .plain)
    case .list(let items): Node(items.map(\.node))
    case .map(let pairs): Node(pairs.sorted { $0.key < $1.key }.map { (Node($0.key), $0.value.node) })
    }
  }

  /// Decodes a value; an error names the key.
  public func decode<T: Decodable>(_ type: T.Type) throws -> T {
    do {
      return try YAMLDecoder().decode(type, from: node)
    } catch let error as DecodingError {
      throw ConfigurationError(Self.message(error))
    }
  }

  private static func path(_ keys: [any CodingKey]) -> String {
    keys.reduce("") { path, key in
      key.intValue.map { "\(path)[\($0)]" } ?? (path.isEmpty ? key.stringValue : "\(path).\(key.stringValue)")
    }
  }

  /// What people call the types of settings.
  private static let words = [
    "Mapping": "a map of keys", "Sequence": "a list", "Int": "a whole number", "UInt64": "a whole number from 0 on",
    "Double": "a number", "Float": "a number", "Bool": "true or false", "String": "a text",
    "Scalar": "a single value",
  ]

  private static func message(_ error: DecodingError) -> String {
    func path(_ context: DecodingError.Context) -> String { Self.path(context.codingPath) }
    switch error {
    case .typeMismatch(let type, let context):
      return "\(path(context)): \(words["\(type)"] ?? "a value of type \(type)") is expected"
    case .valueNotFound(let type, let context):
      return "\(path(context)): a value of type \(type) is missing"
    case .keyNotFound(let key, let context):
      let parent = path(context)
      return "\(parent.isEmpty ? "" : "\(parent).")\(key.stringValue): is missing, and has no default"
    case .dataCorrupted(let context):
      let reason = context.underlyingError.map { "\($0)" } ?? context.debugDescription
      return "\(path(context)): \(reason)"
    @unknown default:
      return "\(error)"
    }
  }

  /// The tree that `value` encodes to.
  public init(encoding value: some Encodable) throws {
    // Through JSON, whose numbers read as people write them (0.4914, not 4.914e-1).
    do {
      try self.init(yaml: String(decoding: try JSONEncoder().encode(value), as: UTF8.self), origin: "configuration")
    } catch EncodingError.invalidValue(let value, let context) {
      throw ConfigurationError("\(Self.path(context.codingPath)): \(value) is not a finite number")
    }
  }

  /// This tree with `other` laid over it: maps merge key by key (a key with nothing behind it changes nothing of a
  /// map), everything else is replaced.
  public func overlaid(with other: ConfigurationTree) -> ConfigurationTree {
    if case .map = self, other == .scalar("", isQuoted: false) { return self }
    guard case .map(let own) = self, case .map(let theirs) = other else { return other }
    return .map(own.merging(theirs) { $0.overlaid(with: $1) })
  }

  /// Sets the value at a path such as `schedule.period` or `model.layers[0].blocks`.
  public mutating func set(_ text: String) throws {
    guard let assignment = Assignment(text) else {
      throw ConfigurationError("--set \(text): write it as key.path=value")
    }
    let value = try ConfigurationTree(yaml: assignment.value, origin: "--set \(text)")
    do {
      try set(assignment.key, to: value)
    } catch let error as ConfigurationError {
      throw ConfigurationError("--set \(text): \(error)")
    }
  }

  private static func keys(of path: String) -> [String] {
    path.replacingOccurrences(of: "[", with: ".").replacingOccurrences(of: "]", with: "")
      .split(separator: ".").map(String.init)
  }

  /// The value at a path; nil where there is none.
  public subscript(path: String) -> ConfigurationTree? {
    var tree = self
    for key in Self.keys(of: path) {
      switch tree {
      case .map(let map):
        guard let child = map[key] else { return nil }
        tree = child
      case .list(let items):
        guard let index = Int(key), items.indices.contains(index) else { return nil }
        tree = items[index]
      case .scalar:
        return nil
      }
    }
    return tree
  }

  /// Sets the value at a path.
  public mutating func set(_ path: String, to value: ConfigurationTree) throws {
    let keys = Self.keys(of: path)
    guard !keys.isEmpty else { throw ConfigurationError("write it as key.path=value") }
    try replace(keys[...], with: value)
  }

  private mutating func replace(_ path: ArraySlice<String>, with value: ConfigurationTree) throws {
    guard let key = path.first else {
      self = value
      return
    }
    switch self {
    case .map(var map):
      self = .scalar("", isQuoted: false)  // So that the map is changed in place, not copied.
      defer { self = .map(map) }
      try map[key, default: .map([:])].replace(path.dropFirst(), with: value)
    case .list(var items):
      guard let index = Int(key), items.indices.contains(index) else {
        throw ConfigurationError(
          items.isEmpty
            ? "the list is empty: give the whole list" : "there is no element \(key): use 0 to \(items.count - 1)")
      }
      self = .scalar("", isQuoted: false)
      defer { self = .list(items) }
      try items[index].replace(path.dropFirst(), with: value)
    case .scalar:
      throw ConfigurationError("\(key) lies below a plain value")
    }
  }

  /// Takes the key at a path of maps out, if it is there.
  mutating func remove(_ path: String) {
    remove(Self.keys(of: path)[...])
  }

  private mutating func remove(_ path: ArraySlice<String>) {
    guard case .map(var map) = self, let key = path.first else { return }
    if path.count == 1 { map[key] = nil } else { map[key]?.remove(path.dropFirst()) }
    self = .map(map)
  }

  /// Throws unless the value at `path` is one of `choices`.
  public func check(_ path: String, isOneOf choices: [String]) throws {
    guard case .scalar(let text, _) = self[path], !choices.contains(text) else { return }
    throw ConfigurationError("\(path): \(text) is not one of \(choices.joined(separator: ", "))")
  }

  /// Throws at the first key of this tree that `known` does not have.
  public func checkKeys(against known: ConfigurationTree, path: String = "") throws {
    switch (self, known) {
    case (.map(let own), .map(let allowed)):
      for key in own.keys.sorted() {
        let full = path.isEmpty ? key : "\(path).\(key)"
        guard let child = own[key], let match = allowed[key] else {
          throw ConfigurationError("\(full): unknown key; known here: \(allowed.keys.sorted().joined(separator: ", "))")
        }
        try child.checkKeys(against: match, path: full)
      }
    case (.list(let own), .list(let allowed)):
      for (index, pair) in zip(own, allowed).enumerated() {
        try pair.0.checkKeys(against: pair.1, path: "\(path)[\(index)]")
      }
    default:
      break
    }
  }
}

extension ConfigurationTree {
  /// The tree as YAML text, keys sorted.
  public func yaml() throws -> String {
    try Yams.serialize(node: node)
  }
}

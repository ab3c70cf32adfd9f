// A space file as written: YAML whose keys are configuration paths, each with a value, a list or a range.
// What the paths mean is for `SearchSpace` to say; here they only have a place and a form.
import Foundation
import Training
import Yams

/// What stands behind a path.
struct SpaceEntry {
  /// The values that a path may take.
  enum Form {
    /// One value: the setting is fixed.
    case fixed(ConfigurationTree)
    /// A list: of choices, or for a setting that is a list itself, its value.
    case list([Choice], ConfigurationTree)
    /// Between two numbers, as written.
    case range(low: SpaceNumber, high: SpaceNumber, step: SpaceNumber?, log: Bool)
  }

  /// The configuration path; `model.layers[i].…` stands for one value in each layer, `[*]` for one in all.
  let path: String
  /// Where the path is written.
  let mark: SourceMark
  /// What it may be.
  let form: Form
  /// The setting from which its type is known: for all layers, that of the first.
  var setting: String {
    path.replacingOccurrences(of: "[i]", with: "[0]").replacingOccurrences(of: "[*]", with: "[0]")
  }
  /// The paths and values on which it depends.
  var conditions: [SpaceCondition] = []

  func error(_ reason: String) -> SpaceError { SpaceError(mark, path, reason) }

  /// Throws where a list is empty: of settings that are lists themselves, that is a value.
  func demandChoices() throws {
    if case .list(_, .list(let values)) = form, values.isEmpty { throw error("an empty list leaves nothing to choose") }
  }
}

/// `when: { path: values }`.
struct SpaceCondition {
  let path: String
  let values: [Choice]
  let mark: SourceMark
}

/// A number and its place.
struct SpaceNumber {
  let value: Choice
  let mark: SourceMark
  var double: Double { value.number ?? .nan }
}

/// The entries of a space file.
struct SpaceFile {
  private(set) var preset: (name: String, mark: SourceMark)?
  private(set) var entries: [SpaceEntry] = []
  private let origin: String
  private let isOneLine: Bool

  /// Reads YAML; throws `SpaceError`.
  init(yaml text: String, origin: String) throws {
    self.origin = origin
    isOneLine = false
    let node: Node?
    do {
      node = try YAMLText.compose(text)
    } catch let error as YAMLText.TooManyAliases {
      throw SpaceError(SourceMark(origin: origin), "", "\(error)")
    } catch let error as YamlError {
      throw Self.unreadable(error, origin: origin)
    }
    guard let node else { return }
    guard case .mapping(let map) = node else {
      throw SpaceError(mark(node), "", "a space file is a map of configuration paths to what they may be")
    }
    try read(map, under: "")
  }

  /// Reads a `key=value` of the command line.
  init(assignment: String) throws {
    origin = "--set \(assignment)"
    isOneLine = true
    guard let assignment = Assignment(assignment) else {
      throw SpaceError(SourceMark(origin: origin), "", "write it as key.path=value")
    }
    let node: Node?
    do {
      node = try YAMLText.compose(assignment.value)
    } catch let error as YAMLText.TooManyAliases {
      throw SpaceError(SourceMark(origin: origin), assignment.key, "\(error)")
    } catch is YamlError {
      node = nil
    }
    guard let node else {
      throw SpaceError(SourceMark(origin: origin), assignment.key, "no value: write it as key.path=value")
    }
    try read(key: Node(assignment.key), value: node, under: "")
  }

  private static func unreadable(_ error: YamlError, origin: String) -> SpaceError {
    switch error {
    case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
      .composer(_, let problem, let mark, _):
      SpaceError(SourceMark(origin: origin, line: mark.line, column: mark.column), "", "not valid YAML: \(problem)")
    case .duplicatedKeysInMapping(let duplicates, let context):
      SpaceError(
        SourceMark(origin: origin, line: context.mark.line, column: context.mark.column),
        duplicates.map { "\($0)" }.joined(separator: ", "), "given twice in one map: leave one")
    default:
      SpaceError(
        SourceMark(origin: origin), "", "not valid YAML: \("\(error)".split(separator: "\n").joined(separator: " "))")
    }
  }

  private func mark(_ node: Node) -> SourceMark {
    guard !isOneLine, let mark = node.mark else { return SourceMark(origin: origin) }
    return SourceMark(origin: origin, line: mark.line, column: mark.column)
  }

  private static let rangeKeys: Set<String> = ["low", "high", "step", "log", "choice", "when"]
  /// What other programs call these; no path of a configuration has such a part.
  private static let foreignKeys: Set<String> = [
    "choices", "default", "lower", "max", "min", "type", "upper", "value", "values",
  ]

  private mutating func read(_ map: Node.Mapping, under prefix: String) throws {
    for (key, value) in map { try read(key: key, value: value, under: prefix) }
  }

  private mutating func read(key: Node, value: Node, under prefix: String) throws {
    guard let word = key.scalar?.string, !word.isEmpty else {
      throw SpaceError(mark(key), "", "a key is not a plain word")
    }
    if prefix.isEmpty, word == "preset" {
      guard let name = value.scalar?.string else { throw SpaceError(mark(value), "preset", "name one preset") }
      preset = (name, mark(value))
      return
    }
    let path = prefix.isEmpty ? word : "\(prefix).\(word)"
    if case .mapping(let map) = value {
      let keys = map.keys.compactMap(\.scalar?.string)
      let isEntry = keys.contains { Self.rangeKeys.contains($0) || Self.foreignKeys.contains($0) }
      guard isEntry else { return try read(map, under: path) }
      return try append(try entry(path, mark(key), map))
    }
    try append(SpaceEntry(path: path, mark: mark(key), form: try form(value, path)))
  }

  private mutating func append(_ entry: SpaceEntry) throws {
    // One setting, one name.
    guard !entry.path.split(separator: ".", omittingEmptySubsequences: false).contains("") else {
      throw entry.error("a part of the path is empty")
    }
    if let other = entries.first(where: { $0.path == entry.path }) {
      throw entry.error("given twice, here and at \(other.mark.description): leave one")
    }
    entries.append(entry)
  }

  /// `{low, high, step, log, when}` or `{choice, when}`.
  private func entry(_ path: String, _ place: SourceMark, _ map: Node.Mapping) throws -> SpaceEntry {
    var numbers: [String: SpaceNumber] = [:]
    var log = false
    var choices: SpaceEntry.Form?
    var conditions: [SpaceCondition] = []
    for (key, value) in map {
      let word = key.scalar?.string ?? ""
      switch word {
      case "low", "high", "step":
        let number = value.scalar.map(Choice.init(scalar:))
        guard let number, number.number?.isFinite == true else {
          throw SpaceError(mark(value), "\(path).\(word)", "\(value.text) is not a number")
        }
        numbers[word] = SpaceNumber(value: number, mark: mark(value))
      case "log":
        guard case .flag(let flag)? = value.scalar.map(Choice.init(scalar:)) else {
          throw SpaceError(mark(value), "\(path).log", "\(value.text) is neither true nor false")
        }
        log = flag
      case "choice":
        guard case .sequence(let items) = value, !items.isEmpty else {
          throw SpaceError(mark(value), "\(path).choice", "a list is expected: [\(value.text), …]")
        }
        choices = try form(value, path)
      case "when":
        conditions = try self.conditions(value, path)
      default:
        throw SpaceError(
          mark(key), "\(path).\(word)", "unknown key; a range has low, high, step, log, a choice has choice; both when")
      }
    }
    if let choices {
      guard numbers.isEmpty, !log else { throw SpaceError(place, path, "either a choice or a range, not both") }
      return SpaceEntry(path: path, mark: place, form: choices, conditions: conditions)
    }
    guard let low = numbers["low"] else { throw SpaceError(place, path, "low is missing: a range has low and high") }
    guard let high = numbers["high"] else { throw SpaceError(place, path, "high is missing: a range has low and high") }
    return SpaceEntry(
      path: path, mark: place, form: .range(low: low, high: high, step: numbers["step"], log: log),
      conditions: conditions)
  }

  private func conditions(_ node: Node, _ path: String) throws -> [SpaceCondition] {
    guard case .mapping(let map) = node, !map.isEmpty else {
      throw SpaceError(mark(node), "\(path).when", "write it as when: { path: value }")
    }
    return try map.map { key, value in
      let values: [Choice]
      switch value {
      case .scalar(let scalar): values = [Choice(scalar: scalar)]
      case .sequence(let items): values = items.compactMap { $0.scalar.map(Choice.init(scalar:)) }
      default: values = []
      }
      guard !values.isEmpty else {
        throw SpaceError(mark(value), "\(path).when", "a value or a list of values is expected")
      }
      return SpaceCondition(path: key.scalar?.string ?? "", values: values, mark: mark(key))
    }
  }

  private func form(_ node: Node, _ path: String) throws -> SpaceEntry.Form {
    switch node {
    case .scalar(let scalar):
      guard !scalar.string.isEmpty || scalar.style != .plain else {
        throw SpaceError(mark(node), path, "nothing stands behind it: give a value, a list or a range")
      }
      return .fixed(.scalar(scalar.string, isQuoted: scalar.style != .plain))
    case .sequence(let items):
      let choices = items.compactMap { $0.scalar.map(Choice.init(scalar:)) }
      guard choices.count == items.count || choices.isEmpty else {
        throw SpaceError(mark(node), path, "choices are plain values")
      }
      return .list(choices, try ConfigurationTree(node, origin: origin))
    case .mapping, .alias:
      return .fixed(try ConfigurationTree(node, origin: origin))
    }
  }
}

extension Choice {
  /// What a YAML scalar means: a whole number, a number, a truth value, or else a word; quotes make a word of anything.
  init(scalar: Node.Scalar) {
    self.init(text: scalar.string, isQuoted: scalar.style != .plain)
  }

  /// What `text` means in YAML.
  public init(text: String, isQuoted: Bool = false) {
    if isQuoted {
      self = .text(text)
    } else if let value = Int(text) {
      self = .integer(value)
    } else if let value = Double(text), value.isFinite {
      self = .number(value)
    } else if text == "true" || text == "false" {
      self = .flag(text == "true")
    } else {
      self = .text(text)
    }
  }

  /// The value in a configuration.
  var tree: ConfigurationTree {
    if case .text(let text) = self { .scalar(text, isQuoted: true) } else { .scalar(description, isQuoted: false) }
  }
}

extension Node {
  /// The node in an error's words.
  fileprivate var text: String { scalar?.string ?? (mapping != nil ? "a map" : "a list") }
}

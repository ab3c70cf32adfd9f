// What type a configuration's setting has, found by trying: so that a space file need not say it
// and no second list of all settings exists.
import Training

/// The settings around a study's variables, and the types of them all.
struct SettingTypes {
  private(set) var base: Configuration
  private var tree: ConfigurationTree

  init(_ base: Configuration) throws {
    self.base = base
    tree = try ConfigurationTree(encoding: base)
  }

  /// Settings that are the same for all trials of a study, and why.
  private static let common: [(path: String, reason: String)] = [
    ("training.epochs", "trials are compared after equal epochs: give one number"),
    ("training.evaluateEvery", "trials are compared at equal epochs: give one number"),
    ("data", "trials are compared on the same images: give one value"),
    ("model.classes", "the images have one number of classes: give one value"),
    ("model.input", "the images have one size: give one value"),
    ("training.threads", "it changes no result: give one value, or --threads-per-worker"),
  ]

  /// Lays the entries that have one value over the base, at `path` instead of their own if given.
  mutating func fix(_ entries: [SpaceEntry], as path: String? = nil) throws {
    for entry in entries {
      guard entry.path != "training.seed" else {
        throw entry.error("each trial's seed follows from the study's and its number: leave it out")
      }
      switch entry.form {
      case .fixed(let value):
        try set(entry, value, at: path)
      case .list(_, let value):
        guard isList(entry) else { continue }
        try set(entry, value, at: path)
      case .range:
        continue
      }
    }
  }

  /// The base with the layers that `model.layers` lists; nil where it only counts them.
  mutating func fixedLayers(_ entry: SpaceEntry) throws -> Configuration? {
    guard case .list(let choices, let value) = entry.form, choices.isEmpty else { return nil }
    try set(entry, value)
    return base
  }

  /// What a setting is searched over; nil where it is fixed.
  func distribution(of entry: SpaceEntry) throws -> Distribution? {
    try checkKey(entry)
    switch entry.form {
    case .fixed:
      return nil
    case .list(let choices, _):
      if isList(entry) { return nil }
      try entry.demandChoices()
      for choice in choices { _ = try decode(entry, choice.tree) }
    case .range:
      break
    }
    if let rule = Self.common.first(where: { entry.path == $0.path || entry.path.hasPrefix("\($0.path).") }) {
      throw entry.error(rule.reason)
    }
    var isWhole = false
    if case .range = entry.form, (try? decode(entry, .scalar("0.5", isQuoted: false))) == nil {
      guard (try? decode(entry, .scalar("1", isQuoted: false))) != nil else {
        throw entry.error("it is no number: give a list of choices")
      }
      isWhole = true
    }
    guard case .many(let distribution) = try entry.values(isWhole: isWhole) else { return nil }
    return distribution
  }

  /// Whether the setting is a list itself.
  private func isList(_ entry: SpaceEntry) -> Bool {
    guard case .list(_, let value) = entry.form else { return false }
    return (try? decode(entry, value)) != nil
  }

  /// Throws where there is no such setting.
  private func checkKey(_ entry: SpaceEntry) throws {
    _ = try decode(entry, tree[entry.setting] ?? .scalar("0", isQuoted: false))
  }

  private mutating func set(_ entry: SpaceEntry, _ value: ConfigurationTree, at path: String? = nil) throws {
    base = try decode(entry, value, at: path)
    try tree.set(path ?? entry.setting, to: value)
  }

  private func decode(_ entry: SpaceEntry, _ value: ConfigurationTree, at path: String? = nil) throws -> Configuration {
    do {
      var changed = tree
      try changed.set(path ?? entry.setting, to: value)
      return try Configuration(changed)
    } catch let error as ConfigurationError {
      throw SpaceError(entry.mark, "", "\(error)")
    }
  }
}

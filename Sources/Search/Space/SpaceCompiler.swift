// From a space file to variables: which path means what, for which layers, under which conditions.
import Models
import Training

/// The variables and fixed settings of a space file.
struct SpaceCompiler {
  private(set) var parameters: [SearchSpace.Parameter] = []
  private(set) var base: Configuration
  /// As many residual layers as there may be.
  private(set) var template: [ResNetSpec.Layer]
  private(set) var fixedWidthFactor: Int?

  private var entries: [(path: SpacePath, entry: SpaceEntry)] = []
  /// Entries of the command line; what they make void is dropped without complaint.
  private var overrides: Set<SpacePath> = []
  private var conditions: [(parameter: String, of: SpaceEntry)] = []

  init(_ file: SpaceFile, base: Configuration?, settings: [String]) throws {
    do {
      let own = try file.preset.map { try Preset.named($0.name).configuration }
      self.base = base ?? own ?? Preset.default.configuration
    } catch let error as ConfigurationError {
      throw SpaceError(file.preset?.mark ?? SourceMark(origin: "preset"), "preset", "\(error)")
    }
    template = self.base.model.layers
    entries = try file.entries.map { (try SpacePath($0), $0) }
    for setting in settings {
      let file = try SpaceFile(assignment: setting)
      if let preset = file.preset { throw SpaceError(preset.mark, "preset", "choose it by --preset") }
      for entry in file.entries {
        let path = try SpacePath(entry)
        entries.removeAll { $0.path == path || path.covers($0.path) }
        entries.append((path, entry))
        overrides.insert(path)
      }
    }
    for (path, entry) in entries {
      if case .setting = path { continue }
      try entry.demandChoices()
    }
    var types = try SettingTypes(self.base)
    try types.fix(entries.compactMap { if case .setting = $0.path { $0.entry } else { nil } })
    self.base = types.base
    try countLayers(&types)

    for (path, entry) in entries {
      switch path {
      case .layers: try compileLayerCount(entry)
      case .widthFactor: try compileWidthFactor(entry)
      case .layer(let which, let key): try compile(entry, which, key)
      case .setting:
        guard let distribution = try types.distribution(of: entry) else { continue }
        append(entry, entry.path, distribution, Self.target(of: entry.path))
      }
    }
    try resolveConditions()
  }

  private func entry(_ path: SpacePath) -> SpaceEntry? { entries.first { $0.path == path }?.entry }

  private static func target(of path: String) -> SearchSpace.Target {
    switch path {
    case "model.stem.channels": .stemChannels
    case "model.stem.kernel": .stemKernel
    case "model.pool": .pool
    case "model.dropout": .dropout
    case "model.blockDropout": .blockDropout
    default: .setting(path)
    }
  }

  private mutating func append(
    _ entry: SpaceEntry, _ name: String, _ distribution: Distribution, _ target: SearchSpace.Target
  ) {
    parameters.append(
      SearchSpace.Parameter(name: name, distribution: distribution, conditions: [], target: target, mark: entry.mark))
    if !entry.conditions.isEmpty { conditions.append((name, entry)) }
  }

  // MARK: - Layers and their widths

  /// Makes `template` as long as there may be layers.
  private mutating func countLayers(_ types: inout SettingTypes) throws {
    guard let entry = entry(.layers) else { return }
    if let layers = try types.fixedLayers(entry) {
      base = layers
      template = base.model.layers
      entries.removeAll { $0.path == .layers }
      return
    }
    let counts = try entry.wholeNumbers()
    guard let least = counts.min(), let most = counts.max(), least >= 1, most <= 16 else {
      throw entry.error("the number of residual layers: use 1 to 16")
    }
    template = Array(template.prefix(most))
    while template.count < most, var next = template.last {
      next.channels *= 2
      next.stride = 2
      template.append(next)
    }
    base.model.layers = template
  }

  private mutating func compileLayerCount(_ entry: SpaceEntry) throws {
    guard case .many(let distribution) = try entry.values(isWhole: true) else { return }
    append(entry, "model.layers", distribution, .layerCount)
  }

  private mutating func compileWidthFactor(_ entry: SpaceEntry) throws {
    for (path, other) in entries {
      if case .layer(_, "channels") = path {
        throw other.error("the channels follow from model.widthFactor at \(entry.mark.description): leave one of both")
      }
    }
    guard try entry.wholeNumbers().allSatisfy({ (1...64).contains($0) }) else {
      throw entry.error("layer i has widthFactor · stem.channels · 2^(i−1) channels: use 1 to 64")
    }
    switch try entry.values(isWhole: true) {
    case .one(let value): fixedWidthFactor = Int(value.number ?? 1)
    case .many(let distribution): append(entry, "model.widthFactor", distribution, .widthFactor)
    }
  }

  private mutating func compile(_ entry: SpaceEntry, _ which: SpacePath.Layers, _ key: String) throws {
    let own = entries.compactMap { path, _ in
      if case .layer(.one(let index), key) = path { index } else { nil }
    }
    var indices = template.indices.filter { !own.contains($0) }
    if case .one(let index) = which {
      guard template.indices.contains(index) else {
        if overrides.contains(.layers), !overrides.contains(.layer(which, key)) { return }
        throw entry.error("there are at most \(template.count) layers: use [0] to [\(template.count - 1)]")
      }
      indices = [index]
    }
    if which == .all, self.entry(.layer(.each, key)) != nil {
      throw entry.error("model.layers[i].\(key) gives each layer its own: leave one of both")
    }
    var types = try SettingTypes(base)
    guard let distribution = try types.distribution(of: entry) else {
      for index in indices { try types.fix([entry], as: "model.layers[\(index)].\(key)") }
      base = types.base
      template = base.model.layers
      return
    }
    func target(_ indices: [Int]) -> SearchSpace.Target {
      SearchSpace.LayerField(rawValue: key).map { .layers(indices, $0) } ?? .layerSetting(indices, key)
    }
    if which == .all { return append(entry, entry.path, distribution, target(indices)) }
    for index in indices { append(entry, "model.layers[\(index)].\(key)", distribution, target([index])) }
  }

  // MARK: - Conditions

  /// Turns names into indices, and puts each variable behind those on which it depends.
  private mutating func resolveConditions() throws {
    var wanted: [String: [(parent: String, values: [Double])]] = [:]
    if let count = parameters.first(where: { $0.target == .layerCount }) {
      for parameter in parameters {
        guard let first = parameter.target.layers.min() else { continue }
        let values = (0..<(count.distribution.count ?? 0)).map(count.distribution.stored(at:))
        let allowed = values.filter { Int(count.number($0) ?? 0) > first }
        if allowed.count < values.count { wanted[parameter.name] = [(count.name, allowed)] }
      }
    }
    for (name, entry) in conditions {
      for condition in entry.conditions {
        func error(_ reason: String) -> SpaceError { SpaceError(condition.mark, "\(entry.path).when", reason) }
        guard let parent = parameters.first(where: { $0.name == condition.path }) else {
          guard let value = try fixedValue(condition) else {
            throw error("\(condition.path) is not in the space: name one of its variables")
          }
          if !condition.values.contains(where: { $0.isSame(as: value) }) { wanted[name, default: []].append(("", [])) }
          continue
        }
        guard parent.distribution.count != nil else {
          throw error("\(condition.path) is a continuum: depend on a list or on whole numbers")
        }
        wanted[name, default: []].append(
          (
            parent.name,
            try condition.values.map { value in
              guard let stored = parent.distribution.stored(of: value) else {
                throw error("\(condition.path) is never \(value): it is \(parent.distribution)")
              }
              return stored
            }
          ))
      }
    }
    try sort(wanted)
  }

  /// The value of a setting that is one number or word, where a condition names one.
  private func fixedValue(_ condition: SpaceCondition) throws -> Choice? {
    guard let entry = entries.first(where: { $0.entry.path == condition.path })?.entry,
      case .fixed(.scalar(let text, let isQuoted)) = entry.form
    else { return nil }
    return Choice(text: text, isQuoted: isQuoted)
  }

  private mutating func sort(_ wanted: [String: [(parent: String, values: [Double])]]) throws {
    var rest = parameters.filter { wanted[$0.name]?.contains { $0.values.isEmpty } != true }
    parameters = []
    while !rest.isEmpty {
      let position = rest.firstIndex { parameter in
        (wanted[parameter.name] ?? []).allSatisfy { link in parameters.contains { $0.name == link.parent } }
      }
      guard let position else {
        // A parent that never exists takes its children along; a circle has no beginning.
        let names = rest.map(\.name)
        if let orphan = rest.firstIndex(where: { parameter in
          (wanted[parameter.name] ?? []).contains { link in
            !names.contains(link.parent) && !parameters.contains { $0.name == link.parent }
          }
        }) {
          rest.remove(at: orphan)
          continue
        }
        throw SpaceError(rest[0].mark, rest[0].name, "it depends on itself through its conditions: break the circle")
      }
      var parameter = rest.remove(at: position)
      parameter.conditions = (wanted[parameter.name] ?? []).compactMap { link in
        parameters.firstIndex { $0.name == link.parent }.map {
          SearchSpace.Condition(parameter: $0, values: link.values)
        }
      }
      parameters.append(parameter)
    }
  }
}

extension SpacePath {
  /// Whether a value given on the command line for this path makes what the file says of `other` void.
  fileprivate func covers(_ other: SpacePath) -> Bool {
    guard case .layer(let which, let key) = self, case .layer(_, key) = other else { return false }
    return which == .all || which == .each
  }
}

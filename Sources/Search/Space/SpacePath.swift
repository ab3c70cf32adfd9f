// The paths of a space file: those of a configuration, and those that mean every residual layer.

/// What a path of a space file names.
enum SpacePath: Hashable {
  /// Which residual layers.
  enum Layers: Hashable {
    /// `[i]`: each for itself.
    case each
    /// `[*]`: all with one value.
    case all
    /// `[0]`: one.
    case one(Int)
  }

  /// `model.layers`: how many there are, or a list of them.
  case layers
  /// `model.widthFactor`.
  case widthFactor
  /// `model.layers[…].key`.
  case layer(Layers, String)
  /// Any other.
  case setting(String)

  init(_ entry: SpaceEntry) throws {
    let prefix = "model.layers"
    guard entry.path != "model.widthFactor" else {
      self = .widthFactor
      return
    }
    guard entry.path.hasPrefix(prefix), entry.path != prefix else {
      guard !entry.path.contains("[") else { throw entry.error("only model.layers has numbered elements") }
      self = entry.path == prefix ? .layers : .setting(entry.path)
      return
    }
    let rest = entry.path.dropFirst(prefix.count)
    let parts = rest.split(separator: "]", maxSplits: 1, omittingEmptySubsequences: false)
    guard rest.hasPrefix("["), parts.count == 2, parts[1].hasPrefix("."),
      let layers = Layers(String(parts[0].dropFirst()))
    else {
      throw entry.error("write model.layers[i].key (a value for each), [*] (one for all) or [0] (the first layer)")
    }
    self = .layer(layers, String(parts[1].dropFirst()))
  }
}

extension SpacePath.Layers {
  init?(_ text: String) {
    switch text {
    case "i": self = .each
    case "*": self = .all
    default:
      guard let index = Int(text), index >= 0, "\(index)" == text else { return nil }
      self = .one(index)
    }
  }
}

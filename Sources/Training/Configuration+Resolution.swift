// Where a configuration comes from: defaults < preset < file < `--set` < flags, each laid over the last,
// with unknown keys refused.
import Compute
import Datasets
public import Foundation
import Models

extension Configuration {
  /// One source of settings, laid over those before it.
  public enum Layer {
    /// A preset by name.
    case preset(String)
    /// A YAML or JSON file.
    case file(URL)
    /// YAML text, as stored in a run or a checkpoint.
    case text(String, origin: String)
    /// One `key.path=value`.
    case assignment(String)
  }

  /// The configuration that `layers`, in order, make of `base`. Throws `ConfigurationError` with the path of the key at
  /// fault.
  public static func resolve(
    _ layers: [Layer], over base: Configuration = Preset.default.configuration
  ) throws -> Configuration {
    var tree = try ConfigurationTree(encoding: base)
    var isChosen = false
    for layer in layers {
      switch layer {
      case .preset(let name):
        tree = try ConfigurationTree(encoding: Preset.named(name).configuration)
        isChosen = true
      case .file(let url):
        try tree.lay(over: ConfigurationTree(contentsOf: url), origin: url.path, keepsSettings: isChosen)
        isChosen = true
      case .text(let text, let origin):
        try tree.lay(over: ConfigurationTree(yaml: text, origin: origin), origin: origin, keepsSettings: isChosen)
        isChosen = true
      case .assignment(let assignment):
        try tree.set(assignment)
      }
    }
    let configuration = try Configuration(tree)
    try configuration.validate()
    return configuration
  }

  /// The configuration that a run wrote down, perhaps an older version's: keys that did not exist then are at their
  /// defaults, whatever a preset makes of them now. Throws `ConfigurationError`.
  static func stored(_ text: String, origin: String) throws -> Configuration {
    do {
      return try resolve([.text(text, origin: origin)], over: plain)
    } catch  where !"\(error)".hasPrefix(origin) {
      throw ConfigurationError("\(origin): \(error)")
    }
  }

  /// What a description of a network of one's own starts from.
  static let plain = Configuration(model: ResNetSpec(stem: .init(channels: 32), layers: [], pool: 4))

  /// Decodes a whole configuration, not validated yet; throws `ConfigurationError` at an unknown key or word.
  public init(_ tree: ConfigurationTree) throws {
    var tree = tree
    for (path, unused) in Configuration.retired where tree[path] == .scalar(unused, isQuoted: false) {
      tree.remove(path)
    }
    for (path, values) in Configuration.choices { try tree.check(path, isOneOf: values) }
    try tree.checkElements(of: "model.layers", like: ResNetSpec.Layer(blocks: 1, channels: 1, stride: 1))
    try tree.checkElements(of: "training.growth", like: Growth(blocks: 1, until: 0.5))
    if case .list(let layers)? = tree["model.layers"] {
      for index in layers.indices {
        try tree.check("model.layers[\(index)].entry", isOneOf: ResNetSpec.Layer.Entry.allCases.map(\.rawValue))
      }
    }
    self = try tree.decode(Configuration.self)
    // Whatever decoding did not take up does not come out again.
    try tree.checkKeys(against: ConfigurationTree(encoding: self))
    self = withWholePath
  }

  /// The same with the whole path of a data set's folder: it means the same wherever the configuration is read again.
  var withWholePath: Configuration {
    guard let source = try? DatasetSource(parsing: data.dataset) else { return self }
    var whole = self
    whole.data.dataset = source.description
    return whole
  }

  /// Keys that are gone, with the value by which earlier versions wrote down that they did nothing: runs and weights of
  /// that time can still be used.
  private static let retired = [("training.keep", "1")]

  /// The keys whose value is one word of a list, which an error has to name.
  private static let choices: [(path: String, values: [String])] = [
    ("model.activation", Activation.allCases.map(\.rawValue)),
    ("model.initialization", ResNetSpec.Initialization.allCases.map(\.rawValue)),
    ("model.pooling", ResNetSpec.Pooling.allCases.map(\.rawValue)),
    ("augmentation.paddingMode", Augmentation.PaddingMode.allCases.map(\.rawValue)),
    ("augmentation.flip", Augmentation.Flip.allCases.map(\.rawValue)),
    ("optimizer.kind", OptimizerSettings.Kind.allCases.map(\.rawValue)),
    ("optimizer.decay", OptimizerSettings.Decay.allCases.map(\.rawValue)),
    ("schedule.kind", Schedule.Kind.allCases.map(\.rawValue)),
    ("training.precision", PrecisionChoice.allCases.map(\.rawValue)),
    ("training.convolutions", ConvolutionAlgorithms.allCases.map(\.rawValue)),
  ]

  /// The configuration as YAML, keys sorted.
  public func yaml() throws -> String {
    try ConfigurationTree(encoding: self).yaml()
  }
}

extension ConfigurationTree {
  /// Reads a YAML or JSON file. Throws `ConfigurationError`.
  package init(contentsOf url: URL) throws {
    try self.init(yaml: YAMLText.read(url), origin: url.path)
  }

  /// Throws at a key that `example` does not have, before decoding takes a misspelt one for a missing one.
  fileprivate func checkElements(of path: String, like example: some Encodable) throws {
    guard case .list(let items)? = self[path] else { return }
    let known = try ConfigurationTree(encoding: example)
    for (index, item) in items.enumerated() { try item.checkKeys(against: known, path: "\(path)[\(index)]") }
  }

  /// A source that lists layers describes a network of its own: what it leaves out of the network is plain, not what a
  /// preset's network has, and so are its training settings where no preset and no file before it chose them.
  fileprivate mutating func lay(over other: ConfigurationTree, origin: String, keepsSettings: Bool) throws {
    guard case .map(let map) = other else { throw ConfigurationError("\(origin): a configuration is a map of keys") }
    if case .map(let model)? = map["model"], model["layers"] != nil {
      let plain = Configuration.plain
      self =
        keepsSettings
        ? overlaid(with: .map(["model": try ConfigurationTree(encoding: plain.model)]))
        : try ConfigurationTree(encoding: plain)
    }
    self = overlaid(with: other)
  }
}

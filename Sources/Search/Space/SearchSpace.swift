// What a study searches: variables that exist under conditions, and the configuration that their values make.
// The paths are those of `--set`; two more say how many residual layers there are and how their widths grow.
import Models
import Randomness
public import Training

/// The space of a study: a base configuration, and variables whose values are laid over it.
///
/// A space file maps configuration paths to what they may be: one value, a list to choose from, or a range.
///
///     preset: tpsnet
///     model.layers: { low: 2, high: 4 }                    # how many residual layers: N
///     model.layers[i].blocks: { low: 1, high: 24 }         # a value for each layer, which exists where the layer does
///     model.layers[*].kernel: [3, 5]                       # one value for all layers
///     model.stem.channels: { low: 8, high: 40 }            # C1
///     model.widthFactor: [1, 2]                            # k: layer i has k · C1 · 2^(i−1) channels
///     optimizer.learningRate: { low: 1e-4, high: 1e-1, log: true }
///     training.batchSize: [32, 64, 128, 256]
///     schedule.kind: [cosine, warmRestarts]
///     schedule.periodFactor: { choice: [1, 2], when: { schedule.kind: warmRestarts } }
///     training.labelSmoothing: 0.1                         # fixed
///
/// Ranges take `step` and `log`; whether numbers are whole is the setting's own nature. Residual layers beyond the
/// base configuration's repeat its last, with stride 2 and twice the channels.
public struct SearchSpace: Sendable {
  /// On what a variable depends: it exists where a variable before it exists and has one of some values.
  public struct Condition: Hashable, Sendable {
    /// Index of the other variable in `parameters`.
    public let parameter: Int
    /// The values that let it exist, as the database keeps them.
    public let values: [Double]
  }

  /// One variable.
  public struct Parameter: Sendable {
    /// Its path, as the database and every table show it.
    public let name: String
    /// Its values.
    public let distribution: Distribution
    /// It exists where all of these hold.
    public var conditions: [Condition]
    /// What it sets.
    let target: Target
    /// Where the space file has it.
    let mark: SourceMark
  }

  /// What a variable sets.
  enum Target: Hashable, Sendable {
    case layerCount, widthFactor
    case stemChannels, stemKernel, pool, dropout, blockDropout
    case layers([Int], LayerField)
    case layerSetting([Int], String)
    case setting(String)

    /// The residual layers it is about.
    var layers: [Int] {
      switch self {
      case .layers(let indices, _), .layerSetting(let indices, _): indices
      default: []
      }
    }
  }

  /// A number of a residual layer.
  enum LayerField: String, CaseIterable, Sendable {
    case blocks, channels, kernel, skipKernel, stride
  }

  /// The variables, each after those on which it depends.
  public let parameters: [Parameter]
  /// The configuration around the variables, fixed settings included.
  public let base: Configuration

  /// All the residual layers that there may be.
  let template: [ResNetSpec.Layer]
  /// The width factor where it is one number.
  let fixedWidthFactor: Int?
  /// `base` as a tree.
  let tree: ConfigurationTree
  /// The variable that is the batch size, if any.
  let batchSizeIndex: Int?
  /// Whether variables reach into the network beyond the study's own.
  let hasOtherModelSettings: Bool

  /// Reads a space file. Throws `SpaceError` with the place and key at fault.
  ///
  /// - Parameters:
  ///   - text: YAML.
  ///   - origin: The file's name, for errors.
  ///   - base: The configuration around the variables; nil takes the file's `preset`, or else the default preset.
  ///   - settings: `key=value` of the command line; each replaces what the file says of that path.
  public init(yaml text: String, origin: String, base: Configuration? = nil, settings: [String] = []) throws {
    let compiler = try SpaceCompiler(SpaceFile(yaml: text, origin: origin), base: base, settings: settings)
    parameters = compiler.parameters
    self.base = compiler.base
    template = compiler.template
    fixedWidthFactor = compiler.fixedWidthFactor
    tree = try ConfigurationTree(encoding: compiler.base)
    batchSizeIndex = parameters.firstIndex { $0.target == .setting("training.batchSize") }
    hasOtherModelSettings = parameters.contains { parameter in
      switch parameter.target {
      case .setting(let path): path.hasPrefix("model.")
      case .layerSetting: true
      default: false
      }
    }
    try checkValues(origin: origin)
  }

  /// The preset that a space file names; nil where it names none. Throws `SpaceError`.
  public static func preset(of text: String, origin: String) throws -> String? {
    try SpaceFile(yaml: text, origin: origin).preset?.name
  }

  /// The variable called `name`.
  public func parameter(named name: String) -> Parameter? { parameters.first { $0.name == name } }
}

/// One value for each variable of a space, as the database keeps it; nil where the variable does not exist.
struct Point: Hashable, Sendable {
  var values: [Double?]
}

extension SearchSpace {
  /// Whether variable `index` exists, given those before it.
  func exists(_ index: Int, in point: Point) -> Bool {
    parameters[index].conditions.allSatisfy { condition in
      point.values[condition.parameter].map(condition.values.contains) ?? false
    }
  }

  /// A point in which each variable that exists has the value `value` gives for its index.
  func point(_ value: (Int) throws -> Double) rethrows -> Point {
    var point = Point(values: [Double?](repeating: nil, count: parameters.count))
    for index in parameters.indices where exists(index, in: point) { point.values[index] = try value(index) }
    return point
  }

  /// A point drawn from the variables' own distributions.
  func draw(_ random: inout CounterRandom) -> Point {
    point { parameters[$0].distribution.draw(&random) }
  }

  /// The point's values by name, those that exist.
  func values(of point: Point) -> [String: ParameterValue] {
    var result: [String: ParameterValue] = [:]
    for (parameter, value) in zip(parameters, point.values) {
      if let value { result[parameter.name] = ParameterValue(stored: value, distribution: parameter.distribution) }
    }
    return result
  }
}

extension SearchSpace {
  /// The network of a point, not validated.
  func spec(of point: Point) throws -> ResNetSpec {
    var spec = base.model
    spec.layers = template
    var widthFactor = fixedWidthFactor
    for (parameter, stored) in zip(parameters, point.values) {
      guard let stored, let value = parameter.number(stored) else { continue }
      switch parameter.target {
      case .layerCount: spec.layers.removeLast(template.count - Int(value))
      case .widthFactor: widthFactor = Int(value)
      case .stemChannels: spec.stem.channels = Int(value)
      case .stemKernel: spec.stem.kernel = Int(value)
      case .pool: spec.pool = Int(value)
      case .dropout: spec.dropout = value
      case .blockDropout: spec.blockDropout = value
      case .layers(let indices, let field):
        for index in indices where index < spec.layers.count { spec.layers[index][field] = Int(value) }
      case .setting, .layerSetting: break
      }
    }
    if let widthFactor {
      // A stem beyond all bounds is refused by its own name.
      for index in spec.layers.indices { spec.layers[index].channels = widthFactor &* spec.stem.channels << index }
    }
    return hasOtherModelSettings ? try tree(of: point, spec)["model"]?.decodeJSON(ResNetSpec.self) ?? spec : spec
  }

  /// The configuration of a point, not validated; its seed is the base's.
  func configuration(of point: Point) throws -> Configuration {
    let spec = try spec(of: point)
    let isBase = zip(parameters, point.values).allSatisfy { parameter, value in
      if case .setting = parameter.target { value == nil } else { true }
    }
    // Decoding is what costs; a point over the network alone does without.
    var configuration = isBase ? base : try tree(of: point, spec).decodeJSON(Configuration.self)
    configuration.model = spec
    return configuration
  }

  /// The base with a point's settings, and around those of its network the numbers of `spec`.
  private func tree(of point: Point, _ spec: ResNetSpec) throws -> ConfigurationTree {
    var tree = self.tree
    if hasOtherModelSettings { try tree.set(spec) }
    for (parameter, stored) in zip(parameters, point.values) {
      guard let stored, let value = parameter.distribution.value(of: stored)?.tree else { continue }
      switch parameter.target {
      case .setting(let path): try tree.set(path, to: value)
      case .layerSetting(let indices, let key):
        for index in indices where index < spec.layers.count {
          try tree.set("model.layers[\(index)].\(key)", to: value)
        }
      default: break
      }
    }
    return tree
  }

  /// Images of a step at a point.
  func batchSize(of point: Point) -> Int {
    guard let index = batchSizeIndex, let stored = point.values[index], let value = parameters[index].number(stored)
    else { return base.training.batchSize }
    return Int(value)
  }
}

extension SearchSpace.Parameter {
  /// The number that a stored value means, of a range or a choice.
  func number(_ stored: Double) -> Double? {
    guard case .categorical(let choices) = distribution else { return stored }
    return choices[Int(stored)].number
  }
}

extension ResNetSpec.Layer {
  subscript(field: SearchSpace.LayerField) -> Int {
    get {
      switch field {
      case .blocks: blocks
      case .channels: channels
      case .kernel: kernel
      case .skipKernel: skipKernel
      case .stride: stride
      }
    }
    set {
      switch field {
      case .blocks: blocks = newValue
      case .channels: channels = newValue
      case .kernel: kernel = newValue
      case .skipKernel: skipKernel = newValue
      case .stride: stride = newValue
      }
    }
  }
}

extension ConfigurationTree {
  /// Sets the numbers of a network that a space's own variables decide, in a tree that has its residual layers or more.
  fileprivate mutating func set(_ spec: ResNetSpec) throws {
    func number(_ value: some Numeric) -> ConfigurationTree { .scalar("\(value)", isQuoted: false) }
    try set("model.stem.channels", to: number(spec.stem.channels))
    try set("model.stem.kernel", to: number(spec.stem.kernel))
    try set("model.pool", to: number(spec.pool))
    try set("model.dropout", to: number(spec.dropout))
    try set("model.blockDropout", to: number(spec.blockDropout))
    guard case .list(var layers) = self["model.layers"] else { return }
    layers.removeLast(layers.count - spec.layers.count)
    for (index, layer) in spec.layers.enumerated() {
      for field in SearchSpace.LayerField.allCases { try layers[index].set(field.rawValue, to: number(layer[field])) }
    }
    try set("model.layers", to: .list(layers))
  }
}

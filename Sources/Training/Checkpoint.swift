// Weights as a file: safetensors with PyTorch's names, and all that is needed to use them again
// (network, normalisation, class names) in its metadata.
public import Compute
public import Datasets
public import Foundation
public import Formats
public import Models

/// What a checkpoint says of itself.
public struct CheckpointInfo: Sendable {
  /// The network.
  public var model: ResNetSpec
  /// How images were scaled.
  public var normalization: Normalization
  /// Names of the classes, in the order of the logits.
  public var classNames: [String]
  /// Anything else worth keeping, such as epoch, seed and validation accuracy.
  public var notes: [String: String]

  /// A description of weights.
  public init(
    model: ResNetSpec, normalization: Normalization, classNames: [String], notes: [String: String] = [:]
  ) {
    self.model = model
    self.normalization = normalization
    self.classNames = classNames
    self.notes = notes
  }

  /// Keys of a file's metadata that are no notes.
  public static let ownKeys: Set = ["format", "model", "normalization", "classes"]

  /// Keys of a file's metadata that tell what the weights are and how they came about.
  public static let describingKeys = ownKeys.union([
    "configuration", "dataset", "precision", "seed", "step", imagesNote, startWeightsNote,
  ])

  /// The note of what the weights are called that a run started from.
  static let startWeightsNote = "startWeights"

  /// The note of `trainingImages`.
  static let imagesNote = "trainingImages"

  /// The fingerprint of the images that the weights were trained on or chosen by; nil in files of earlier versions.
  public var trainingImages: String? { notes[Self.imagesNote] }

  /// The weights that its run started from, as they were named; nil where they were drawn.
  public var startWeights: String? { notes[Self.startWeightsNote] }

  /// The data set that it was trained on, as `data.dataset` has it; nil where it does not say.
  public var dataset: String? {
    get { notes["dataset"] }
    set { notes["dataset"] = newValue }
  }

  /// The precision that it was trained in; nil where it does not say.
  public var trainingPrecision: Precision? { notes["precision"].flatMap(Precision.init) }

  /// Training steps so far, where it says so.
  public var steps: Int { notes["step"].flatMap { Int($0) } ?? 0 }

  /// The configuration it was trained with, where it says so. Throws `ConfigurationError`.
  public func configuration() throws -> Configuration? {
    try notes["configuration"].map { try Configuration.stored($0, origin: "the checkpoint's configuration") }
  }

  /// What a file says of itself, as strings.
  func metadata() throws -> [String: String] {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys]
    func json(_ value: some Encodable) throws -> String { String(decoding: try encoder.encode(value), as: UTF8.self) }
    return notes.merging([
      "format": "pt", "model": try json(model), "normalization": try json(normalization),
      "classes": try json(classNames),
    ]) { $1 }
  }
}

/// A checkpoint that cannot be used.
public struct CheckpointError: Error, Hashable, CustomStringConvertible {
  /// One line: file, fault and remedy.
  public let description: String
  /// Whether nothing is wrong with the checkpoint but that it was made with other training images.
  package var areImagesOthers = false
}

/// Reading and writing of weights.
public enum Checkpoint {
  private static let counterSuffix = "num_batches_tracked"

  /// Writes the values of `parameters` and `info` to `url`, atomically.
  ///
  /// - Parameters:
  ///   - steps: training steps so far, stored as each normalisation's `num_batches_tracked`.
  ///   - precision: bf16 halves the file: filters and matrices are rounded, everything of one dimension is kept.
  public static func save(
    _ parameters: ParameterStore, info: CheckpointInfo, steps: Int, as precision: Precision = .fp32, to url: URL
  ) throws {
    var file = try stateDictionary(parameters, steps: steps, as: precision)
    file.metadata = try info.metadata()
    try file.write(to: url)
  }

  /// The values of `parameters` as PyTorch's `state_dict`, without a description of the network.
  public static func stateDictionary(
    _ parameters: ParameterStore, steps: Int, as precision: Precision = .fp32
  ) throws -> SafetensorsFile {
    var file = SafetensorsFile(metadata: ["format": "pt"])
    for spec in parameters.specs {
      let values = UnsafeBufferPointer(parameters.values(of: spec.name))
      if precision == .bf16, spec.shape.count > 1 {
        try file.add(spec.name, shape: spec.shape, bfloat16s: values.map(\.bfloat16))
      } else {
        try file.add(spec.name, shape: spec.shape, floats: values)
      }
      if spec.role == .runningVariance {
        try file.add(
          spec.name.replacingOccurrences(of: "running_var", with: counterSuffix), shape: [],
          int64s: [Int64(steps)])
      }
    }
    return file
  }

  /// Reads what `url` says of itself; `fallback`, or else the tensors' shapes, describe files without metadata, such as
  /// a bare PyTorch `state_dict`.
  static func info(of file: SafetensorsFile, at url: URL, fallback: Configuration?) throws -> CheckpointInfo {
    func decode<T: Decodable>(_ key: String, as type: T.Type) throws -> T? {
      // Others note words of their own under these keys.
      guard let text = file.metadata[key], text.hasPrefix("{") || text.hasPrefix("[") else { return nil }
      do {
        return try JSONDecoder().decode(type, from: Data(text.utf8))
      } catch {
        throw CheckpointError(description: "\(url.path): its metadata \"\(key)\" cannot be read: \(error)")
      }
    }
    let model = try decode("model", as: ResNetSpec.self) ?? fallback?.model ?? inferredModel(of: file, at: url)
    do {
      _ = try model.graph()
    } catch {
      throw CheckpointError(description: "\(url.path): describes an impossible network: \(error)")
    }
    var normalization = try decode("normalization", as: Normalization.self)
    if normalization == nil, let fallback, !fallback.leavesNormalization {
      normalization = try fallback.normalization()
    }
    var notes = file.metadata.filter { !CheckpointInfo.ownKeys.contains($0.key) }
    if notes["step"] == nil { notes["step"] = steps(in: file).map { "\($0)" } }
    return CheckpointInfo(
      model: model, normalization: normalization ?? .study,
      classNames: (try decode("classes", as: [String].self) ?? []).map(\.withoutControls), notes: notes)
  }

  private static func inferredModel(of file: SafetensorsFile, at url: URL) throws -> ResNetSpec {
    do {
      return try ResNetSpec(shapes: Dictionary(file.tensors.map { ($0.name, $0.shape) }) { $1 })
    } catch {
      throw CheckpointError(
        description: "\(url.path): no description of the network in it, and its tensors do not tell it (\(error)): "
          + "add --preset or --config")
    }
  }

  /// The training steps that PyTorch's counters of batches tell, where there are any.
  private static func steps(in file: SafetensorsFile) -> Int64? {
    file.tensors.first { $0.name.hasSuffix(counterSuffix) }.flatMap { (try? file.int64s(named: $0.name))?.first }
  }

  /// What the checkpoint `url` says of itself.
  public static func describe(_ url: URL) throws -> CheckpointInfo {
    try info(of: SafetensorsFile(weightsAt: url), at: url, fallback: nil)
  }

  /// Weights from `url`, safetensors or a file that `torch.save` wrote, and what they are for. Names and shapes have to
  /// match the network's exactly. Throws `CheckpointError`, `SafetensorsError`, `TorchArchiveError` or, where `fallback`
  /// normalises by nonsense, `DatasetError`.
  public static func load(
    _ url: URL, fallback: Configuration? = nil
  ) throws -> (parameters: ParameterStore, graph: Graph, info: CheckpointInfo) {
    let file = try SafetensorsFile(weightsAt: url)
    let info = try info(of: file, at: url, fallback: fallback)
    let graph = try info.model.graph()
    // Before memory is taken for what a few bytes may claim.
    try check(file, has: graph.tensors, at: url)
    let parameters = ParameterStore(graph)
    try fill(parameters, from: file, at: url)
    return (parameters, graph, info)
  }

  private static func check(_ file: SafetensorsFile, has specs: [TensorSpec], at url: URL) throws {
    for spec in specs {
      guard let tensor = file[spec.name] else {
        throw CheckpointError(
          description: "\(url.path): tensor \(spec.name) is missing: the file is for another network")
      }
      guard tensor.shape == spec.shape else {
        throw CheckpointError(
          description: "\(url.path): tensor \(spec.name) has shape \(tensor.shape), the network needs \(spec.shape)")
      }
    }
    let known = Set(specs.map(\.name))
    if let extra = file.tensors.first(where: { !known.contains($0.name) && !$0.name.hasSuffix(counterSuffix) }) {
      throw CheckpointError(
        description: "\(url.path): tensor \(extra.name) has no place in the network: the file is for another one")
    }
  }

  /// Copies the tensors of `file`, which has them all, into `parameters`.
  private static func fill(_ parameters: ParameterStore, from file: SafetensorsFile, at url: URL) throws {
    for spec in parameters.specs {
      let values: [Float]
      do throws(SafetensorsError) {
        values = try file.floats(named: spec.name)
      } catch {
        throw SafetensorsError(error.problem, path: url.path)
      }
      guard values.allSatisfy(\.isFinite) else {
        throw CheckpointError(
          description: "\(url.path): tensor \(spec.name) holds values that are no numbers: use weights that work")
      }
      guard spec.role != .runningVariance || values.allSatisfy({ $0 >= 0 }) else {
        throw CheckpointError(
          description: "\(url.path): tensor \(spec.name) holds negative variances: use weights that work")
      }
      _ = parameters.values(of: spec.name).update(fromContentsOf: values)
    }
  }
}

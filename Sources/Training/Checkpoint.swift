// Weights as a file: safetensors with PyTorch's names, and all that is needed to use them again
// (network, normalisation, class names) in its metadata.
public import Compute
public import Datasets
public import Foundation
import Formats
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
}

/// A checkpoint that cannot be used.
public struct CheckpointError: Error, Hashable, CustomStringConvertible {
  /// One line: file, fault and remedy.
  public let description: String
}

/// Reading and writing of weights.
public enum Checkpoint {
  private static let counterSuffix = "num_batches_tracked"

  /// Writes the values of `parameters` and `info` to `url`, atomically.
  ///
  /// - Parameter steps: training steps so far, stored as each normalisation's `num_batches_tracked`.
  public static func save(
    _ parameters: ParameterStore, info: CheckpointInfo, steps: Int, to url: URL
  ) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys]
    func json(_ value: some Encodable) throws -> String { String(decoding: try encoder.encode(value), as: UTF8.self) }
    var file = SafetensorsFile(
      metadata: info.notes.merging([
        "format": "pt", "model": try json(info.model), "normalization": try json(info.normalization),
        "classes": try json(info.classNames),
      ]) { $1 })
    for spec in parameters.specs {
      try file.add(
        spec.name, shape: spec.shape, floats: UnsafeBufferPointer(parameters.values(of: spec.name)))
      if spec.role == .runningVariance {
        try file.add(
          spec.name.replacingOccurrences(of: "running_var", with: counterSuffix), shape: [],
          int64s: [Int64(steps)])
      }
    }
    try file.write(to: url)
  }

  /// Reads what `url` says of itself; `fallback` describes files without metadata, such as a bare PyTorch
  /// `state_dict`.
  static func info(of file: SafetensorsFile, at url: URL, fallback: Configuration?) throws -> CheckpointInfo {
    func decode<T: Decodable>(_ key: String, as type: T.Type) throws -> T? {
      guard let text = file.metadata[key] else { return nil }
      do {
        return try JSONDecoder().decode(type, from: Data(text.utf8))
      } catch {
        throw CheckpointError(description: "\(url.path): its metadata \"\(key)\" cannot be read: \(error)")
      }
    }
    guard let model = try decode("model", as: ResNetSpec.self) ?? fallback?.model else {
      throw CheckpointError(
        description: "\(url.path): no description of the network in it: add --preset or --config")
    }
    do {
      try model.validate()
    } catch {
      throw CheckpointError(description: "\(url.path): describes an impossible network: \(error)")
    }
    var normalization = try decode("normalization", as: Normalization.self)
    if normalization == nil, let fallback, !fallback.leavesNormalization {
      normalization = try fallback.normalization()
    }
    return CheckpointInfo(
      model: model, normalization: normalization ?? .study,
      classNames: try decode("classes", as: [String].self) ?? [],
      notes: file.metadata.filter { !["model", "normalization", "classes", "format"].contains($0.key) })
  }

  /// What the checkpoint `url` says of itself.
  public static func describe(_ url: URL) throws -> CheckpointInfo {
    try info(of: SafetensorsFile(contentsOf: url), at: url, fallback: nil)
  }

  /// Weights from `url` and what they are for. Throws `CheckpointError` or `SafetensorsError`; names and
  /// shapes have to match the network's exactly.
  public static func load(
    _ url: URL, fallback: Configuration? = nil
  ) throws -> (parameters: ParameterStore, graph: Graph, info: CheckpointInfo) {
    let file = try SafetensorsFile(contentsOf: url)
    let info = try info(of: file, at: url, fallback: fallback)
    let graph = try info.model.graph()
    let parameters = ParameterStore(graph)
    try fill(parameters, from: file, at: url)
    return (parameters, graph, info)
  }

  /// Copies the tensors of `file` into `parameters`.
  static func fill(_ parameters: ParameterStore, from file: SafetensorsFile, at url: URL) throws {
    for spec in parameters.specs {
      guard let tensor = file[spec.name] else {
        throw CheckpointError(
          description: "\(url.path): tensor \(spec.name) is missing: the file is for another network")
      }
      guard tensor.shape == spec.shape else {
        throw CheckpointError(
          description: "\(url.path): tensor \(spec.name) has shape \(tensor.shape), the network needs \(spec.shape)")
      }
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
      _ = parameters.values(of: spec.name).update(fromContentsOf: values)
    }
    let known = Set(parameters.specs.map(\.name))
    if let extra = file.tensors.first(where: { !known.contains($0.name) && !$0.name.hasSuffix(counterSuffix) }) {
      throw CheckpointError(
        description: "\(url.path): tensor \(extra.name) has no place in the network: the file is for another one")
    }
  }
}

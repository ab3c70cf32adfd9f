// Weights and what they are for, as several commands take them:
// a file in either format, one that comes with the program, or a run's best.
import ArgumentParser
import Compute
import Datasets
import Foundation
import Models
import Training

/// `--weights` or `--run`, and the description of weights that lack one.
struct WeightsOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "A checkpoint (safetensors, or PyTorch's .pt), or the name of shipped weights.", valueName: "file"))
  var weights: String?
  @Option(
    name: .customLong("run"),
    help: ArgumentHelp("A run: its best weights by validation, or the last where none was held out.", valueName: "run"))
  var runName: String?
  @Option(help: ArgumentHelp("Folder of all runs; default: runs.", valueName: "dir"), transform: path)
  var runs = "runs"
  @OptionGroup var options: ConfigurationOptions

  func validate() throws {
    guard (weights == nil) != (runName == nil) else {
      throw ValidationError("name either --weights FILE-OR-NAME or --run RUN")
    }
    if runName != nil, !options.isEmpty {
      throw ValidationError("--run brings its own configuration: leave out --preset, --config and --set")
    }
  }

  /// Weights with the network they belong to and the configuration they were trained with, as far as it is known.
  struct Loaded {
    let file: URL
    let parameters: ParameterStore
    let graph: Graph
    let info: CheckpointInfo
    let configuration: Configuration

    /// What to compute in, if nothing else is `asked` for.
    func precision(_ asked: Configuration.PrecisionChoice?) -> Precision {
      info.precision(configuration.training.precision, asked: asked)
    }
  }

  /// The run; nil where weights are named.
  func directory() throws -> RunDirectory? {
    try runName.map { try RunDirectory.find($0, in: URL(fileURLWithPath: runs)) }
  }

  /// Reads the weights.
  func load() throws -> Loaded {
    if let run = try directory() {
      let file = try run.chosenWeights
      var configuration = try run.storedConfiguration()
      configuration.training.threads = 0
      let (parameters, graph, info) = try Checkpoint.load(file, fallback: configuration)
      return Loaded(file: file, parameters: parameters, graph: graph, info: info, configuration: configuration)
    }
    let file = try ShippedWeights.file(weights ?? "")
    var (parameters, graph, info) = try options.load(weights: file)
    let configuration = try options.configuration(of: info)
    info.dataset = try info.dataset ?? options.dataset(for: info.model)
    return Loaded(file: file, parameters: parameters, graph: graph, info: info, configuration: configuration)
  }
}

extension ConfigurationOptions {
  private var single: [Configuration.Layer] { assignments.map { .assignment($0) } }

  /// Reads weights, described by what was asked for where they do not describe themselves. Throws `ConfigurationError`
  /// where they do, and it is another network.
  func load(weights file: URL) throws -> (parameters: ParameterStore, graph: Graph, info: CheckpointInfo) {
    let asked = try fallback(for: file)
    var loaded = try Checkpoint.load(file, fallback: asked)
    guard asked == nil || asked?.model == loaded.info.model else {
      throw ConfigurationError(
        "\(file.path) describes its own network: leave out --preset, --config and --set model.…")
    }
    // Single settings are stronger than what the file says.
    var scaled = Configuration(model: loaded.info.model)
    scaled.data.mean = loaded.info.normalization.mean
    scaled.data.std = loaded.info.normalization.standardDeviation
    loaded.info.normalization = try Configuration.resolve(single, over: scaled).normalization()
    return loaded
  }

  /// What holds for weights that do not describe themselves, if anything was asked for: without a preset, laid over
  /// what the shapes of the tensors tell, if they do or no `--config` says it.
  func fallback(for weights: URL) throws -> Configuration? {
    if isEmpty { return nil }
    guard preset == nil else { return try Configuration.resolve(layers) }
    do {
      return try Configuration.resolve(layers, over: Configuration(model: Checkpoint.describe(weights).model))
    } catch let error as CheckpointError {
      guard !configs.isEmpty else { throw error }
      return try Configuration.resolve(layers)
    }
  }

  /// What weights that were read by `load(weights:)` say of their training, and single settings over it; `--preset` and
  /// `--config` are for weights that say nothing.
  func configuration(of info: CheckpointInfo) throws -> Configuration {
    if var own = try info.configuration() {
      own.training.threads = 0
      guard base.isEmpty else {
        throw ConfigurationError(
          "--weights brings the configuration of its training: leave out --preset and --config; --set changes parts of "
            + "it")
      }
      return try Configuration.resolve(single, over: own)
    }
    // What the file says is stronger than a preset, which is for its network.
    var start = try preset.map { try Preset.named($0).configuration } ?? Configuration(model: info.model)
    if let dataset = info.dataset { start.data.dataset = dataset }
    let others = preset == nil ? layers : Array(layers.dropFirst())
    var result = try Configuration.resolve(others, over: start)
    result.model = info.model
    return result
  }

  /// The data set that the options name; nil where they name none.
  func dataset(for model: ResNetSpec) throws -> String? {
    var nameless = Configuration(model: model)
    nameless.data.dataset = ""
    let named = try Configuration.resolve(layers, over: nameless).data.dataset
    return named.isEmpty ? nil : named
  }
}

extension CheckpointInfo {
  /// What to compute in: as asked for, or else as configured; where both leave it open, weights that were trained and
  /// judged in fp32 keep their accuracy to the image on processors that have bf16.
  func precision(
    _ configured: Configuration.PrecisionChoice, asked: Configuration.PrecisionChoice? = nil
  ) -> Precision {
    let choice = asked ?? configured
    return asked == nil && choice == .auto && trainingPrecision == .fp32 ? .fp32 : choice.resolved
  }
}

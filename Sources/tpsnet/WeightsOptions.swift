// Weights and what they are for, as several commands take them:
// a file in either format, one that comes with the program, or a run's best.
import ArgumentParser
import Compute
import Foundation
import Models
import Training

/// `--weights` or `--run`, and the description of weights that lack one.
struct WeightsOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "A checkpoint (safetensors, or PyTorch's .pt), or the name of shipped weights.", valueName: "file"))
  var weights: String?
  @Option(name: .customLong("run"), help: ArgumentHelp("A run: its best weights by validation.", valueName: "run"))
  var runName: String?
  @Option(help: ArgumentHelp("Folder of all runs.", valueName: "dir"))
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
    let parameters: ParameterStore
    let graph: Graph
    let info: CheckpointInfo
    let configuration: Configuration

    /// What to compute in, if nothing else is `asked` for.
    func precision(_ asked: Configuration.PrecisionChoice?) -> Precision {
      (asked ?? info.precision(configuration.training.precision)).resolved
    }
  }

  /// What the checkpoint says of its training, and single settings over it; `--preset` and `--config` are for
  /// checkpoints that say nothing.
  private func configuration(of info: CheckpointInfo) throws -> Configuration {
    let assignments = options.assignments.map { Configuration.Layer.assignment($0) }
    if let own = try info.configuration() { return try Configuration.resolve(assignments, over: own) }
    let dataset = info.notes["dataset"].map { [Configuration.Layer.assignment("data.dataset=\(YAMLText.scalar($0))")] }
    let chosen = Array(options.layers.dropLast(assignments.count))
    return try Configuration.resolve(
      chosen + (dataset ?? []) + assignments,
      over: chosen.isEmpty ? Configuration(model: info.model) : Preset.default.configuration)
  }

  /// Reads the weights.
  func load() throws -> Loaded {
    if let runName {
      let run = try RunDirectory.find(runName, in: URL(fileURLWithPath: runs))
      let configuration = try run.storedConfiguration()
      let (parameters, graph, info) = try Checkpoint.load(run.chosenWeights, fallback: configuration)
      return Loaded(parameters: parameters, graph: graph, info: info, configuration: configuration)
    }
    let file = try ShippedWeights.file(weights ?? "")
    let (parameters, graph, info) = try Checkpoint.load(file, fallback: options.fallback(for: file))
    var configuration = try configuration(of: info)
    configuration.model = info.model
    return Loaded(parameters: parameters, graph: graph, info: info, configuration: configuration)
  }
}

extension ConfigurationOptions {
  /// What holds for weights that do not describe themselves, if anything was asked for: single settings are laid over
  /// what the shapes of the tensors tell, where no preset and no file is named.
  func fallback(for weights: URL) throws -> Configuration? {
    if isEmpty { return nil }
    guard preset == nil, config == nil, let model = try? Checkpoint.describe(weights).model else {
      return try Configuration.resolve(layers)
    }
    return try Configuration.resolve(layers, over: Configuration(model: model))
  }
}

extension CheckpointInfo {
  /// What to compute in: as configured, but where that is left open, weights that were trained and judged in fp32 keep
  /// their accuracy to the image on processors that have bf16.
  func precision(_ configured: Configuration.PrecisionChoice) -> Configuration.PrecisionChoice {
    configured == .auto && notes["precision"] == "fp32" ? .fp32 : configured
  }
}

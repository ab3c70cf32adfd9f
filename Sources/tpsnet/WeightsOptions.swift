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
  }

  private static func configuration(of info: CheckpointInfo) throws -> Configuration {
    if let configuration = try info.configuration() { return configuration }
    var configuration = Preset.default.configuration
    if let dataset = info.notes["dataset"] { configuration.data.dataset = dataset }
    return configuration
  }

  /// Reads the weights.
  func load() throws -> Loaded {
    if let runName {
      let run = try RunDirectory.find(runName, in: URL(fileURLWithPath: runs))
      let configuration = try run.storedConfiguration()
      let (parameters, graph, info) = try Checkpoint.load(run.chosenWeights, fallback: configuration)
      return Loaded(parameters: parameters, graph: graph, info: info, configuration: configuration)
    }
    let fallback = try options.isEmpty ? nil : Configuration.resolve(options.layers)
    let (parameters, graph, info) = try Checkpoint.load(ShippedWeights.file(weights ?? ""), fallback: fallback)
    // What the checkpoint says of its training holds but for what is asked for here.
    var configuration = try Configuration.resolve(options.layers, over: Self.configuration(of: info))
    configuration.model = info.model
    return Loaded(parameters: parameters, graph: graph, info: info, configuration: configuration)
  }
}

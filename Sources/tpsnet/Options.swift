// Options that several commands share, and the configuration, backend and data that they lead to.
public import ArgumentParser
import Compute
import Datasets
import Foundation
import Models
import OneDNNBackend
import Reports
public import Search
public import Training

/// A path as it was given: an empty one would be the present folder, which nobody meant.
func path(_ argument: String) throws -> String {
  guard !argument.isEmpty else { throw ValidationError("Name one; the present folder is '.'.") }
  return argument
}

/// `--preset`, `--config` and `--set`.
struct ConfigurationOptions: ParsableArguments {
  @Option(help: "Start from a preset (see `tpsnet presets`).")
  var preset: String?

  @Option(
    name: .customLong("config"),
    help: ArgumentHelp(
      "YAML or JSON file of settings, laid over the preset and the files before it; one that lists layers and has none "
        + "of them before it starts from plain settings.",
      valueName: "file"))
  var configs: [String] = []

  @Option(
    name: .customLong("set"),
    help: ArgumentHelp("Set one key, e.g. schedule.period=300; may be repeated.", valueName: "key=value"))
  var assignments: [String] = []

  /// The files of `--config`.
  var files: [URL] { configs.map { URL(fileURLWithPath: $0) } }

  /// `--preset` and `--config`, weakest first.
  var base: [Configuration.Layer] { (preset.map { [.preset($0)] } ?? []) + files.map { .file($0) } }

  /// The sources of settings, weakest first.
  var layers: [Configuration.Layer] { base + assignments.map { .assignment($0) } }

  /// Whether nothing was asked for.
  var isEmpty: Bool { layers.isEmpty }
}

/// `--run`, for commands to which a run is its configuration.
struct RunOptions: ParsableArguments {
  @Option(name: .customLong("run"), help: ArgumentHelp("Take the configuration of a run.", valueName: "run"))
  var name: String?
  @Option(help: ArgumentHelp("Folder of all runs; default: runs.", valueName: "dir"), transform: path)
  var runs = "runs"

  /// Throws `ValidationError` where a whole configuration is named beside a run.
  func validate(beside options: ConfigurationOptions) throws {
    if name != nil, !options.base.isEmpty {
      throw ValidationError("--run brings its own configuration: leave out --preset and --config")
    }
  }

  /// The run; nil where none is named.
  func directory() throws -> RunDirectory? {
    try name.map { try RunDirectory.find($0, in: URL(fileURLWithPath: runs)) }
  }

  /// The configuration that the run wrote down, on as many threads as there are; nil where none is named.
  func configuration() throws -> Configuration? {
    guard var configuration = try directory()?.storedConfiguration() else { return nil }
    configuration.training.threads = 0
    return configuration
  }
}

/// `--precision` and `--threads`.
struct EngineOptions: ParsableArguments {
  @Option(
    help:
      "auto (bf16 where the CPU has it), fp32 or bf16; default: the configuration's, fp32 for what was trained in it.")
  var precision: Configuration.PrecisionChoice?

  @Option(
    help: """
      Threads; default: training.threads of a configuration or --resume, or else OMP_NUM_THREADS or all processors \
      granted.
      """)
  var threads: Int?

  func validate() throws {
    if let threads, !(1...1024).contains(threads) { throw ValidationError("--threads \(threads): use 1 to 1024") }
  }

  /// The settings that the flags ask for.
  var layers: [Configuration.Layer] {
    (precision.map { [.assignment("training.precision=\($0.rawValue)")] } ?? [])
      + (threads.map { [.assignment("training.threads=\($0)")] } ?? [])
  }
}

/// `--data`.
struct DataOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Data directory; default: $TPSNET_DATA, else $XDG_DATA_HOME/tpsnet, else ~/.local/share/tpsnet.", valueName: "dir"
    ), transform: path)
  var data: String?

  var directory: DataDirectory { DataDirectory.resolve(explicit: data) }

  /// The option again, for commands that go on with a run, which does not know where its images lie.
  var flag: String { data.map { " --data \(ShellText.quoted($0))" } ?? "" }
}

extension Configuration.PrecisionChoice: ExpressibleByArgument {}
extension Precision: ExpressibleByArgument {}
extension TestTimeAugmentation: ExpressibleByArgument {}
extension Pruner.Mode: ExpressibleByArgument {}
extension Horizon: ExpressibleByArgument {}

extension Configuration.PrecisionChoice {
  /// The precision that this CPU is to use.
  var resolved: Precision { resolved(best: OneDNNBackend.bestPrecision) }
}

extension OneDNNBackend {
  /// The backend that a configuration asks for, with other `threads` if any are named; 0 leave the choice to OpenMP.
  static func make(_ configuration: Configuration, threads: Int? = nil) throws -> OneDNNBackend {
    let threads = threads ?? configuration.training.threads
    return try OneDNNBackend(
      threads: threads > 0 ? threads : nil, convolutions: configuration.training.convolutions)
  }
}

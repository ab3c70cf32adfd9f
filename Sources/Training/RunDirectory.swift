// The folder of a run: names of its files, its creation, and what of it can be read back.
// Every file is replaced whole.
public import Foundation
import Formats

/// `runs/<name>/`.
public struct RunDirectory: Sendable {
  /// The folder.
  public let url: URL

  /// The run in the folder `url`.
  public init(_ url: URL) {
    self.url = url
  }

  /// The resolved configuration.
  public var configuration: URL { url.appendingPathComponent("config.yaml") }
  /// One line an epoch.
  public var metrics: URL { url.appendingPathComponent("metrics.csv") }
  /// The result, once there is one.
  public var summary: URL { url.appendingPathComponent("summary.json") }
  /// The report for a browser, once there is one.
  public var report: URL { url.appendingPathComponent("report.html") }
  /// The weights after the last checkpoint.
  public var lastWeights: URL { url.appendingPathComponent("checkpoints/last.safetensors") }
  /// The weights of the best validation accuracy so far.
  public var bestWeights: URL { url.appendingPathComponent("checkpoints/best.safetensors") }
  /// What a resumed run starts from.
  public var state: URL { url.appendingPathComponent("checkpoints/last.state.safetensors") }

  /// The weights a finished run stands for: the best by validation, or the last where nothing was held out. Throws
  /// `CheckpointError` where the run's result is that of best weights which are gone.
  public var chosenWeights: URL {
    get throws {
      if FileManager.default.fileExists(atPath: bestWeights.path) { return bestWeights }
      guard try finishedSummary()?.validationAccuracy == nil else {
        throw CheckpointError(
          description: "\(bestWeights.path) is gone, of which the run's result is: bring it back, or use "
            + "--weights \(lastWeights.path), those of the last epoch")
      }
      return lastWeights
    }
  }

  /// Whether a run was started here, and can be gone on with: the configuration is written after the first checkpoint.
  public var exists: Bool { FileManager.default.fileExists(atPath: configuration.path) }

  /// A run called `name` in the folder `runs`; without a name, the first free one of `<stem>-1`, `<stem>-2`, ….
  /// Nothing is written yet. Throws `ConfigurationError` where the name is taken or no plain one.
  public static func unused(
    in runs: URL = URL(fileURLWithPath: "runs"), name: String? = nil, stem: String
  ) throws -> RunDirectory {
    if let name {
      guard !name.isEmpty, !name.contains("/"), name != ".", name != ".." else {
        throw ConfigurationError("--name \(name): use a plain folder name")
      }
      let run = RunDirectory(runs.appendingPathComponent(name))
      guard !run.exists else {
        throw ConfigurationError("run \(run.url.path) exists: go on with --resume \(name), or choose another --name")
      }
      let results = [run.summary, run.metrics, run.report, run.bestWeights]
      if let kept = results.first(where: { FileManager.default.fileExists(atPath: $0.path) }) {
        throw ConfigurationError(
          "\(kept.path) of a run without config.yaml would be overwritten: choose another --name")
      }
      return run
    }
    let free = (1...).lazy.map { RunDirectory(runs.appendingPathComponent("\(stem)-\($0)")) }
      .first { !FileManager.default.fileExists(atPath: $0.url.path) }
    return free ?? RunDirectory(runs.appendingPathComponent(stem))
  }

  /// Makes the folder, and those above it. Throws `CheckpointError`.
  func makeFolders() throws {
    guard let code = Self.makeFolder(url.appendingPathComponent("checkpoints").path) else { return }
    throw CheckpointError(
      description: "cannot create the run folder \(url.path): \(String(cString: strerror(code))); "
        + (code == ENAMETOOLONG ? "choose a shorter --name" : "choose another with --runs"))
  }

  /// The system's error number, or nil where the folder is there.
  private static func makeFolder(_ path: String) -> Int32? {
    if mkdir(path, 0o777) == 0 { return nil }
    let code = errno
    var isFolder: ObjCBool = false
    if FileManager.default.fileExists(atPath: path, isDirectory: &isFolder), isFolder.boolValue { return nil }
    let parent = (path as NSString).deletingLastPathComponent
    guard code == ENOENT, !parent.isEmpty, parent != path else { return code }
    return makeFolder(parent) ?? (mkdir(path, 0o777) == 0 ? nil : errno)
  }

  /// The run that `text` names: a folder, or a name in the folder `runs`.
  public static func find(_ text: String, in runs: URL) throws -> RunDirectory {
    let candidates = [RunDirectory(URL(fileURLWithPath: text)), RunDirectory(runs.appendingPathComponent(text))]
    guard let run = candidates.first(where: \.exists) else {
      let names = (try? FileManager.default.contentsOfDirectory(atPath: runs.path)) ?? []
      let known = names.filter { RunDirectory(runs.appendingPathComponent($0)).exists }.sorted().prefix(20)
      throw ConfigurationError(
        "no run \(text): neither a run's folder nor a name in \(runs.path), which has "
          + (known.isEmpty ? "none" : known.joined(separator: ", ")))
    }
    return run
  }

  /// The result of a finished run; nil where nobody has written one (`write(_:)`), as `tpsnet train` does. Throws
  /// `CheckpointError` where it cannot be read.
  public func finishedSummary() throws -> RunSummary? {
    guard FileManager.default.fileExists(atPath: summary.path) else { return nil }
    let data = try AtomicFile.read(summary)
    do {
      return try JSONDecoder().decode(RunSummary.self, from: data)
    } catch {
      throw CheckpointError(
        description: "\(summary.path): damaged, or of another version: remove it, and train --resume writes it anew")
    }
  }

  /// The configuration that the run was started with.
  public func storedConfiguration() throws -> Configuration {
    let text = String(decoding: try AtomicFile.read(configuration), as: UTF8.self)
    return try Configuration.stored(text, origin: configuration.path)
  }

  /// Rewrites the metrics from the whole history.
  func writeMetrics(_ history: [EpochRecord]) throws {
    func text(_ value: Double?) -> String { value.map { "\($0)" } ?? "" }
    var lines = ["epoch,step,train_loss,train_accuracy,val_loss,val_accuracy,learning_rate,images_per_second,seconds"]
    for record in history {
      lines.append(
        [
          "\(record.epoch)", "\(record.step)", text(record.trainLoss), text(record.trainAccuracy),
          text(record.validationLoss), text(record.validationAccuracy), text(record.learningRate),
          text(record.imagesPerSecond), text(record.seconds),
        ].joined(separator: ","))
    }
    try AtomicFile.write(Data((lines.joined(separator: "\n") + "\n").utf8), to: metrics)
  }

  /// Writes the result.
  public func write(_ summary: RunSummary) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
    try AtomicFile.write(try encoder.encode(summary) + Data("\n".utf8), to: self.summary)
  }
}

/// `summary.json`: what a finished run is and reached.
public struct RunSummary: Codable, Sendable {
  /// Parameters, frozen ones included.
  public var parameters: Int
  /// Epochs trained.
  public var epochs: Int
  /// Seconds of training and evaluation, interruptions apart.
  public var seconds: Double
  /// Best accuracy on the validation images, 0…1; none were held out if nil.
  public var validationAccuracy: Double?
  /// The epoch whose weights were chosen.
  public var chosenEpoch: Int
  /// Accuracy of those weights on the test images, 0…1, evaluated once, after the choice.
  public var testAccuracy: Double
  /// The same with the mean of each image's and its mirror image's logits.
  public var testAccuracyFlipTTA: Double
  /// Operations of the whole training in units of 1e15: `ModelSummary.trainingOperations` for each image seen.
  public var trainingPFLOP: Double
  /// fp32 or bf16.
  public var precision: String
  /// Threads of the compute engine.
  public var threads: Int
  /// The run's seed.
  public var seed: UInt64
  /// The processor's model, and the widest of its instructions that were used.
  public var cpu: String
  /// Versions of what computed it.
  public var versions: [String: String]
  /// Name of the data set.
  public var dataset: String
  /// The test images; nil in results of earlier versions.
  public var testImages: Int?

  /// A result; see the properties.
  public init(
    parameters: Int, epochs: Int, seconds: Double, validationAccuracy: Double?, chosenEpoch: Int,
    testAccuracy: Double, testAccuracyFlipTTA: Double, trainingPFLOP: Double, precision: String, threads: Int,
    seed: UInt64, cpu: String, versions: [String: String], dataset: String
  ) {
    self.parameters = parameters
    self.epochs = epochs
    self.seconds = seconds
    self.validationAccuracy = validationAccuracy
    self.chosenEpoch = chosenEpoch
    self.testAccuracy = testAccuracy
    self.testAccuracyFlipTTA = testAccuracyFlipTTA
    self.trainingPFLOP = trainingPFLOP
    self.precision = precision
    self.threads = threads
    self.seed = seed
    self.cpu = cpu
    self.versions = versions
    self.dataset = dataset
  }
}

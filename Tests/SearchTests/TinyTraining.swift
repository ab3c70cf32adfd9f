// Trials that are really trained, by the reference backend on a few images of 8 × 8 pixels,
// and a worker that a test can have interrupted or killed at any step.
import Compute
import Datasets
import Foundation
import Models
import Randomness
import Search
import TestSupport
import Testing
import Training

/// A study of learning rates, in memory if nothing else is said, with a folder on disk.
final class TinyTraining {
  let storage: any StudyStorage
  let study: StudyRecord
  private let place: TemporaryFolder
  var folder: URL { place.url }
  var pruner: Pruner
  let limit: Int
  var epochs = 4
  /// Called for each event with the trial's number.
  var onEvent: (Int, TrainingEvent) -> Void = { _, _ in }
  /// Changes a trial's configuration. Throwing `claimLost` leaves the trial as a killed worker would.
  var change: (Trial, inout Configuration) throws -> Void = { _, _ in }
  var isStopped = false
  private(set) var lines: [String] = []
  /// Whether an image has been lost.
  var hasOtherImages = false
  /// What the trials are computed in, and whether the study's variables say so.
  var precision = Precision.fp32
  var isPrecisionSearched = false
  /// What each attempt was told of the precision in which its trial began.
  private(set) var precisions: [String?] = []

  init(trials limit: Int, pruner: Pruner, storage: any StudyStorage = MemoryStorage()) throws {
    self.limit = limit
    self.storage = storage
    self.pruner = pruner
    study = try storage.createStudy(named: "tiny", attributes: [:])
    place = try TemporaryFolder()
  }

  /// The configuration of a trial.
  func configuration(_ trial: Trial) throws -> Configuration {
    var configuration = Configuration(
      model: ResNetSpec(
        input: Shape(channels: 3, height: 8, width: 8), stem: .init(channels: 2),
        layers: [.init(blocks: 1, channels: 2, stride: 2)], pool: 4, classes: 4))
    configuration.data.validation = 24
    configuration.data.mean = [0.5, 0.5, 0.5]
    configuration.data.std = [0.25, 0.25, 0.25]
    configuration.augmentation = Augmentation(cropPadding: 1, flip: .random)
    configuration.optimizer.learningRate = trial.parameters["optimizer.learningRate"]?.stored ?? 0.1
    configuration.training.epochs = epochs
    configuration.training.batchSize = 8
    configuration.training.seed = UInt64(trial.number)
    configuration.training.checkpointSeconds = 0
    try change(trial, &configuration)
    return configuration
  }

  private static let dataset = Result {
    var random = CounterRandom(seed: 1)
    let labels = (0..<56).map { Int32($0 % 4) }
    let pixels = labels.flatMap { label in
      (0..<192).map { UInt8(random.integer(below: 160) + ($0 / 64 == Int(label) ? 90 : 0)) }
    }
    let images = try ImageSet(
      pixels: pixels, labels: labels, height: 8, width: 8, classNames: ["red", "green", "blue", "grey"])
    return Dataset(name: "tiny", train: images, test: images)
  }

  /// The training of trials.
  var training: TrialTraining {
    TrialTraining(
      in: folder, configuration: configuration,
      prepare: { [self] _, begun in
        precisions.append(begun?.trainingPrecision?.rawValue)
        var dataset = try Self.dataset.get()
        if hasOtherImages {
          dataset = Dataset(
            name: dataset.name, train: try dataset.train.subset(Array(0..<55)), test: dataset.test)
        }
        return .init(dataset: dataset, backend: ReferenceBackend(), precision: precision)
      },
      watch: { [self] trial, _ in { self.onEvent(trial.number, $0) } })
  }

  /// Works on the study. `train` stands between the worker and the training.
  func work(
    train: ((TrialRun, TrialTraining) throws -> TrialRun.End)? = nil, lease: Duration = .milliseconds(120)
  ) throws -> Worker.End {
    let training = training
    return try Worker(
      on: study, in: storage, limit: limit, pruner: pruner, rungs: pruner.rungs(epochs: epochs), lease: lease,
      isStopped: { self.isStopped },
      log: { self.lines.append($0) },
      propose: { [self] number, _ in
        let range = Distribution.float(low: 0.01, high: 1, step: nil, log: true)
        let rate = 0.01 * pow(10, Double(number % 5) / 2)
        var values = ["optimizer.learningRate": ParameterValue(stored: rate, distribution: range)]
        if isPrecisionSearched {
          values["training.precision"] = ParameterValue(stored: 0, distribution: .categorical([.text("bf16")]))
        }
        return TrialProposal(parameters: values, fingerprint: "\(number)")
      },
      complete: { throw TrialFault("trial \($0.number) has no learning rate") },
      train: { try train?($0, training) ?? training($0) }
    ).run()
  }

  /// All trials.
  func trials() throws -> [Trial] { try storage.trials(in: study.id, states: nil) }

  /// Whether a trial's folder has a state to go on from.
  func canGoOn(_ number: Int) throws -> Bool {
    let run = try #require(TrialFolder(of: number, in: folder).newest)
    let files = [run.state, run.lastWeights].filter { FileManager.default.fileExists(atPath: $0.path) }
    #expect(files.isEmpty || files.count == 2)
    return !files.isEmpty
  }

  /// The weights that a trial's folder has.
  func weights(_ number: Int) throws -> Data {
    guard let run = TrialFolder(of: number, in: folder).newest else { return Data() }
    return try Data(contentsOf: run.bestWeights)
  }
}

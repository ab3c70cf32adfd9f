// What a run's report needs besides its folder: the images, and an engine that applies its weights to them.
// Where the images are not at hand, the report says so and goes without.
import Compute
import Datasets
import Formats
import Foundation
import Models
import OneDNNBackend
import Reports
import Training

/// The images and the engine of reports.
struct RunSurroundings {
  let data: DataDirectory
  let engine: EngineOptions

  /// The report of `run` with all that can be had.
  func data(of run: RunDirectory) throws -> RunData {
    var result = try RunData(run)
    guard result.summary != nil else {
      let isTrained = result.history.count >= result.configuration.training.epochs
      Console.error(
        isTrained
          ? "\(run.url.path) has no summary.json: \(Environment.program) train --resume "
            + "\(ShellText.quoted(run.url.path)) judges it"
          : "\(run.url.path) is not finished: its report is without test images, which are for the end")
      return result
    }
    var configuration = result.configuration
    configuration.training.threads = 0
    do {
      let dataset = try configuration.dataset(from: data)
      let backend = try OneDNNBackend.make(configuration, threads: engine.threads)
      let weights = try run.chosenWeights
      let info = try Checkpoint.describe(weights)
      let precision = info.precision(configuration.training.precision, asked: engine.precision)
      let evaluation = try Evaluator(
        weights: weights, backend: backend, set: dataset.test, precision: precision
      ).evaluate()
      try result.add(evaluation, dataset, of: run, configuration, in: precision)
    } catch
      where error is DatasetError || error is ConfigurationError || error is CheckpointError
      || error is SafetensorsError
      || engine.precision == nil && error is ComputeError
    {
      Console.error("without images: \(error)")
    }
    return result
  }
}

extension RunData {
  /// Adds what `evaluation` found of the test images, training images as the run met them, and its filters.
  ///
  /// - Parameters:
  ///   - configuration: the run's, its normalisation filled in.
  ///   - precision: what the evaluation was computed in.
  mutating func add(
    _ evaluation: Evaluation, _ dataset: Dataset, of run: RunDirectory, _ configuration: Configuration,
    in precision: Precision
  ) throws {
    test = TestResult(
      evaluation, classNames: dataset.test.classNames, images: dataset.test, precision: precision.rawValue)
    let indices = try Trainer.split(dataset.train, configuration.data).train
    // One image a class, as far as ten go.
    let chosen = (0..<Int32(min(10, dataset.train.classNames.count))).compactMap { label in
      indices.first { dataset.train.labels[$0] == label }
    }
    if !chosen.isEmpty {
      samples = try AugmentationSamples(dataset.train, indices: chosen, configuration: configuration)
    }
    let weights = try SafetensorsFile(contentsOf: run.chosenWeights)
    if let tensor = weights["conv1.weight"] {
      filters = FirstFilters(values: try weights.floats(named: "conv1.weight"), shape: tensor.shape)
    }
  }
}

// Data set and backend of a worker: loaded once, used by all of its trials.
// Trials of one study share the images, and seldom differ in the backend.
import Compute
import Datasets
import Models
import OneDNNBackend
import Search
import Training

/// What a worker's trials are trained on and with.
final class TrialSurroundings {
  private let directory: DataDirectory
  private let threads: Int?
  private let check: (ImageSet) throws -> Void
  private var dataset: Dataset?
  private var backend: (convolutions: ConvolutionAlgorithms, backend: OneDNNBackend)?

  /// Data from `directory`, computation by so many threads. `check` sees the training images before any trial does.
  init(data directory: DataDirectory, threads: Int?, check: @escaping (ImageSet) throws -> Void) {
    self.directory = directory
    self.threads = threads
    self.check = check
  }

  /// See `TrialTraining`.
  func prepare(_ configuration: inout Configuration, begun: CheckpointInfo?) throws -> TrialTraining.Surroundings {
    var images = try dataset ?? configuration.dataset(from: directory)
    if dataset == nil { try check(images.train) }
    try configuration.fillNormalization(from: images)
    // What is not there cannot be looked at.
    images = Dataset(name: images.name, train: images.train, test: try images.test.subset([]))
    dataset = images
    let convolutions = configuration.training.convolutions
    let engine =
      try backend.flatMap { $0.convolutions == convolutions ? $0.backend : nil }
      ?? OneDNNBackend.make(configuration, threads: threads)
    backend = (convolutions, engine)
    let precision = configuration.training.precision
    return TrialTraining.Surroundings(
      dataset: images, backend: engine, precision: begun?.precision(precision) ?? precision.resolved)
  }
}

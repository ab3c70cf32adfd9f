// How a trial is trained for real: from its last checkpoint if there is one, epoch by epoch,
// each reported before the checkpoint that holds it.
public import Compute
public import Datasets
public import Foundation
import Formats
import Models
public import Training

/// Trains trials in a study's folder.
public struct TrialTraining {
  /// What a trainer needs besides the configuration.
  public struct Surroundings {
    /// The images; of the test images, nothing is used.
    public let dataset: Dataset
    /// What computes.
    public let backend: any Backend
    /// The precision of the plans.
    public let precision: Precision

    /// Surroundings; see the properties.
    public init(dataset: Dataset, backend: any Backend, precision: Precision) {
      self.dataset = dataset
      self.backend = backend
      self.precision = precision
    }
  }

  /// Fills in what a configuration leaves to the data set, and finds what a trainer needs. Of a trial that is gone on
  /// with, the last checkpoint says how it began.
  public typealias Preparation = (inout Configuration, CheckpointInfo?) throws -> Surroundings

  /// The study's folder.
  private let folder: URL
  private let configuration: (Trial) throws -> Configuration
  private let prepare: Preparation
  private let watch: (Trial, @escaping (String) -> Void) -> (TrainingEvent) -> Void

  /// - Parameters:
  ///   - folder: where the trials' folders are.
  ///   - configuration: a trial's configuration.
  ///   - prepare: see `Preparation`.
  ///   - watch: makes what is shown of a trial's events, given where text goes.
  public init(
    in folder: URL, configuration: @escaping (Trial) throws -> Configuration,
    prepare: @escaping Preparation,
    watch: @escaping (Trial, @escaping (String) -> Void) -> (TrainingEvent) -> Void
  ) {
    self.folder = folder
    self.configuration = configuration
    self.prepare = prepare
    self.watch = watch
  }

  /// Trains until the trial is complete, paused or stopped. Throws `TrialFault` where the trial is at fault.
  public func callAsFunction(_ run: TrialRun) throws -> TrialRun.End {
    do {
      return try train(run)
    } catch let obstacle as Obstacle {
      throw obstacle.error
    } catch ComputeError.unsupportedPrecision(let precision, let reason)
      where run.trial.parameters["training.precision"] != nil
    {
      throw TrialFault("\(ComputeError.unsupportedPrecision(precision, reason))")
    } catch  where Self.blames(error) {
      throw TrialFault("\(error)")
    }
  }

  /// What is wrong with the data or the machine, and so with every trial that this worker takes.
  private struct Obstacle: Error, CustomStringConvertible {
    let error: any Error
    var description: String { "\(error)" }
  }

  /// Whether `error` is the trial's own, and not its surroundings'.
  private static func blames(_ error: any Error) -> Bool {
    switch error {
    case is StorageError, is FileError, is CheckpointError, is SafetensorsError, is TrialFault: false
    case ComputeError.unsupportedPrecision: false
    case let error as DatasetError: error.kind == .usage
    default: true
    }
  }

  /// Whether `error` says nothing of a checkpoint but that it cannot be read here and now.
  private static func isOfTheSystem(_ error: any Error) -> Bool {
    if case .file = (error as? SafetensorsError)?.problem { return true }
    return error is FileError
  }

  /// What a trainer needs for `configuration`, whose images can be divided and fit `graph`: of that, nothing is searched.
  private func surroundings(
    _ configuration: inout Configuration, _ graph: Graph, _ begun: CheckpointInfo?
  ) throws -> Surroundings {
    do {
      let surroundings = try prepare(&configuration, begun)
      try Trainer.check(surroundings.dataset.train, fits: graph)
      _ = try Trainer.split(surroundings.dataset.train, configuration.data)
      return surroundings
    } catch {
      throw Obstacle(error: error)
    }
  }

  private func train(_ run: TrialRun) throws -> TrialRun.End {
    let trialFolder = TrialFolder(of: run.trial.number, in: folder)
    try trialFolder.make()
    run.tidy = trialFolder.tidy
    let log = try TrialLog(trialFolder.log)
    do {
      let end = try train(run, in: trialFolder, log)
      log.line("\(end)")
      return end
    } catch {
      log.line("\(error)")
      throw error
    }
  }

  private func train(_ run: TrialRun, in trialFolder: TrialFolder, _ log: TrialLog) throws -> TrialRun.End {
    let attempt = try run.nextAttempt(in: trialFolder)
    log.line("attempt \(attempt)" + (run.isTakenOver ? ": its last worker died" : ""))
    var configuration = try configuration(run.trial)
    let begun = trialFolder.newest.flatMap { try? Checkpoint.describe($0.lastWeights) }
    // By whatever rule these were found when the trial began.
    if configuration.leavesNormalization, let begun = try? begun?.configuration() {
      (configuration.data.mean, configuration.data.std) = (begun.data.mean, begun.data.std)
    }
    let surroundings = try surroundings(&configuration, configuration.model.graph(), begun)
    if let precision = begun?.trainingPrecision, precision != surroundings.precision {
      log.line(
        "it began in \(precision.rawValue) and goes on in \(surroundings.precision.rawValue): not to the same bytes")
    }
    let directory = try trialFolder.begin(attempt)
    let session = TrainingSession(run, show: watch(run.trial) { log.write($0) })
    let makeTrainer = { [configuration] in
      try Trainer(
        configuration, dataset: surroundings.dataset, backend: surroundings.backend, precision: surroundings.precision,
        run: directory, emit: session.take, isInterrupted: { session.isInterrupted })
    }
    var trainer = try makeTrainer()
    if directory.exists {
      do {
        try trainer.resume()
      } catch let error as CheckpointError where error.areImagesOthers {
        // The checkpoint is whole, and would be lost.
        throw Obstacle(error: error)
      } catch  where Self.isOfTheSystem(error) {
        throw Obstacle(error: error)
      } catch {
        log.line("\(error); the trial starts again from its beginning")
        let old = directory.configuration
        guard unlink(old.path) == 0 || errno == ENOENT else {
          throw FileError(operation: "remove", path: old.path, code: errno)
        }
        trainer = try makeTrainer()
      }
    } else if !run.trial.intermediateValues.isEmpty {
      log.line("no checkpoint in \(trialFolder.url.path): the trial starts again from its beginning")
    }
    return try session.report(trainer.history) ?? session.train(trainer)
  }
}

// What a run tells those who watch it: complete values, so that a sink needs no knowledge of the trainer.
// A sink only consumes.

/// A moment of a training run.
public enum TrainingEvent: Sendable {
  /// The first step is about to be taken.
  case started(TrainingPlanSummary)
  /// From the next step on each layer has so many blocks.
  case grew(blocks: [Int], memoryBytes: Int)
  /// A step was taken.
  case stepped(StepProgress)
  /// The validation images are being evaluated.
  case evaluating
  /// An epoch ended; `isBest` where its weights are the best so far.
  case epochEnded(EpochRecord, isBest: Bool)
}

/// What is about to be trained.
public struct TrainingPlanSummary: Sendable {
  /// Epochs of the whole run.
  public let epochs: Int
  /// Steps of an epoch.
  public let stepsPerEpoch: Int
  /// Images trained on and held out.
  public let trainImages, validationImages: Int
  /// Bytes of the compiled plans, weights and optimizer.
  public let memoryBytes: Int
  /// Steps already taken, where the run is resumed.
  public let resumedAt: Int

  /// A plan; see the properties.
  public init(
    epochs: Int, stepsPerEpoch: Int, trainImages: Int, validationImages: Int, memoryBytes: Int, resumedAt: Int
  ) {
    self.epochs = epochs
    self.stepsPerEpoch = stepsPerEpoch
    self.trainImages = trainImages
    self.validationImages = validationImages
    self.memoryBytes = memoryBytes
    self.resumedAt = resumedAt
  }
}

/// Where a run stands after a step.
public struct StepProgress: Sendable {
  /// The present epoch, from 1.
  public let epoch: Int
  /// Epochs of the whole run.
  public let epochs: Int
  /// Steps taken in this epoch, and its total.
  public let step, stepsPerEpoch: Int
  /// Means over this epoch's steps so far; the accuracy is 0…1.
  public let loss, accuracy: Double
  /// Training images a second in this epoch.
  public let imagesPerSecond: Double
  /// Seconds until the run's end at that rate.
  public let secondsLeft: Double
}

/// How a run ended.
public enum TrainingOutcome: Sendable {
  /// All epochs are done, or the validation accuracy has stopped rising.
  case finished(TrainingResult)
  /// Asked to stop; a checkpoint was written and `--resume` goes on from it.
  case interrupted(epoch: Int, step: Int)
}

/// What a finished run found without the test images.
public struct TrainingResult: Sendable {
  /// The history.
  public let history: [EpochRecord]
  /// Best accuracy on the validation images, if any were held out.
  public let validationAccuracy: Double?
  /// The epoch whose weights were chosen: the best by validation, else the last.
  public let chosenEpoch: Int
  /// Seconds of training and evaluation, interruptions apart.
  public let seconds: Double
}

/// A run that cannot go on.
public struct TrainingError: Error, Hashable, CustomStringConvertible {
  /// One line: what happened and the remedy.
  public let description: String
}

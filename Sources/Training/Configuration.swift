// Everything that decides a training run, as one Codable value: the same tree in presets, files,
// `--set`, checkpoints and the run's record.
public import Compute
public import Datasets
public import Models

/// The resolved configuration of a run.
public struct Configuration: Codable, Sendable, Equatable {
  /// Which images, and how they are split and scaled.
  public struct DataSettings: Codable, Sendable, Equatable {
    /// `cifar10`, `fashion-mnist` or `folder:PATH`.
    public var dataset: String = "cifar10"
    /// Images held out of the training set for choices; 0 trains on all.
    public var validation: Int = 5000
    /// Seed of the held-out choice; apart from the run's seed, so that runs are compared on the same images.
    public var splitSeed: UInt64 = 0
    /// Use at most this many training images (after the split); 0 means all.
    public var limitTrain: Int = 0
    /// Mean of each channel, of pixels scaled to 0…1; empty means the data set's own: the study's for CIFAR-10, otherwise
    /// that of the training images that are not held out.
    public var mean: [Float] = []
    /// Standard deviation of each channel; empty means the data set's own, as for `mean`.
    public var std: [Float] = []
  }

  /// Steps, evaluation and precision.
  public struct TrainingSettings: Codable, Sendable, Equatable {
    /// Passes over the training images.
    public var epochs: Int = 30
    /// Parts, one after the other, in which each layer has its first blocks alone; behind the last one it has all.
    public var growth: [Growth] = []
    /// Images of a step.
    public var batchSize: Int = 128
    /// Share of the target spread over all classes.
    public var labelSmoothing: Double = 0
    /// Decay of the average of weights, a step; 0 means none.
    public var ema: Double = 0
    /// Epochs between evaluations on the validation images.
    public var evaluateEvery: Int = 1
    /// Stop after so many evaluations without a better validation accuracy; 0 means never.
    public var patience: Int = 0
    /// Seed of start weights, order, augmentation and dropout.
    public var seed: UInt64 = 0
    /// `auto`, `fp32` or `bf16`: what a `Trainer` takes that is told no other.
    public var precision: PrecisionChoice = .auto
    /// `fastest` or `direct`: the second rounds less in bf16 and takes about twice as long. For the backend, which
    /// its maker tells.
    public var convolutions: ConvolutionAlgorithms = .fastest
    /// Threads of the backend, which its maker tells; 0 means `OMP_NUM_THREADS` or else all processors.
    public var threads: Int = 0
    /// Seconds between checkpoints.
    public var checkpointSeconds: Double = 60
  }

  /// A precision, or the choice of it by what the CPU has.
  public enum PrecisionChoice: String, Codable, Sendable, CaseIterable {
    /// bf16 where the CPU multiplies it in hardware.
    case auto
    /// IEEE single precision.
    case fp32
    /// bfloat16.
    case bf16

    /// The precision of plans, where `best` is the fastest that trains well.
    public func resolved(best: Precision) -> Precision {
      switch self {
      case .auto: best
      case .fp32: .fp32
      case .bf16: .bf16
      }
    }
  }

  /// The most epochs of a run, or of a trial of a search.
  package static let epochLimit = 1_000_000

  /// The network.
  public var model: ResNetSpec
  /// The images.
  public var data = DataSettings()
  /// Changes of training images.
  public var augmentation = Augmentation(cropPadding: 4, flip: .random)
  /// The optimizer.
  public var optimizer = OptimizerSettings()
  /// The learning rate over time.
  public var schedule = Schedule()
  /// Steps, evaluation and precision.
  public var training = TrainingSettings()

  /// The default settings around `model`.
  public init(model: ResNetSpec) {
    self.model = model
  }

  /// The normalisation of `data`, once its constants are filled in.
  public func normalization() throws -> Normalization {
    try Normalization(mean: data.mean, standardDeviation: data.std)
  }

  /// Whether the normalisation is left to the data set.
  public var leavesNormalization: Bool { data.mean.isEmpty && data.std.isEmpty }

  /// Throws `ConfigurationError`, `SpecError` or `DatasetError` at the first impossible setting.
  public func validate() throws {
    try model.validate()
    try augmentation.validate(height: model.input.height, width: model.input.width)
    if !leavesNormalization { _ = try normalization() }
    try schedule.validate()
    try optimizer.validate()
    try demand(data.validation >= 0, "data.validation", "\(data.validation) images cannot be held out")
    try demand(data.limitTrain >= 0, "data.limitTrain", "\(data.limitTrain) is negative: 0 means all")
    try demand(training.epochs >= 1, "training.epochs", "\(training.epochs) epochs train nothing: use 1 or more")
    try demand(training.epochs <= Self.epochLimit, "training.epochs", "\(training.epochs) is beyond \(Self.epochLimit)")
    try demand(training.batchSize >= 1, "training.batchSize", "\(training.batchSize) is no batch: use 1 or more")
    try demand(training.batchSize <= 65_536, "training.batchSize", "\(training.batchSize) is beyond 65,536")
    try demand((0..<1).contains(training.labelSmoothing), "training.labelSmoothing", "use 0 up to, but not, 1")
    try demand((0..<1).contains(training.ema), "training.ema", "use 0 (none) up to, but not, 1")
    try demand(training.evaluateEvery >= 1, "training.evaluateEvery", "use 1 or more epochs")
    try demand(training.patience >= 0, "training.patience", "use 0 (never) or more")
    try demand((0...1024).contains(training.threads), "training.threads", "use 0 (all) to 1024")
    try demand(training.checkpointSeconds >= 0, "training.checkpointSeconds", "use 0 (each step) or more")
    try validateGrowth()
    try demand(
      training.patience == 0 || data.validation > 0, "training.patience", "needs validation images: set data.validation"
    )
  }

  /// Throws `ConfigurationError` where the learning rate would rise to the end (of a run that is not a part of a longer
  /// schedule) or be 0 long before it, or branches that start silent, or all weights, would stay as they are. Asked of
  /// new runs alone: `validate` is also for what was trained before, and for bases whose epochs are another's to choose.
  ///
  /// - Parameter hasWeights: whether the run starts from weights that have learnt.
  public func checkStart(hasWeights: Bool = false) throws {
    guard schedule.period > 0 || schedule.warmup < Double(training.epochs) else {
      throw ConfigurationError(
        "schedule.warmup: \(schedule.warmup) epochs leave nothing of \(training.epochs): use fewer")
    }
    guard
      ![.cosine, .linear].contains(schedule.kind) || schedule.minimum > 0 || schedule.period == 0
        || schedule.period >= Double(training.epochs)
    else {
      throw ConfigurationError(
        "schedule.period: after \(schedule.period) of \(training.epochs) epochs nothing would be learnt any more: use 0 (all "
          + "epochs), a schedule.minimum above 0, or schedule.kind=warmRestarts")
    }
    guard schedule.kind != .steps || schedule.milestones.contains(where: { $0 < Double(training.epochs) }) else {
      throw ConfigurationError(
        "schedule.milestones: none lies before the end of \(training.epochs) epochs: count in epochs, not steps")
    }
    guard optimizer.kind != .muon || optimizer.muon.steps <= Muon.mostSteps else {
      throw ConfigurationError(
        "optimizer.muon.steps: rounding errors would take over after \(optimizer.muon.steps): use 1 to \(Muon.mostSteps)"
      )
    }
    let lookahead = optimizer.lookahead
    guard lookahead.every == 0 || lookahead.decay < 1 || lookahead.power > 0 else {
      throw ConfigurationError(
        "optimizer.lookahead.decay: 1 never lets go of the first weights: use less, or a power above 0")
    }
    guard hasWeights || model.initialization != .zeroResidual || optimizer.scaleFactor > 0 else {
      throw ConfigurationError(
        "optimizer.scaleFactor: 0 leaves the branches of model.initialization: zeroResidual silent for ever: use "
          + "another factor or another start")
    }
  }
}

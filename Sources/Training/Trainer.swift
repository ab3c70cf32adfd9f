// The training loop: steps, schedule, average, evaluation, checkpoints and exact resume.
// It knows no output but events and the run's folder.
public import Compute
public import Datasets
import Formats
import Foundation
import Models

/// Trains one configuration into one run's folder. Everything happens on the thread that calls it: neither a trainer nor
/// a backend is `Sendable`.
public final class Trainer {
  let configuration: Configuration
  private let configurationText: String
  let graph: Graph
  private let run: RunDirectory
  private let precision: Precision
  private let classNames: [String]
  private let fingerprint: String
  private let emit: (TrainingEvent) -> Void
  private let isInterrupted: () -> Bool

  let parameters: ParameterStore
  private let average: AveragedParameters?
  private let lookahead: Lookahead?
  /// The weights that are evaluated and saved.
  private let judged: ParameterStore
  private let optimizer: Optimizer
  private let loader: BatchLoader
  /// Makes another loader of the same batches.
  let makeLoader: () throws -> BatchLoader
  private let makeStage: (ResNetSpec) throws -> TrainingStage
  private var stage: TrainingStage?
  /// The last network that those who watch were told of.
  private var announced: ResNetSpec?
  private let counts: (train: Int, validation: Int)
  private var state = TrainingState()
  private var lastCheckpoint = ContinuousClock.now
  private var lock: RunLock?

  /// Prepares a run; `train` compiles it. Of the configuration, `training.threads` and `training.convolutions` are the
  /// backend's, which whoever makes it has to tell. Throws `ConfigurationError`, `SpecError` or `DatasetError` for what
  /// cannot be trained.
  ///
  /// - Parameters:
  ///   - dataset: its training images alone are used.
  ///   - precision: of the plans; nil takes that in which the run began (fp32 where the backend's fastest is that), or
  ///     else `training.precision`, where `auto` is the backend's fastest.
  ///   - emit: receives every event.
  ///   - isInterrupted: asked after each step; true ends the run after a checkpoint.
  public init(
    _ configuration: Configuration, dataset: Dataset, backend: some Backend, precision: Precision? = nil,
    run: RunDirectory, emit: @escaping (TrainingEvent) -> Void = { _ in },
    isInterrupted: @escaping () -> Bool = { false }
  ) throws {
    let configuration = configuration.withWholePath
    try configuration.validate()
    self.configuration = configuration
    self.run = run
    let precision = precision ?? run.precision(configuration.training.precision, best: backend.bestPrecision).present
    self.precision = precision
    self.emit = emit
    self.isInterrupted = isInterrupted
    configurationText = try configuration.yaml()
    graph = try configuration.model.graph()
    try Self.check(dataset.train, fits: graph)
    classNames = dataset.train.classNames
    fingerprint = dataset.train.fingerprint
    let settings = configuration.training
    let split = try Self.split(dataset.train, configuration.data)
    counts = (split.train.count, split.validation.count)
    let normalization = try configuration.normalization()
    // First, because it refuses images that nothing below can take.
    makeLoader = {
      try BatchLoader(
        set: dataset.train, indices: split.train, batchSize: settings.batchSize,
        augmentation: configuration.augmentation, normalization: normalization, seed: settings.seed, shuffles: true,
        dropsLast: true)
    }
    loader = try makeLoader()
    parameters = try Self.startWeights(
      of: graph, seed: settings.seed, set: dataset.train, indices: split.train, normalization: normalization)
    optimizer = Optimizer(parameters, settings: configuration.optimizer, backend: backend)
    average =
      settings.ema > 0 ? AveragedParameters(parameters, graph: graph, decay: settings.ema) : nil
    lookahead =
      configuration.optimizer.lookahead.every > 0
      ? Lookahead(parameters, graph: graph, settings: configuration.optimizer.lookahead) : nil
    judged = average?.store ?? lookahead?.store ?? parameters
    makeStage = { [parameters, judged] model in
      try TrainingStage(
        model, settings, backend: backend, precision: precision, parameters: parameters, judged: judged,
        set: dataset.train, validation: split.validation, normalization: normalization)
    }
  }

  /// Goes on from the run's last checkpoint. Throws `CheckpointError` or `SafetensorsError` where it cannot be used,
  /// and `ConfigurationError` where it is being trained already.
  public func resume() throws {
    let own = try lock ?? RunLock(run)
    state = try TrainingStateFile.load(run.state, buffers, configuration: configuration, images: fingerprint)
    lock = own
    let best = (try? Checkpoint.describe(run.bestWeights))?.notes["epoch"].flatMap { Int($0) }
    // A kill left better weights than the state knows of where its own best ones were (done again their epoch may end
    // otherwise, on another processor), or these are lost or damaged: the best are now among the epochs to come.
    if best != state.bestEpoch { state.bestAccuracy = nil }
  }

  /// The epochs done.
  public var history: [EpochRecord] { state.history }

  /// What the weights are called that the run started from; nil where they were drawn.
  var startWeights: String? {
    get { state.startWeights }
    set { state.startWeights = newValue }
  }

  /// What a checkpoint of the state holds besides counters.
  private var buffers: TrainingStateFile.Buffers {
    [
      "values": parameters.values, "velocity": optimizer.velocity, "average": average?.store.values,
      "slow": lookahead?.store.values,
    ]
  }

  /// All that hold the network's values.
  var stores: [ParameterStore] { [parameters, average?.store, lookahead?.store].compactMap(\.self) }

  private var memoryBytes: Int {
    (stage?.memoryBytes ?? 0) + optimizer.memoryBytes + stores.reduce(0) { $0 + $1.memoryBytes }
  }

  private var epochs: Int { configuration.training.epochs }

  private var stepsTaken: Int { state.epoch * loader.stepsPerEpoch + state.stepInEpoch }

  private var hasStopped: Bool {
    let patience = configuration.training.patience
    return state.epoch >= epochs || (patience > 0 && state.evaluationsWithoutGain >= patience)
  }

  /// Makes a run that can be resumed, from its start weights on, as soon as it has a configuration.
  private func begin() throws {
    try configuration.checkStart(hasWeights: startWeights != nil)
    let (every, steps) = (configuration.optimizer.lookahead.every, epochs * loader.stepsPerEpoch)
    try demand(
      every < steps, "optimizer.lookahead.every",
      "\(every): the weights that are judged would not follow in the run's \(steps) steps: use fewer")
    try run.makeFolders()
    let own = try RunLock(run)
    // Compiling takes a while, in which another trainer may have made it and ended.
    guard !run.exists else {
      throw ConfigurationError("run \(run.url.path) is there already: resume it, or choose another name")
    }
    try checkpoint()
    try AtomicFile.write(Data(configurationText.utf8), to: run.configuration)
    lock = own
  }

  /// Trains to the end, or until interrupted; called again after an interruption, it goes on. Throws
  /// `ConfigurationError` where the run is there already, is being trained, or would learn nothing, `TrainingError` where
  /// the loss is no number any more, and what a backend or a full disk throws; the last checkpoint stays.
  public func train() throws -> TrainingOutcome {
    // Before anything of a run that cannot be is written.
    if !hasStopped { _ = try presentStage() }
    if lock == nil { try begin() }
    emit(
      .started(
        TrainingPlanSummary(
          epochs: epochs, stepsPerEpoch: loader.stepsPerEpoch, trainImages: counts.train,
          validationImages: counts.validation, memoryBytes: memoryBytes, resumedAt: stepsTaken)))
    loader.start(epoch: state.epoch, step: state.stepInEpoch)
    defer { loader.stop() }
    lastCheckpoint = .now
    while !hasStopped {
      let stage = try presentStage()
      announce(stage)
      try step(stage.plan)
      if state.stepInEpoch >= loader.stepsPerEpoch { try endEpoch(stage.evaluator) }
      if isInterrupted() {
        try checkpoint()
        return .interrupted(epoch: state.epoch, step: state.stepInEpoch)
      }
      if (ContinuousClock.now - lastCheckpoint) / .seconds(1) >= configuration.training.checkpointSeconds {
        try checkpoint()
      }
    }
    try checkpoint()
    return .finished(
      TrainingResult(
        history: state.history, validationAccuracy: state.bestAccuracy,
        chosenEpoch: state.bestAccuracy == nil ? state.epoch : state.bestEpoch, seconds: state.seconds))
  }

  /// What trains the blocks of the present epoch, and no others: blocks to come lie in the same buffers all the time.
  private func presentStage() throws -> TrainingStage {
    let model = configuration.model(in: state.epoch)
    if let stage, stage.model == model { return stage }
    stage = nil  // Its memory first.
    let next = try makeStage(model)
    optimizer.train(only: next.graph)
    stage = next
    return next
  }

  private func announce(_ stage: TrainingStage) {
    guard !configuration.training.growth.isEmpty, stage.model != announced else { return }
    announced = stage.model
    emit(.grew(blocks: stage.model.layers.map(\.blocks), memoryBytes: memoryBytes))
  }

  /// The learning rate after so many steps.
  private func learningRate(after steps: Int) -> Double {
    let time = Double(steps) / Double(loader.stepsPerEpoch)
    return configuration.optimizer.learningRate * configuration.schedule.factor(at: time, of: Double(epochs))
  }

  private func step(_ plan: any TrainingPlan) throws {
    let start = SuspendingClock.now
    let batch = loader.next()
    let rate = learningRate(after: stepsTaken)
    let result = try plan.step(
      images: UnsafeBufferPointer(batch.images), labels: UnsafeBufferPointer(batch.labels),
      shares: batch.shares.map { UnsafeBufferPointer($0) },
      options: StepOptions(
        labelSmoothing: Float(configuration.training.labelSmoothing),
        dropoutSeed: configuration.training.seed &+ UInt64(stepsTaken) &* 0x9E37_79B9_7F4A_7C15))
    guard result.loss.isFinite else { throw diverged("the loss is no longer a finite number") }
    try optimizer.step(learningRate: rate)
    lookahead?.update(after: stepsTaken + 1, of: epochs * loader.stepsPerEpoch)
    average?.update(after: stepsTaken - configuration.startOfPart(in: state.epoch) * loader.stepsPerEpoch)
    state.stepInEpoch += 1
    state.lossSum += Double(result.loss)
    state.correct += result.correct
    let seconds = (SuspendingClock.now - start) / .seconds(1)
    state.epochSeconds += seconds
    state.seconds += seconds
    let images = state.stepInEpoch * configuration.training.batchSize
    emit(
      .stepped(
        StepProgress(
          epoch: state.epoch + 1, epochs: epochs, step: state.stepInEpoch, stepsPerEpoch: loader.stepsPerEpoch,
          loss: state.lossSum / Double(state.stepInEpoch), accuracy: Double(state.correct) / Double(images),
          imagesPerSecond: Double(images) / state.epochSeconds,
          secondsLeft: state.epochSeconds / Double(state.stepInEpoch) * stepsLeft)))
  }

  /// Steps until the end, in such of the present network.
  private var stepsLeft: Double {
    let present = configuration.trainingOperations(in: state.epoch..<state.epoch + 1)
    let later = configuration.trainingOperations(in: state.epoch + 1..<epochs)
    return Double(loader.stepsPerEpoch) * (1 + later / present) - Double(state.stepInEpoch)
  }

  private func diverged(_ what: String) -> TrainingError {
    TrainingError(
      description:
        "training diverged at step \(stepsTaken): \(what); the last good checkpoint is kept. In another run, lower "
        + "optimizer.learningRate, lengthen schedule.warmup or set optimizer.clipNorm")
  }

  private func endEpoch(_ evaluator: Evaluator?) throws {
    let steps = Double(loader.stepsPerEpoch)
    var record = EpochRecord(
      epoch: state.epoch + 1, step: stepsTaken, trainLoss: state.lossSum / steps,
      trainAccuracy: Double(state.correct) / (steps * Double(configuration.training.batchSize)),
      learningRate: learningRate(after: stepsTaken - 1),
      imagesPerSecond: steps * Double(configuration.training.batchSize) / state.epochSeconds, seconds: state.seconds)
    var isBest = false
    let isLast = record.epoch == epochs
    if let evaluator, isLast || record.epoch % configuration.training.evaluateEvery == 0 {
      emit(.evaluating)
      let start = SuspendingClock.now
      let evaluation = try evaluator.evaluate()
      guard evaluation.loss.isFinite else { throw diverged("the validation loss is no longer a finite number") }
      state.seconds += (SuspendingClock.now - start) / .seconds(1)
      record.seconds = state.seconds
      record.validationLoss = evaluation.loss
      record.validationAccuracy = evaluation.accuracy
      isBest = evaluation.accuracy > state.bestAccuracy ?? -1
    }
    state.epoch = record.epoch
    (state.stepInEpoch, state.lossSum, state.correct, state.epochSeconds) = (0, 0, 0, 0)
    state.history.append(record)
    if isBest {
      try demandFiniteWeights()
      state.bestAccuracy = record.validationAccuracy
      state.bestEpoch = record.epoch
      state.evaluationsWithoutGain = 0
      try save(to: run.bestWeights)
    } else if record.validationAccuracy != nil {
      state.evaluationsWithoutGain += 1
    }
    try run.writeMetrics(state.history)
    emit(.epochEnded(record, isBest: isBest))
  }

  private func save(to url: URL) throws {
    var notes = [
      "epoch": "\(state.epoch)", "step": "\(stepsTaken)", "seed": "\(configuration.training.seed)",
      "dataset": configuration.data.dataset, "precision": precision.rawValue, "configuration": configurationText,
    ]
    notes["validationAccuracy"] = state.stepInEpoch > 0 ? nil : state.history.last?.validationAccuracy.map { "\($0)" }
    (notes[CheckpointInfo.startWeightsNote], notes[CheckpointInfo.imagesNote]) = (startWeights, fingerprint)
    try Checkpoint.save(
      judged,
      info: CheckpointInfo(
        model: configuration.model, normalization: configuration.normalization(), classNames: classNames,
        notes: notes),
      steps: stepsTaken, to: url)
  }

  /// Comparisons can hide what is no number from the losses.
  private func demandFiniteWeights() throws {
    guard parameters.values.elements.allSatisfy(\.isFinite) else { throw diverged("a weight is no longer finite") }
  }

  /// State first: it alone decides where a resumed run starts.
  private func checkpoint() throws {
    try demandFiniteWeights()
    try TrainingStateFile.save(state, buffers, configuration: configurationText, images: fingerprint, to: run.state)
    try save(to: run.lastWeights)
    lastCheckpoint = .now
  }
}

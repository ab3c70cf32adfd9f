// The trainer against its loop written out from the library's parts: what it hands to the plan, the optimizer and the
// averages at each step. Comparing runs with runs would miss whatever all of them leave out.
import Compute
import Datasets
import Foundation
import Models
import OneDNNBackend
import TestSupport
import Testing
import Training

@Suite struct TrainingLoopTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  /// Twelve steps in three epochs, with all that a step can be told.
  private static var averaged: Configuration {
    var configuration = Tiny.configuration
    configuration.model.blockDropout = 0.2
    configuration.augmentation.cutMix = 1
    configuration.optimizer.learningRate = 0.05
    configuration.schedule = Schedule(.linear)
    configuration.schedule.warmup = 1
    configuration.training.labelSmoothing = 0.1
    configuration.training.ema = 0.9
    return configuration
  }

  private static var takenBack: Configuration {
    var configuration = averaged
    configuration.optimizer.kind = .muon
    configuration.optimizer.lookahead = .init(every: 5, decay: 0.8, power: 1)
    configuration.training.ema = 0
    return configuration
  }

  @Test(arguments: [TrainingLoopTests.averaged, TrainingLoopTests.takenBack])
  func aRunIsItsLoop(configuration: Configuration) throws {
    let run = TrainerRun(configuration, .fp32, folder.run())
    let history = try run.result().history

    let set = try Tiny.dataset().train
    let graph = try configuration.model.graph()
    let loader = try BatchLoader(
      set: set, indices: Trainer.split(set, configuration.data).train, batchSize: 12,
      augmentation: configuration.augmentation, normalization: configuration.normalization(),
      seed: configuration.training.seed, shuffles: true, dropsLast: true)
    let store = ParameterStore(graph)
    store.initialize(seed: configuration.training.seed)
    let backend = try OneDNNBackend(threads: 1)
    let optimizer = Optimizer(store, settings: configuration.optimizer, backend: backend)
    let average = AveragedParameters(store, graph: graph, decay: 0.9)
    let lookahead = Lookahead(store, graph: graph, settings: configuration.optimizer.lookahead)
    let plan = try backend.compileTraining(graph, batchSize: 12, precision: .fp32, parameters: store)
    var results: [StepResult] = []
    for step in 0..<12 {
      let batch = loader.next()
      let options = StepOptions(
        labelSmoothing: 0.1, dropoutSeed: configuration.training.seed &+ UInt64(step) &* 0x9E37_79B9_7F4A_7C15)
      results.append(
        try plan.run(Array(batch.images), Array(batch.labels), options, shares: batch.shares.map { Array($0) }))
      // One epoch up, two down.
      let time = Double(step) / 4
      let start = configuration.schedule.warmupStart
      let factor = time < 1 ? start + (1 - start) * time : (3 - time) / 2
      try optimizer.step(learningRate: 0.05 * factor)
      lookahead.update(after: step + 1, of: 12)
      average.update(after: step)
    }

    let expected = configuration.training.ema > 0 ? average.store : lookahead.store
    let found = try Checkpoint.load(run.run.lastWeights).parameters
    for tensor in graph.tensors {
      let (values, others) = (Array(found.values(of: tensor.name)), Array(expected.values(of: tensor.name)))
      #expect(relativeError(values, others) < 1e-6, "\(tensor.name)")
    }
    for (epoch, record) in history.enumerated() {
      let steps = results[4 * epoch..<4 * epoch + 4]
      #expect(abs(record.trainLoss - steps.reduce(0) { $0 + Double($1.loss) } / 4) < 1e-6)
      #expect(abs(record.trainAccuracy - Double(steps.reduce(0) { $0 + $1.correct }) / 48) < 1e-9)
    }
  }
}

// Whole runs of a tiny network: that they learn, what they leave in their folder,
// and how each setting of a run shows.
import Compute
import Datasets
import Foundation
import Models
import OneDNNBackend
import TestSupport
import Testing
import Training

@Suite struct TrainerTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  @Test func aClassifierOfAnotherShapeStartsAnew() throws {
    var other = Tiny.model
    other.classes = 3
    let start = ParameterStore(try other.graph())
    start.initialize(seed: 9)
    let whole = TrainerRun(Tiny.configuration, .fp32, folder.run())
    whole.start = start
    whole.onEvent = { [run = whole.run] event in
      guard case .started = event else { return }
      let (begun, _, _) = try Checkpoint.load(run.lastWeights)
      for name in ["conv1.weight", "layer2.0.conv2.weight"] {
        #expect(Array(begun.values(of: name)) == Array(start.values(of: name)))
      }
      #expect(begun.values(of: "linear.bias").count == 4)
    }
    _ = try whole.result()
    other.layers[1].channels = 9
    let stranger = TrainerRun(Tiny.configuration, .fp32, folder.run("stranger"))
    stranger.start = ParameterStore(try other.graph())
    #expect(
      failure { _ = try stranger.outcome() }?.hasPrefix("--weights: the checkpoint is of another network") == true)
  }

  @Test(arguments: precisions) func aRunLearns(precision: Precision) throws {
    var configuration = Tiny.configuration
    configuration.training.epochs = 12
    let run = folder.run()
    let result = try TrainerRun(configuration, precision, run).result()
    let (first, last) = (try #require(result.history.first), try #require(result.history.last))
    #expect(last.trainLoss < 0.7 * first.trainLoss)
    let best = try #require(result.history.compactMap(\.validationAccuracy).max())
    #expect(best > 0.5 && result.validationAccuracy == best)
    #expect(result.history[result.chosenEpoch - 1].validationAccuracy == best)
    #expect(result.history.map(\.epoch) == Array(1...12) && result.history.map(\.step) == (1...12).map { 4 * $0 })
    #expect(try Checkpoint.describe(run.bestWeights).notes["epoch"] == "\(result.chosenEpoch)")
    #expect(try Checkpoint.describe(run.lastWeights).notes["epoch"] == "12")
    #expect(try run.chosenWeights == run.bestWeights)
  }

  // From those that are not held out, and as they are without augmentation.
  @Test func whiteningFiltersComeFromTheTrainingImagesAndStay() throws {
    var configuration = Tiny.configuration
    configuration.model = Tiny.groups
    let run = folder.run()
    _ = try TrainerRun(configuration, .fp32, run).result()
    let (found, graph, _) = try Checkpoint.load(run.lastWeights)
    let expected = ParameterStore(graph)
    expected.initialize(seed: configuration.training.seed)
    let images = try Tiny.dataset().train
    let split = try Split.stratified(labels: images.labels, validation: 16, seed: 0)
    try Whitening.initialize(
      expected, of: graph, images: images.normalized(split.train, by: configuration.normalization()))
    let frozen = graph.tensors.filter(\.isFrozen).map(\.name)
    #expect(frozen.count == 1 + 3 + 3)
    for spec in graph.tensors where spec.isParameter {
      let isSame = Array(found.values(of: spec.name)) == Array(expected.values(of: spec.name))
      #expect(isSame == frozen.contains(spec.name), "\(spec.name)")
    }
  }

  @Test func aRunLearnsByMuonAndLookahead() throws {
    var configuration = Tiny.configuration
    configuration.training.epochs = 12
    configuration.optimizer.kind = .muon
    configuration.optimizer.learningRate = 0.05
    configuration.optimizer.lookahead = .init(every: 5, decay: 0.8, power: 3)
    let history = try TrainerRun(configuration, .fp32, folder.run()).result().history
    let (first, last) = (try #require(history.first), try #require(history.last))
    #expect(last.trainLoss < 0.7 * first.trainLoss)
    #expect(try #require(last.validationAccuracy) > 0.5)
  }

  @Test func theFolderTellsTheRun() throws {
    let run = folder.run("deep/er/run")
    let result = try TrainerRun(Tiny.configuration, .fp32, run).result()
    #expect(run.exists)
    #expect(try run.storedConfiguration() == Tiny.configuration)
    let lines = try String(contentsOf: run.metrics, encoding: .utf8).split(separator: "\n")
    #expect(
      lines[0] == "epoch,step,train_loss,train_accuracy,val_loss,val_accuracy,learning_rate,images_per_second,seconds")
    #expect(lines.count == 4)
    for (line, record) in zip(lines.dropFirst(), result.history) {
      let fields = line.split(separator: ",", omittingEmptySubsequences: false).map { Double($0) }
      #expect(fields.count == 9 && fields[0] == Double(record.epoch) && fields[1] == Double(record.step))
      #expect(fields[2] == record.trainLoss && fields[5] == record.validationAccuracy)
    }
    let info = try Checkpoint.describe(run.lastWeights)
    #expect(info.model == Tiny.model && info.classNames == Tiny.classes)
    #expect(try info.normalization == Tiny.configuration.normalization())
    let files = try FileManager.default.subpathsOfDirectory(atPath: run.url.path)
    #expect(!files.contains { $0.contains("partial") }, "\(files)")
  }

  @Test func withoutValidationTheLastWeightsAreChosen() throws {
    var configuration = Tiny.configuration
    configuration.data.validation = 0
    let run = folder.run()
    let trainer = TrainerRun(configuration, .fp32, run)
    let result = try trainer.result()
    #expect(result.validationAccuracy == nil && result.chosenEpoch == 3)
    #expect(result.history.allSatisfy { $0.validationAccuracy == nil && $0.validationLoss == nil })
    #expect(trainer.plans.map(\.validationImages) == [0] && trainer.plans.map(\.trainImages) == [64])
    #expect(try run.chosenWeights == run.lastWeights)
    #expect(try String(contentsOf: run.metrics, encoding: .utf8).contains(",,,"))
  }

  @Test func fewerImagesMakeFewerSteps() throws {
    var configuration = Tiny.configuration
    configuration.data.limitTrain = 24
    let trainer = TrainerRun(configuration, .fp32, folder.run())
    _ = try trainer.result()
    let plan = try #require(trainer.plans.first)
    #expect(plan.trainImages == 24 && plan.validationImages == 16 && plan.stepsPerEpoch == 2)
  }

  @Test func evaluationsComeAsOftenAsAsked() throws {
    var configuration = Tiny.configuration
    configuration.training.epochs = 5
    configuration.training.evaluateEvery = 2
    let history = try TrainerRun(configuration, .fp32, folder.run()).result().history
    #expect(history.filter { $0.validationAccuracy != nil }.map(\.epoch) == [2, 4, 5])
  }

  @Test func patienceEndsARunThatGainsNothing() throws {
    var configuration = Tiny.configuration
    configuration.training.epochs = 60
    configuration.training.patience = 2
    let run = folder.run()
    let result = try TrainerRun(configuration, .fp32, run).result()
    #expect(result.history.count < 60)
    #expect(result.history.count == result.chosenEpoch + 2)
    let again = TrainerRun(configuration, .fp32, run)
    again.resumes = true
    #expect(try again.result().history == result.history)
    #expect(again.steps == 0)
  }

  @Test func theScheduleIsFollowedByTheStep() throws {
    var configuration = Tiny.configuration
    configuration.optimizer.learningRate = 0.04
    configuration.schedule = Schedule(.linear)
    let history = try TrainerRun(configuration, .fp32, folder.run()).result().history
    // The last of four steps an epoch, of twelve in all.
    for (record, step) in zip(history, [3.0, 7, 11]) {
      #expect(abs(record.learningRate - 0.04 * (1 - step / 12)) < 1e-12)
    }
  }

  @Test func startWeightsAreTaken() throws {
    let (store, _) = try Tiny.store()
    var configuration = Tiny.configuration
    configuration.training.epochs = 1
    configuration.training.ema = 0.9
    configuration.optimizer.learningRate = 1e-30
    let trainer = TrainerRun(configuration, .fp32, folder.run())
    trainer.start = store
    _ = try trainer.result()
    let trained = try Checkpoint.load(trainer.run.lastWeights).parameters
    #expect(Array(trained.values(of: "linear.weight")) == Array(store.values(of: "linear.weight")))

    var model = Tiny.model
    model.stem.channels = 5
    let other = TrainerRun(configuration, .fp32, folder.run("other"))
    other.start = ParameterStore(try model.graph())
    #expect(failure { _ = try other.result() }?.hasPrefix("--weights: ") == true)
    #expect(!other.run.exists)
  }

  @Test func anotherSeedMakesAnotherRun() throws {
    var files: [Data] = []
    for seed in [0, 0, 1] as [UInt64] {
      var configuration = Tiny.configuration
      configuration.training.seed = seed
      let run = folder.run("\(files.count)")
      _ = try TrainerRun(configuration, .fp32, run).result()
      files.append(try Data(contentsOf: run.lastWeights))
    }
    #expect(files[0] == files[1] && files[0] != files[2])
  }
}

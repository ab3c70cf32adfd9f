// Networks that grow while they train: which blocks train when, that one that joins changes nothing at first,
// and that an interruption is not seen.
import Compute
import Datasets
import Foundation
import Models
import OneDNNBackend
import TestSupport
import Testing
import Training

@Suite struct GrowthTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  /// One block a layer in the first epoch, two in the second, all (three and two) in the third.
  private static var configuration: Configuration {
    var configuration = Tiny.configuration
    configuration.model.initialization = .zeroResidual
    (configuration.model.layers[0].blocks, configuration.model.layers[1].blocks) = (3, 2)
    configuration.training.growth = [.init(blocks: 1, until: 0.34), .init(blocks: 2, until: 0.67)]
    configuration.training.ema = 0.5
    configuration.optimizer.kind = .muon
    configuration.optimizer.learningRate = 0.05
    return configuration
  }

  private func blocks(_ configuration: Configuration, _ epoch: Int) -> [Int] {
    configuration.model(in: epoch).layers.map(\.blocks)
  }

  @Test func partsEndWithTheirShareOfTheEpochs() {
    var configuration = Self.configuration
    #expect((0..<4).map { blocks(configuration, $0) } == [[1, 1], [2, 2], [3, 2], [3, 2]])
    configuration.training.epochs = 10
    configuration.training.growth = [.init(blocks: 2, until: 0.7)]
    #expect(blocks(configuration, 6) == [2, 2] && blocks(configuration, 7) == [3, 2])
    // The last epoch is the whole network's, however few there are.
    configuration.training.growth = [.init(blocks: 1, until: 0.99)]
    for epochs in 1...9 {
      configuration.training.epochs = epochs
      #expect(configuration.model(in: epochs - 1) == configuration.model)
    }
    configuration.training.growth = []
    #expect(configuration.model(in: 0) == configuration.model)
  }

  @Test func operationsAreThoseOfTheBlocksThatTrain() throws {
    let configuration = Self.configuration
    let operations = try (0..<3).map { epoch in
      Double(ModelSummary(try configuration.model(in: epoch).graph()).trainingOperations)
    }
    #expect(operations[0] < operations[1] && operations[1] < operations[2])
    #expect(configuration.trainingOperations(in: 0..<3) == operations.reduce(0, +))
    #expect(configuration.trainingOperations(in: 1..<2) == operations[1])
    #expect(configuration.trainingOperations(in: 3..<3) == 0)
  }

  @Test func blocksToComeStayAsTheyStart() throws {
    let configuration = Self.configuration
    let start = ParameterStore(try configuration.model.graph())
    start.initialize(seed: configuration.training.seed)
    /// The blocks of which something has changed after so many epochs.
    func changed(after epochs: Int) throws -> Set<String> {
      let trainer = TrainerRun(configuration, .fp32, folder.run("\(epochs)"))
      trainer.interruption = 4 * epochs
      _ = try trainer.outcome()
      let store = try Checkpoint.load(trainer.run.lastWeights).parameters
      return Set(
        store.specs.filter { Array(store.values(of: $0.name)) != Array(start.values(of: $0.name)) }.map {
          $0.name.split(separator: ".").prefix(2).joined(separator: ".")
        }.filter { $0.hasPrefix("layer") })
    }
    #expect(try changed(after: 1) == ["layer1.0", "layer2.0"])
    #expect(try changed(after: 2) == ["layer1.0", "layer2.0", "layer1.1", "layer2.1"])
    #expect(try changed(after: 3) == ["layer1.0", "layer2.0", "layer1.1", "layer2.1", "layer1.2"])
  }

  @Test func theWholeNetworkComputesWhatItsPartDoes() throws {
    let configuration = Self.configuration
    let trainer = TrainerRun(configuration, .fp32, folder.run())
    trainer.interruption = 4
    _ = try trainer.outcome()
    let (store, graph, info) = try Checkpoint.load(trainer.run.lastWeights)
    #expect(info.model == configuration.model)
    let set = try Tiny.dataset().test
    func logits(_ graph: Graph) throws -> [Float] {
      let plan = try OneDNNBackend(threads: 1).compileInference(
        graph, batchSize: 8, precision: .fp32, foldsBatchNorm: true, parameters: store)
      return try Evaluator(
        plan, classes: 4, set: set, indices: Array(0..<set.count), normalization: info.normalization
      ).evaluate().logits
    }
    let (whole, part) = (try logits(graph), try logits(configuration.model(in: 0).graph()))
    #expect(zip(whole, part).allSatisfy { abs($0 - $1) < 1e-5 } && Set(whole).count > 100)
  }

  @Test(arguments: precisions) func anInterruptionChangesNothing(precision: Precision) throws {
    let whole = TrainerRun(Self.configuration, precision, folder.run("whole"))
    var grown: [[Int]] = []
    whole.onEvent = { if case .grew(let blocks, _) = $0 { grown.append(blocks) } }
    _ = try whole.result()
    #expect(grown == [[1, 1], [2, 2], [3, 2]])
    for step in [3, 4, 5, 8, 10] {
      let first = TrainerRun(Self.configuration, precision, folder.run("at \(step)"))
      first.interruption = step
      _ = try first.outcome()
      let second = TrainerRun(Self.configuration, precision, first.run)
      second.resumes = true
      _ = try second.result()
      for file in [\RunDirectory.lastWeights, \.bestWeights] {
        #expect(
          try Data(contentsOf: second.run[keyPath: file]) == Data(contentsOf: whole.run[keyPath: file]),
          "interrupted at \(step)")
      }
    }
  }

  @Test func aGrowingRunLearns() throws {
    var configuration = Self.configuration
    configuration.training.epochs = 12
    configuration.training.ema = 0
    let history = try TrainerRun(configuration, .fp32, folder.run()).result().history
    let (first, last) = (try #require(history.first), try #require(history.last))
    #expect(last.trainLoss < 0.7 * first.trainLoss)
    #expect(try #require(last.validationAccuracy) > 0.5)
  }

  // What joined is judged by what it has learnt: the average forgets its start as soon as it forgot the first blocks'.
  @Test func averagesForgetTheStartOfBlocksThatJoin() throws {
    /// The scales, which start as 0, of a block that joins for the last 4 of 40 steps.
    func scales(ema: Double) throws -> [Float] {
      var configuration = Self.configuration
      configuration.training.epochs = 10
      configuration.training.growth = [.init(blocks: 1, until: 0.9)]
      configuration.training.ema = ema
      let trainer = TrainerRun(configuration, .fp32, folder.run("\(ema)"))
      _ = try trainer.result()
      return Array(try Checkpoint.load(trainer.run.lastWeights).parameters.values(of: "layer1.1.bn2.weight"))
    }
    let (averages, last) = (try scales(ema: 0.9999), try scales(ema: 0))
    // 0.4 where the whole run's steps count.
    func product(_ one: [Float], _ other: [Float]) -> Float { zip(one, other).reduce(0) { $0 + $1.0 * $1.1 } }
    let share = product(averages, last) / product(last, last)
    #expect(share > 0.65, "\(averages), \(last)")
  }

  @Test func trainedWeightsDoNotGrow() throws {
    let trainer = TrainerRun(Self.configuration, .fp32, folder.run())
    trainer.start = ParameterStore(try Self.configuration.model.graph())
    #expect(
      failure { _ = try trainer.outcome() }?.hasPrefix("training.growth: a network that starts from weights") == true)
    #expect(!trainer.run.exists)
  }

  @Test func impossiblePartsAreNamed() {
    func expectFailure(
      _ growth: [Configuration.Growth], _ start: String, change: (inout Configuration) -> Void = { _ in }
    ) {
      var configuration = Self.configuration
      configuration.training.growth = growth
      change(&configuration)
      let text = failure { try configuration.validate() }
      #expect(text?.hasPrefix(start) == true, "\(text ?? "no error")")
    }
    let part = Configuration.Growth(blocks: 1, until: 0.5)
    expectFailure([part], "training.growth: needs training.patience: 0") { $0.training.patience = 1 }
    expectFailure([.init(blocks: 0, until: 0.5)], "training.growth[0].blocks: use more than 0")
    expectFailure([.init(blocks: 1, until: 0)], "training.growth[0].until: use a share")
    expectFailure([.init(blocks: 1, until: 1)], "training.growth[0].until: use a share")
    expectFailure([.init(blocks: 1, until: .nan)], "training.growth[0].until: use a share")
    expectFailure([part, .init(blocks: 1, until: 0.6)], "training.growth[1].blocks: use more than 1")
    expectFailure([part, .init(blocks: 2, until: 0.5)], "training.growth[1].until: use a share")
    expectFailure([part], "training.growth: needs") { $0.model.initialization = .uniform }
    expectFailure([part], "training.growth: needs") { $0.model.activation = .gelu }
    #expect(failure { try Self.configuration.validate() } == nil)
  }
}

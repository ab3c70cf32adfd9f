// The images that a small network finds hardest: that it picks those, and what a run makes of them.
import Compute
import Datasets
import Foundation
import Models
import OneDNNBackend
import Testing
import Training

@Suite struct HardImagesTests {
  private static var configuration: Configuration {
    var configuration = Tiny.configuration
    configuration.training.keep = 1.0 / 3
    return configuration
  }

  /// A batch of twelve images and the classes that they show.
  private func batch(_ configuration: Configuration) throws -> Batch {
    let set = try Tiny.images(64, seed: 1)
    let loader = try BatchLoader(
      set: set, indices: Array(0..<64), batchSize: 12, augmentation: configuration.augmentation,
      normalization: configuration.normalization(), seed: 1, shuffles: true, dropsLast: true)
    return loader.next()
  }

  @Test(arguments: [0, 1]) func theLargestLossesArePicked(cutMix: Double) throws {
    var configuration = Self.configuration
    configuration.augmentation.cutMix = cutMix
    let backend = try OneDNNBackend(threads: 1)
    let batch = try batch(configuration)
    let all = StepImages(batch)
    let hard = try HardImages(configuration, backend: backend, precision: .fp32)

    // The same network, from the same start.
    let graph = try configuration.proxyModel.graph()
    let store = ParameterStore(graph)
    store.initialize(seed: configuration.training.seed)
    let plan = try backend.compileTraining(graph, batchSize: 12, precision: .fp32, parameters: store)
    _ = try plan.step(images: all.images, labels: all.labels, shares: all.shares, options: StepOptions())
    let losses = (0..<12).map { image in
      let row = plan.logits[image * 4..<image * 4 + 4].map(Double.init)
      let logSum = log(row.reduce(0) { $0 + exp($1) })
      return (0..<4).reduce(0.0) { sum, label in
        let share = all.shares.map { Double($0[image * 4 + label]) } ?? (label == Int(all.labels[image]) ? 1 : 0)
        return sum - share * (row[label] - logSum)
      }
    }
    let expected = (0..<12).sorted { losses[$0] > losses[$1] }.prefix(4).sorted()

    let start = Array(hard.parameters.values.elements)
    let picked = try hard.pick(from: batch, options: StepOptions(), learningRate: 0.1)
    #expect(Array(picked.labels) == expected.map { all.labels[$0] })
    #expect(Array(picked.images) == expected.flatMap { all.images[$0 * 192..<($0 + 1) * 192] })
    #expect(
      picked.shares.map(Array.init) == all.shares.map { shares in expected.flatMap { shares[$0 * 4..<$0 * 4 + 4] } })
    #expect(Array(hard.parameters.values.elements) != start)
  }

  @Test func aRunLearnsFromHardImages() throws {
    let folder = try TemporaryFolder()
    var configuration = Self.configuration
    configuration.training.epochs = 16
    configuration.training.keep = 0.5
    let trainer = TrainerRun(configuration, .fp32, folder.run())
    let history = try trainer.result().history
    #expect(trainer.steps == 64 && trainer.plans.map(\.stepsPerEpoch) == [4])
    let (first, last) = (try #require(history.first), try #require(history.last))
    #expect(last.trainLoss < 0.8 * first.trainLoss)
    #expect(try #require(last.validationAccuracy) > 0.5)
  }

  @Test func operationsOfBothNetworksCount() throws {
    var configuration = Self.configuration
    configuration.training.batchSize = 12
    let (model, proxy) = (
      ModelSummary(try configuration.model.graph()).trainingOperations,
      ModelSummary(try configuration.proxyModel.graph()).trainingOperations
    )
    #expect(try configuration.trainingOperations(steps: 10) == Double(10 * (4 * model + 12 * proxy)))
    configuration.training.keep = 1
    #expect(try configuration.trainingOperations(steps: 10) == Double(10 * 12 * model))
  }

  @Test func anotherSmallNetworkCanBeNamed() throws {
    let text = "proxy: {stem: {channels: 4}, layers: [{blocks: 1, channels: 8, stride: 2}], pool: 16}"
    let configuration = try Configuration.resolve([.text(text, origin: "test"), .assignment("proxy.stem.channels=6")])
    #expect(configuration.proxyModel.stem.channels == 6 && configuration.proxyModel.layers.count == 1)
    #expect(try Configuration.resolve([.text(configuration.yaml(), origin: "test")]) == configuration)
    #expect(Preset.all.allSatisfy { (try? $0.configuration.proxyModel.graph().parameterCount) ?? 0 < 200_000 })
  }
}

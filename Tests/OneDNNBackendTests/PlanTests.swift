// What holds of every plan: the same results from the same numbers, whatever ran before, by however many threads;
// memory that is counted; and refusal of batches, parameters and precisions that cannot be taken.
import Compute
import Models
import OneDNNBackend
import TestSupport
import Testing

@Suite struct PlanTests {
  let graph: Graph
  let backend: OneDNNBackend
  let options = StepOptions(labelSmoothing: 0.1, dropoutSeed: 3)

  init() throws {
    graph = try #require(Networks.all["dropout"]).graph()
    backend = try OneDNNBackend(threads: 2)
  }

  static let precisions: [Precision] = OneDNNBackend.hasFastBF16 ? [.fp32, .bf16] : [.fp32]

  @Test(arguments: precisions) func plansOfOneGraphAgree(precision: Precision) throws {
    let first = try backend.step(graph, batchSize: 16, precision: precision, options: options)
    #expect(try backend.step(graph, batchSize: 16, precision: precision, options: options) == first)
    let other = try OneDNNBackend(threads: 2)
    #expect(try other.step(graph, batchSize: 16, precision: precision, options: options) == first)
    #expect(first.result.loss.isFinite)
  }

  @Test(arguments: precisions) func aStepRepeatsFromTheSameState(precision: Precision) throws {
    let store = graph.store(seed: 11)
    let plan = try backend.compileTraining(graph, batchSize: 16, precision: precision, parameters: store)
    let (images, labels) = (graph.images(16, seed: 12), graph.labels(16))
    let first = try plan.outcome(graph, store, images, labels, options)
    _ = try plan.run(graph.images(16, seed: 13), labels, StepOptions(dropoutSeed: 4))
    store.fill(graph, seed: 11)
    #expect(try plan.outcome(graph, store, images, labels, options) == first)
  }

  @Test(arguments: precisions) func aPassRepeats(precision: Precision) throws {
    let plan = try backend.compileInference(
      graph, batchSize: 16, precision: precision, foldsBatchNorm: true, parameters: graph.store(seed: 11))
    let images = graph.images(16, seed: 12)
    let first = try plan.run(images)
    #expect(try plan.run(graph.images(16, seed: 13)) != first)
    #expect(try plan.run(images) == first)
  }

  // Dropout is left out: its masks follow layouts, which may follow the number of threads.
  @Test func threadCountsAgree() throws {
    let graph = try #require(Networks.all["projection and identity"]).graph()
    let outcomes = try [1, 2].map { threads in
      let backend = try OneDNNBackend(threads: threads)
      #expect(backend.threads == threads)
      return try backend.step(graph, batchSize: 16)
    }
    outcomes[1].expectNear(outcomes[0], within: 1e-5)
  }

  @Test func memoryIsCounted() throws {
    let store = graph.store(seed: 11)
    let sizes = try [1, 16].map { batchSize in
      let inference = try backend.compileInference(
        graph, batchSize: batchSize, precision: .fp32, foldsBatchNorm: true, parameters: store)
      let training = try backend.compileTraining(
        graph, batchSize: batchSize, precision: .fp32, parameters: store)
      #expect(training.batchSize == batchSize && inference.batchSize == batchSize)
      #expect(inference.memoryBytes > 0)
      return training.memoryBytes
    }
    // What the backward pass needs of the stem alone, its map before normalisation, is kept for each image.
    #expect(sizes[0] > 0)
    #expect(sizes[1] - sizes[0] >= 15 * 4 * graph.nodes[1].shape.count)
  }

  /// Neither the maps behind activations nor those behind dropout are kept: both are computed once more.
  @Test func dropoutInBlocksTakesNoMemory() throws {
    let sizes = try [0, 0.3].map { rate in
      let graph = try ResNetSpec(
        stem: .init(channels: 16), layers: [.init(blocks: 3, channels: 32, stride: 2)], pool: 4, blockDropout: rate
      ).graph()
      return try backend.compileTraining(graph, batchSize: 16, precision: .fp32, parameters: graph.store(seed: 11))
        .memoryBytes
    }
    #expect(sizes[1] == sizes[0])
  }

  private struct Weak {
    private(set) weak var store: ParameterStore?

    init(_ store: ParameterStore?) { self.store = store }
  }

  @Test func aPlanKeepsItsParameters() throws {
    var store: ParameterStore? = graph.store(seed: 11)
    let plan = try backend.compileInference(
      graph, batchSize: 3, precision: .fp32, foldsBatchNorm: true, parameters: try #require(store))
    let images = graph.images(3, seed: 12)
    let before = try plan.run(images)
    let released = Weak(store)
    store = nil
    #expect(released.store != nil)
    try plan.loadParameters()
    #expect(try plan.run(images) == before)
  }

  @Test(arguments: Networks.all.keys.sorted()) func aPlanThatGoesLetsItsParametersGo(network: String) throws {
    let graph = try #require(Networks.all[network]).graph()
    var store: ParameterStore? = graph.store(seed: 11)
    let released = Weak(store)
    for folds in [false, true] {
      _ = try backend.compileInference(
        graph, batchSize: 3, precision: .fp32, foldsBatchNorm: folds, parameters: try #require(store))
    }
    _ = try backend.compileTraining(graph, batchSize: 3, precision: .fp32, parameters: try #require(store))
    store = nil
    #expect(released.store == nil)
  }

  @Test func threadsAreCounted() throws {
    for threads in [0, -1, 1025] { #expect(throws: (any Error).self) { try OneDNNBackend(threads: threads) } }
    let all = try OneDNNBackend().threads
    _ = try OneDNNBackend(threads: 1).step(graph, batchSize: 3)
    #expect(try OneDNNBackend().threads == all)
  }

  @Test func badBatchesAreRefusedAndLeaveTheStoreAlone() throws {
    let store = graph.store(seed: 11)
    let plan = try backend.compileTraining(graph, batchSize: 3, precision: .fp32, parameters: store)
    let values = Array(store.values.elements)
    let images = graph.images(3, seed: 12)
    for (images, labels) in [
      (Array(images.dropLast()), [0, 1, 2]), (images + images, [0, 1, 2]), (images, [0, 1]), (images, [0, 1, 2, 3]),
      (images, [0, 1, 10]), (images, [-1, 0, 1]), ([], []),
    ] as [([Float], [Int32])] {
      #expect(throws: ComputeError.self) { try plan.run(images, labels) }
    }
    #expect(throws: ComputeError.invalidBatch("label 10 of image 1 is out of range: use 0 to 9")) {
      try plan.run(images, [0, 10, 1])
    }
    #expect(Array(store.values.elements) == values)
    #expect(store.gradients.elements.allSatisfy { $0 == 0 })
    let inference = try backend.compileInference(
      graph, batchSize: 3, precision: .fp32, foldsBatchNorm: false, parameters: store)
    for count in [0, images.count - 1] {
      #expect(throws: ComputeError.self) { try inference.run(Array(images.prefix(count))) }
    }
  }

  @Test func impossiblePlansAreRefused() throws {
    let store = graph.store(seed: 11)
    let other = try #require(Networks.all["projection and identity"]).graph()
    for (graph, batchSize) in [(graph, 0), (graph, -1), (other, 3)] {
      #expect(throws: ComputeError.self) {
        try backend.compileTraining(graph, batchSize: batchSize, precision: .fp32, parameters: store)
      }
      for folds in [false, true] {
        #expect(throws: ComputeError.self) {
          try backend.compileInference(
            graph, batchSize: batchSize, precision: .fp32, foldsBatchNorm: folds, parameters: store)
        }
      }
    }
  }

  @Test func oneValueAChannelIsRefused() throws {
    var graph = Graph(input: Shape(channels: 2, height: 1, width: 1))
    graph.append(.linear(features: 2), named: "linear", on: graph.append(.batchNorm, named: "bn", on: 0))
    #expect(throws: ComputeError.self) { try backend.step(graph, batchSize: 1) }
    #expect(throws: Never.self) { try backend.step(graph, batchSize: 2) }
  }

  @Test(.enabled(if: !OneDNNBackend.hasFastBF16, "this CPU has bf16"))
  func bf16IsRefusedWhereItIsMissing() throws {
    let error = ComputeError.unsupportedPrecision(.bf16, "this CPU has no bf16 instructions; use fp32")
    #expect(OneDNNBackend.bestPrecision == .fp32)
    #expect(throws: error) { try backend.step(graph, batchSize: 3, precision: .bf16) }
    #expect(throws: error) { try backend.infer(graph, batchSize: 3, precision: .bf16, folds: true) }
  }
}

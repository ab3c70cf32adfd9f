// Inference of whole residual networks: folded and unfolded against the reference, in batches of several sizes,
// with the parameters of the last load.
import Compute
import Models
import OneDNNBackend
import TestSupport
import Testing

/// Small residual networks with projections and identities.
enum Networks {
  static let all: [String: ResNetSpec] = [
    "projection and identity": spec([
      .init(blocks: 2, channels: 17, stride: 1), .init(blocks: 2, channels: 34, stride: 2),
    ]),
    "identity first": spec([.init(blocks: 2, channels: 16, stride: 1), .init(blocks: 1, channels: 32, stride: 2)]),
    "wide kernels": spec(
      [.init(blocks: 1, channels: 24, kernel: 5, skipKernel: 3, stride: 3), .init(blocks: 2, channels: 24, stride: 1)],
      pool: 1),
    "dropout": spec([.init(blocks: 2, channels: 16, stride: 2)], dropout: 0.5),
    "GELU": spec(
      [.init(blocks: 2, channels: 17, stride: 1), .init(blocks: 2, channels: 34, stride: 2)], activation: .gelu),
    "SiLU": spec(
      [.init(blocks: 1, channels: 16, kernel: 5, stride: 1), .init(blocks: 2, channels: 32, stride: 2)],
      activation: .silu),
    "pre-activation": ResNetSpec(
      input: Shape(channels: 3, height: 9, width: 7), preActivation: true, stem: .init(channels: 17),
      layers: [.init(blocks: 2, channels: 17, stride: 1), .init(blocks: 2, channels: 34, stride: 2)], pool: 2),
    "groups": ResNetSpec(
      input: Shape(channels: 3, height: 15, width: 13), activation: .gelu,
      batchNorm: BatchNorm(epsilon: 1e-12, momentum: 0.4, trainsScale: false),
      stem: .init(channels: 24, kernel: 2, whitening: true, padded: false),
      layers: [
        .init(blocks: 1, channels: 17, stride: 2, entry: .convPool),
        .init(blocks: 2, channels: 34, stride: 1, entry: .convPool),
        .init(blocks: 0, channels: 40, stride: 2, entry: .convPool),
      ], pool: 3, pooling: .max, classifierBias: false, logitScale: 0.25),
  ]

  static func spec(
    _ layers: [ResNetSpec.Layer], pool: Int = 2, dropout: Double = 0, activation: Activation = .relu
  ) -> ResNetSpec {
    ResNetSpec(
      input: Shape(channels: 3, height: 9, width: 7), activation: activation, stem: .init(channels: 16), layers: layers,
      pool: pool,
      blockDropout: dropout, dropout: dropout)
  }
}

@Suite struct InferenceTests {
  let backend: OneDNNBackend
  let reference = ReferenceBackend()

  init() throws { backend = try OneDNNBackend(threads: 2) }

  @Test(arguments: Networks.all.keys.sorted(), [1, 3, 128])
  func logitsAreTheReferences(network: String, batchSize: Int) throws {
    let graph = try #require(Networks.all[network]).graph()
    let expected = try reference.infer(graph, batchSize: batchSize, folds: false)
    for folds in [false, true] {
      let logits = try backend.infer(graph, batchSize: batchSize, folds: folds)
      #expect(relativeError(logits, expected) <= 1e-4, "folds: \(folds)")
    }
  }

  @Test(
    .enabled(if: OneDNNBackend.hasFastBF16, "this CPU has no bf16"), arguments: Networks.all.keys.sorted(),
    [false, true])
  func bf16NamesTheSameClass(network: String, folds: Bool) throws {
    let graph = try #require(Networks.all[network]).graph()
    let expected = try reference.infer(graph, batchSize: 128, folds: false)
    let logits = try backend.infer(graph, batchSize: 128, precision: .bf16, folds: folds)
    // Random weights give logits close to each other; trained ones leave more room.
    let agreeing = (0..<128).count { best(logits, $0, graph.classes) == best(expected, $0, graph.classes) }
    #expect(agreeing >= 115)
    #expect(cosine(logits, expected) >= 0.999)
  }

  private func best(_ logits: [Float], _ image: Int, _ classes: Int) -> Int? {
    (0..<classes).max { logits[image * classes + $0] < logits[image * classes + $1] }
  }

  @Test(arguments: [false, true]) func parametersAreThoseOfTheLastLoad(folds: Bool) throws {
    let graph = try #require(Networks.all["projection and identity"]).graph()
    let store = graph.store(seed: 11)
    let images = graph.images(3, seed: 12)
    let plan = try backend.compileInference(
      graph, batchSize: 3, precision: .fp32, foldsBatchNorm: folds, parameters: store)
    let before = try plan.run(images)
    for spec in graph.tensors {
      let values = store.values(of: spec.name)
      let start = Array(values)
      for index in values.indices { values[index] *= index % 2 == 0 ? 1.5 : 0.75 }
      #expect(try plan.run(images) == before, "\(spec.name)")
      try plan.loadParameters()
      let expected = try reference.compileInference(
        graph, batchSize: 3, precision: .fp32, foldsBatchNorm: false, parameters: store
      ).run(images)
      let logits = try plan.run(images)
      #expect(logits != before, "\(spec.name)")
      #expect(relativeError(logits, expected) <= 1e-4, "\(spec.name)")
      _ = values.update(fromContentsOf: start)
      try plan.loadParameters()
      #expect(try plan.run(images) == before, "\(spec.name)")
    }
  }

  @Test func anImagesLogitsDoNotDependOnItsBatch() throws {
    let graph = try #require(Networks.all["identity first"]).graph()
    let many = try backend.infer(graph, batchSize: 128, folds: true)
    let few = try backend.infer(graph, batchSize: 3, folds: true)
    #expect(relativeError(few, Array(many.prefix(few.count))) <= 1e-5)
  }
}

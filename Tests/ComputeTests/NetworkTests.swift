// Whole networks: every parameter's gradient against finite differences of the loss,
// and batch normalisation folded against the same network unfolded.
import Compute
import Models
import Testing

/// Small networks and batches, one for each shape of graph.
struct NetworkCase: Sendable, CustomTestStringConvertible {
  var testDescription: String
  var spec: ResNetSpec
  var images: Int
  var options: StepOptions

  static let all = [
    NetworkCase(
      testDescription: "plain, two layers, one image",
      spec: spec([.init(blocks: 2, channels: 4, stride: 1), .init(blocks: 1, channels: 6, stride: 2)], pool: 4),
      images: 1, options: StepOptions()),
    NetworkCase(
      testDescription: "wide kernels, odd map, smoothing, dropout",
      spec: spec(
        [.init(blocks: 1, channels: 5, kernel: 5, skipKernel: 3, stride: 3)], pool: 2, dropout: 0.3),
      images: 3, options: StepOptions(labelSmoothing: 0.125, dropoutSeed: 5)),
    NetworkCase(
      testDescription: "GELU",
      spec: spec([.init(blocks: 2, channels: 6, stride: 2)], pool: 4, activation: .gelu),
      images: 2, options: StepOptions()),
    NetworkCase(
      testDescription: "whitening, pooled layers, scaled logits",
      spec: ResNetSpec(
        input: Shape(channels: 3, height: 8, width: 8), activation: .silu,
        batchNorm: BatchNorm(epsilon: 1e-2, momentum: 0.5, trainsScale: false),
        stem: .init(channels: 6, kernel: 2, whitening: true, padded: false),
        layers: [
          .init(blocks: 1, channels: 5, stride: 2, entry: .convPool), .init(blocks: 1, channels: 6, stride: 2),
        ], pool: 2, pooling: .max, classes: 5, classifierBias: false, logitScale: 0.5),
      images: 2, options: StepOptions()),
    NetworkCase(
      testDescription: "squeeze-and-excitation",
      spec: ResNetSpec(
        input: Shape(channels: 3, height: 8, width: 8), squeezeExcitation: 2, stem: .init(channels: 4),
        layers: [.init(blocks: 2, channels: 6, stride: 2)], pool: 4, classes: 5),
      images: 2, options: StepOptions()),
    NetworkCase(
      testDescription: "pre-activation, a stem that crops",
      spec: ResNetSpec(
        input: Shape(channels: 3, height: 8, width: 8), preActivation: true,
        stem: .init(channels: 4, kernel: 3, padded: false), layers: [.init(blocks: 2, channels: 6, stride: 2)], pool: 3,
        classes: 5),
      images: 2, options: StepOptions()),
  ]

  static func spec(
    _ layers: [ResNetSpec.Layer], pool: Int, dropout: Double = 0, activation: Activation = .relu
  ) -> ResNetSpec {
    ResNetSpec(
      input: Shape(channels: 3, height: 8, width: 8), activation: activation, stem: .init(channels: 4), layers: layers,
      pool: pool,
      blockDropout: dropout, dropout: dropout, classes: 5)
  }

  /// The graph, values away from the start values, and a batch; all numbers are exact in Float.
  func make() throws -> (graph: Graph, parameters: ReferenceParameters, images: ReferenceTensor, labels: [Int]) {
    let graph = try spec.graph()
    var random = TestRandom(9)
    func exact(_ shape: [Int], in range: ClosedRange<Double> = -1...1) -> ReferenceTensor {
      random.tensor(shape, in: range).map { Double(Float($0)) }
    }
    var parameters = ReferenceParameters()
    for tensor in graph.tensors {
      let isPositive = tensor.role == .scale || tensor.role == .runningVariance
      parameters.tensors[tensor.name] = exact(tensor.shape, in: isPositive ? 0.5...1.5 : -0.5...0.5)
    }
    let images = exact([images] + graph.inputShape.dimensions)
    return (graph, parameters, images, (0..<images.shape[0]).map { $0 % graph.classes })
  }
}

@Suite struct NetworkTests {
  @Test(arguments: NetworkCase.all) func everyGradientIsAFiniteDifference(of item: NetworkCase) throws {
    let (graph, parameters, images, labels) = try item.make()
    let network = ReferenceNetwork(graph)
    let pass = try network.train(images: images, labels: labels, parameters: parameters, options: item.options)
    #expect(Set(pass.gradients.tensors.keys) == Set(graph.tensors.filter(\.isTrainable).map(\.name)))
    for (name, gradient) in pass.gradients.tensors {
      let error = try gradientError(gradient, at: parameters.tensor(name), step: 1e-6, positions: 6) { tensor in
        var changed = parameters
        changed.tensors[name] = tensor
        return try network.train(images: images, labels: labels, parameters: changed, options: item.options).loss
      }
      #expect(error < 1e-7, "\(name)")
    }
  }

  @Test(arguments: NetworkCase.all) func foldedBatchNormGivesTheSameLogits(of item: NetworkCase) throws {
    let (graph, parameters, images, _) = try item.make()
    let network = ReferenceNetwork(graph)
    let folded = try parameters.foldingBatchNorm(of: graph)
    // All that stand behind a convolution; not those behind a sum, or a maximum, which a negative scale would make a
    // minimum.
    let kept = graph.nodes.count { node in
      guard node.operation.isBatchNorm, let source = node.inputs.first else { return false }
      if case .convolution = graph.nodes[source].operation { return false }
      return true
    }
    #expect(folded.tensors.keys.count { $0.hasSuffix("running_mean") } == kept)
    let expected = try network.logits(images: images, parameters: parameters)
    let size = expected.data.map(abs).max() ?? 0
    #expect(try network.logits(images: images, parameters: folded).distance(to: expected) < 1e-12 * size)
  }

  @Test func batchNormStaysWhereAnotherNodeReadsTheConvolution() throws {
    var graph = Graph(input: Shape(channels: 2, height: 3, width: 3))
    let convolution = graph.append(.convolution(channels: 2, kernel: 3, stride: 1), named: "conv", on: 0)
    let norm = graph.append(.batchNorm, named: "bn", on: convolution)
    let sum = graph.append(.add, named: "add", on: convolution, norm)
    graph.append(.linear(features: 2), named: "linear", on: sum)
    let store = ParameterStore(graph)
    store.initialize(seed: 1)
    let parameters = try ReferenceParameters(graph, from: store)
    #expect(try parameters.foldingBatchNorm(of: graph) == parameters)
  }

  @Test func oneValueAChannelIsRefused() throws {
    var graph = Graph(input: Shape(channels: 2, height: 1, width: 1))
    let norm = graph.append(.batchNorm, named: "bn", on: 0)
    graph.append(.linear(features: 2), named: "linear", on: norm)
    let store = ParameterStore(graph)
    let backend = ReferenceBackend()
    #expect(throws: ComputeError.self) {
      try backend.compileTraining(graph, batchSize: 1, precision: .fp32, parameters: store)
    }
    _ = try backend.compileTraining(graph, batchSize: 2, precision: .fp32, parameters: store)
  }
}

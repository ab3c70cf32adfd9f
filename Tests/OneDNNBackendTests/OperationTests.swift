// Every operation of the oneDNN backend against the double-precision reference, training and inference:
// fp32 to 1e-4 of each tensor's largest value, bf16 by the direction of each gradient.
import Compute
import Models
import OneDNNBackend
import TestSupport
import Testing

@Suite struct OperationTests {
  static let all =
    GraphCase.convolutions + GraphCase.settings + GraphCase.activations + GraphCase.maxima + GraphCase.squeezes
    + GraphCase.pointwise
    + GraphCase.sums + GraphCase.unusual
  let backend: OneDNNBackend
  /// By each algorithm.
  let backends: [OneDNNBackend]
  let reference = ReferenceBackend()

  init() throws {
    backend = try OneDNNBackend(threads: 2)
    backends = try ConvolutionAlgorithms.allCases.map { try OneDNNBackend(threads: 2, convolutions: $0) }
  }

  @Test(arguments: all) func trainingIsTheReferences(of item: GraphCase) throws {
    let expected = try reference.step(item.graph, batchSize: item.batchSize)
    for backend in backends { try backend.step(item.graph, batchSize: item.batchSize).expectNear(expected) }
  }

  @Test(.enabled(if: OneDNNBackend.hasFastBF16, "this CPU has no bf16"), arguments: all)
  func trainingInBF16PointsAsTheReferences(of item: GraphCase) throws {
    let expected = try reference.step(item.graph, batchSize: item.batchSize)
    try backend.step(item.graph, batchSize: item.batchSize, precision: .bf16).expectAligned(with: expected)
  }

  @Test(arguments: all, [false, true]) func inferenceIsTheReferences(of item: GraphCase, folded: Bool) throws {
    let expected = try reference.infer(item.graph, batchSize: item.batchSize, folds: false)
    for backend in backends {
      let logits = try backend.infer(item.graph, batchSize: item.batchSize, folds: folded)
      #expect(relativeError(logits, expected) <= 1e-4, "\(backend.convolutions)")
    }
  }

  @Test(arguments: [Float(0.1), 0.5, 1]) func labelSmoothingIsTheReferences(share: Float) throws {
    let item = GraphCase.sums[0]
    let options = StepOptions(labelSmoothing: share)
    let expected = try reference.step(item.graph, batchSize: item.batchSize, options: options)
    try backend.step(item.graph, batchSize: item.batchSize, options: options).expectNear(expected)
    #expect(try expected.result.loss != reference.step(item.graph, batchSize: item.batchSize).result.loss)
  }

  @Test func mixedTargetsAreTheReferences() throws {
    let item = GraphCase.sums[0]
    let count = item.batchSize * item.graph.classes
    // A quarter of the first class and three of another in each image.
    let shares = (0..<count).map { index in
      let (image, label) = index.quotientAndRemainder(dividingBy: item.graph.classes)
      return Float((label == 0 ? 0.25 : 0) + (label == image % item.graph.classes ? 0.75 : 0))
    }
    let outcomes = try [reference as any Backend, backend].map { backend in
      let store = item.graph.store(seed: 11)
      let plan = try backend.compileTraining(
        item.graph, batchSize: item.batchSize, precision: .fp32, parameters: store)
      return try plan.outcome(
        item.graph, store, item.graph.images(item.batchSize, seed: 12), item.graph.labels(item.batchSize),
        StepOptions(labelSmoothing: 0.1), shares: shares)
    }
    outcomes[1].expectNear(outcomes[0])
    #expect(try reference.step(item.graph, batchSize: item.batchSize).result.loss != outcomes[0].result.loss)
    let plan = try backend.compileTraining(
      item.graph, batchSize: item.batchSize, precision: .fp32, parameters: item.graph.store(seed: 11))
    #expect(throws: ComputeError.self) {
      try plan.run(
        item.graph.images(item.batchSize, seed: 12), item.graph.labels(item.batchSize), shares: shares.dropLast())
    }
  }

  @Test(arguments: GraphCase.unusual) func imagesAreOnlyRead(by item: GraphCase) throws {
    let store = item.graph.store(seed: 11)
    let images = item.graph.images(item.batchSize, seed: 12)
    let labels = item.graph.labels(item.batchSize)
    let given = images.map { $0 }
    _ = try backend.compileTraining(
      item.graph, batchSize: item.batchSize, precision: .fp32, parameters: store
    ).run(given, labels)
    for folds in [false, true] {
      _ = try backend.compileInference(
        item.graph, batchSize: item.batchSize, precision: .fp32, foldsBatchNorm: folds, parameters: store
      ).run(given)
    }
    #expect(given == images)
  }
}

// An inference pass as recorded steps: some that lay parameters out, the rest for each batch.
internal import Compute
internal import Models

/// The compiled inference pass.
final class OneDNNInferencePlan: InferencePlan, ObservablePlan {
  let batchSize: Int
  let steps: [PlanStep]
  private let graph: Graph
  private let plan: RecordedPlan
  private let loads: Range<Int>
  private let pass: Range<Int>
  private let images: Value
  private let result: UnsafeBufferPointer<Float>
  /// The plan's steps hold pointers into it.
  private let parameters: ParameterStore

  init(
    _ graph: Graph, batchSize: Int, precision: Precision, convolutions: ConvolutionAlgorithms, foldsBatchNorm: Bool,
    parameters: ParameterStore, engine: Engine
  ) throws {
    self.batchSize = batchSize
    self.parameters = parameters
    self.graph = graph
    let lowering = InferenceLowering(
      try LoweringContext(
        graph, batchSize: batchSize, precision: precision, convolutions: convolutions, store: parameters,
        engine: engine),
      foldsBatchNorm: foldsBatchNorm)
    let logits = try lowering.record()
    images = lowering.context.images
    loads = 0..<lowering.builder.loads.count
    pass = loads.upperBound..<lowering.builder.steps.count
    steps = lowering.builder.describeSteps(of: graph, batchSize: batchSize)
    plan = try lowering.builder.finish()
    result = UnsafeBufferPointer(
      start: plan.address(of: logits)?.assumingMemoryBound(to: Float.self),
      count: batchSize * graph.classes)
    try loadParameters()
  }

  var memoryBytes: Int { plan.byteCount }

  var observer: StepObserver? {
    get { plan.observer }
    set { plan.observer = newValue }
  }

  func loadParameters() throws { try plan.run(loads) }

  func logits(images: UnsafeBufferPointer<Float>) throws -> UnsafeBufferPointer<Float> {
    try graph.check(imageValues: images.count, batchSize: batchSize)
    guard let address = images.baseAddress else { return result }
    try plan.set(self.images, to: address)
    try plan.run(pass)
    return result
  }
}

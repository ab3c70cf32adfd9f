// A training step as two recorded halves with the loss between them.
internal import Compute
internal import Models

/// The compiled training step.
final class OneDNNTrainingPlan: TrainingPlan, ObservablePlan {
  let batchSize: Int
  /// The recorded steps, and then the loss.
  let steps: [PlanStep]
  private let graph: Graph
  private let plan: RecordedPlan
  private let forward: Range<Int>
  private let backward: Range<Int>
  private let images: Value
  private let options: TrainingLowering.OptionsBox
  private let logitsMemory: UnsafeMutableBufferPointer<Float>
  private let gradientMemory: UnsafeMutableBufferPointer<Float>
  /// The plan's steps hold pointers into it.
  private let parameters: ParameterStore

  init(
    _ graph: Graph, batchSize: Int, precision: Precision, convolutions: ConvolutionAlgorithms,
    parameters: ParameterStore, engine: Engine
  ) throws {
    self.batchSize = batchSize
    self.parameters = parameters
    self.graph = graph
    options = .init()
    let lowering = TrainingLowering(
      try LoweringContext(
        graph, batchSize: batchSize, precision: precision, convolutions: convolutions, store: parameters,
        engine: engine),
      options: options)
    try lowering.recordForward()
    let middle = lowering.builder.steps.count
    let seed = try lowering.recordBackward()
    forward = 0..<middle
    backward = middle..<lowering.builder.steps.count
    images = lowering.context.images
    let count = batchSize * graph.classes
    steps =
      lowering.builder.describeSteps(of: graph, batchSize: batchSize)
      + [PlanStep(name: "loss", kind: .loss, implementation: "own", bytes: 2 * count * MemoryLayout<Float>.size)]
    let plan = try lowering.builder.finish()
    let logits = try lowering.output(graph.nodes.count - 1)
    func floats(_ value: Value) -> UnsafeMutableBufferPointer<Float> {
      UnsafeMutableBufferPointer(
        start: plan.address(of: value)?.assumingMemoryBound(to: Float.self), count: count)
    }
    logitsMemory = floats(logits)
    gradientMemory = floats(seed)
    self.plan = plan
  }

  var memoryBytes: Int { plan.byteCount }

  var observer: StepObserver? {
    get { plan.observer }
    set { plan.observer = newValue }
  }

  var logits: UnsafeBufferPointer<Float> { UnsafeBufferPointer(logitsMemory) }

  func step(
    images: UnsafeBufferPointer<Float>, labels: UnsafeBufferPointer<Int32>, shares: UnsafeBufferPointer<Float>?,
    options: StepOptions
  ) throws -> StepResult {
    try graph.check(imageValues: images.count, batchSize: batchSize)
    try graph.check(labels: labels, batchSize: batchSize)
    try graph.check(shareCount: shares?.count, batchSize: batchSize)
    guard let address = images.baseAddress else { return StepResult(loss: 0, correct: 0) }
    self.options.value = options
    try plan.set(self.images, to: address)
    try plan.run(forward)
    let result = plan.observed(backward.upperBound) {
      CrossEntropy.evaluate(
        logits: logits, labels: labels, shares: shares, classes: graph.classes, smoothing: options.labelSmoothing,
        gradient: gradientMemory)
    }
    try plan.run(backward)
    return result
  }
}

// The reference's plans: each call converts Float to Double, interprets the graph
// and rounds the results back into the parameter store or the logits.
import Models

/// A training step of the reference; between steps it holds the logits alone.
final class ReferenceTrainingPlan: TrainingPlan {
  let batchSize: Int
  private let network: ReferenceNetwork
  private let store: ParameterStore
  private let output: AlignedBuffer<Float>

  init(_ graph: Graph, batchSize: Int, store: ParameterStore) {
    self.batchSize = batchSize
    self.store = store
    network = ReferenceNetwork(graph)
    output = AlignedBuffer(count: batchSize * graph.classes)
  }

  var memoryBytes: Int { output.count * MemoryLayout<Float>.stride }

  var logits: UnsafeBufferPointer<Float> { UnsafeBufferPointer(output.elements) }

  func step(
    images: UnsafeBufferPointer<Float>, labels: UnsafeBufferPointer<Int32>, shares: UnsafeBufferPointer<Float>?,
    options: StepOptions
  ) throws -> StepResult {
    let pass = try network.train(
      images: network.graph.batch(images, batchSize: batchSize), labels: labels.map(Int.init),
      shares: shares?.map(Double.init), parameters: ReferenceParameters(network.graph, from: store), options: options)
    for (name, gradient) in pass.gradients.tensors { gradient.round(to: store.gradient(of: name)) }
    for (name, statistic) in pass.statistics.tensors { statistic.round(to: store.values(of: name)) }
    pass.logits.round(to: output.elements)
    return StepResult(loss: Float(pass.loss), correct: pass.correct)
  }
}

/// An inference pass of the reference; between passes it holds the parameters in Double and the logits.
final class ReferenceInferencePlan: InferencePlan {
  let batchSize: Int
  private let network: ReferenceNetwork
  private let foldsBatchNorm: Bool
  private let store: ParameterStore
  private let output: AlignedBuffer<Float>
  private var parameters = ReferenceParameters()

  init(_ graph: Graph, batchSize: Int, foldsBatchNorm: Bool, store: ParameterStore) throws {
    self.batchSize = batchSize
    self.foldsBatchNorm = foldsBatchNorm
    self.store = store
    network = ReferenceNetwork(graph)
    output = AlignedBuffer(count: batchSize * graph.classes)
    try loadParameters()
  }

  var memoryBytes: Int {
    output.count * MemoryLayout<Float>.stride
      + parameters.tensors.values.reduce(0) { $0 + $1.count * MemoryLayout<Double>.stride }
  }

  func loadParameters() throws {
    let loaded = try ReferenceParameters(network.graph, from: store)
    parameters = foldsBatchNorm ? try loaded.foldingBatchNorm(of: network.graph) : loaded
  }

  func logits(images: UnsafeBufferPointer<Float>) throws -> UnsafeBufferPointer<Float> {
    let images = try network.graph.batch(images, batchSize: batchSize)
    try network.logits(images: images, parameters: parameters).round(to: output.elements)
    return UnsafeBufferPointer(output.elements)
  }
}

extension Graph {
  /// The images of a batch in double precision.
  fileprivate func batch(_ images: UnsafeBufferPointer<Float>, batchSize: Int) throws -> ReferenceTensor {
    try check(imageValues: images.count, batchSize: batchSize)
    return ReferenceTensor(shape: [batchSize] + inputShape.dimensions, data: images.map(Double.init))
  }
}

extension ReferenceTensor {
  /// Writes the elements as Float.
  fileprivate func round(to target: UnsafeMutableBufferPointer<Float>) {
    for (index, value) in data.enumerated() { target[index] = Float(value) }
  }
}

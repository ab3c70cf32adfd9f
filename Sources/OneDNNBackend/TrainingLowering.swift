// From a graph to the forward half of a training step; what the backward half needs of each node
// is kept, the rest of the memory is free again.
internal import COneDNN
internal import Compute
internal import Models

/// Records the forward pass of training, node by node.
final class TrainingLowering {
  let builder: PlanBuilder
  let graph: Graph
  let batchSize: Int
  let dataType: dnnl_data_type_t
  let parameters: StoredParameters
  let consumers: [[Int]]
  let options: OptionsBox

  /// The images' slot, set before each step.
  let images: Value
  /// What each node yields.
  var outputs: [Value?]
  /// Forward primitives, which backward ones take as hints.
  var hints: [Int: PrimitiveDescriptor] = [:]
  /// Batch mean and variance of each normalisation.
  var statistics: [Int: (mean: Value, variance: Value)] = [:]

  /// The step's options where recorded kernels can read them.
  final class OptionsBox {
    var value = StepOptions()
  }

  init(
    _ graph: Graph, batchSize: Int, precision: Precision, store: ParameterStore, engine: Engine, options: OptionsBox
  ) throws {
    self.graph = graph
    self.batchSize = batchSize
    self.options = options
    dataType = precision == .bf16 ? dnnl_bf16 : dnnl_f32
    builder = PlanBuilder(engine: engine)
    parameters = StoredParameters(builder: builder, store: store)
    consumers = graph.consumers
    outputs = [Value?](repeating: nil, count: graph.nodes.count)
    images = builder.makeSlot(
      try MemoryDescriptor([batchSize] + graph.inputShape.dimensions, dnnl_f32, dnnl_nchw))
  }

  var engine: Engine { builder.engine }

  /// Batch × channels × rows × columns of a node's output.
  func extents(_ node: Node) -> [Int] { [batchSize] + node.shape.dimensions }

  func output(_ id: Int) throws -> Value {
    guard let value = outputs[id] else {
      throw OneDNNError(description: "node \(graph.nodes[id].name) is read before it is computed")
    }
    return value
  }

  func recordForward() throws {
    for node in graph.nodes {
      outputs[node.id] =
        switch node.operation {
        case .input: images
        case .convolution(_, let kernel, let stride): try convolution(node, kernel: kernel, stride: stride)
        case .batchNorm: try batchNorm(node)
        case .relu: try relu(node)
        case .add: try add(node)
        case .dropout(let rate): try dropout(node, rate: rate)
        case .averagePool(let kernel): try averagePool(node, kernel: kernel)
        case .linear(let features): try linear(node, features: features)
        }
    }
  }

  private func convolution(_ node: Node, kernel: Int, stride: Int) throws -> Value {
    let input = try output(node.inputs[0])
    let geometry = try self.geometry(node, kernel: kernel, stride: stride)
    let forward = try geometry.forward(training: true, attributes: Attributes())
    hints[node.id] = forward
    let source = try builder.reordered(input, to: forward.source(), name: "\(node.name).input")
    let weights = try builder.reordered(
      try parameters.value(node, "weight"), to: forward.weights(), name: "\(node.name).weight")
    let result = builder.make(try forward.destination())
    try builder.run(
      node.name, forward, [(DNNL_ARG_SRC, source), (DNNL_ARG_WEIGHTS, weights), (DNNL_ARG_DST, result)])
    return result
  }

  func geometry(_ node: Node, kernel: Int, stride: Int) throws -> Convolution {
    let input = graph.nodes[node.inputs[0]]
    return try Convolution(
      engine: engine, name: node.name,
      source: MemoryDescriptor(extents(input), dataType, dnnl_format_tag_any),
      output: extents(node), kernel: kernel, stride: stride)
  }

  private func batchNorm(_ node: Node) throws -> Value {
    let input = try output(node.inputs[0])
    let forward = try engine.batchNorm(node.name, input.descriptor, training: true)
    hints[node.id] = forward
    let perChannel = try MemoryDescriptor([node.shape.channels], dnnl_f32, dnnl_a)
    let mean = builder.make(perChannel)
    let variance = builder.make(perChannel)
    statistics[node.id] = (mean, variance)
    let result = builder.make(input.descriptor)
    try builder.run(
      node.name, forward,
      [
        (DNNL_ARG_SRC, input), (DNNL_ARG_SCALE, try parameters.value(node, "weight")),
        (DNNL_ARG_SHIFT, try parameters.value(node, "bias")), (DNNL_ARG_MEAN, mean), (DNNL_ARG_VARIANCE, variance),
        (DNNL_ARG_DST, result),
      ])
    try moveRunningStatistics(node, mean: mean, variance: variance)
    return result
  }

  /// running ← 0.9 · running + 0.1 · batch, with the unbiased variance, as PyTorch does.
  private func moveRunningStatistics(_ node: Node, mean: Value, variance: Value) throws {
    let channels = node.shape.channels
    let samples = Float(batchSize * node.shape.height * node.shape.width)
    let unbias = samples > 1 ? samples / (samples - 1) : 1
    let momentum = Float(Models.Operation.batchNormMomentum)
    let running = [try parameters.value(node, "running_mean"), try parameters.value(node, "running_var")]
    builder.run("\(node.name).running", on: [mean, variance] + running) { pointers in
      for (batch, running, scale) in [(pointers[0], pointers[2], 1), (pointers[1], pointers[3], unbias)] {
        let batch = batch.assumingMemoryBound(to: Float.self)
        let running = running.assumingMemoryBound(to: Float.self)
        for channel in 0..<channels {
          running[channel] = (1 - momentum) * running[channel] + momentum * scale * batch[channel]
        }
      }
    }
  }

  /// Whether `node` alone reads the value that it works on, so that it may overwrite it; the images are the caller's.
  private func ownsInput(_ node: Node) -> Bool {
    node.inputs[0] > 0 && consumers[node.inputs[0]].count == 1
  }

  private func relu(_ node: Node) throws -> Value {
    let source = graph.nodes[node.inputs[0]]
    let input = try output(source.id)
    if endsInReLU(source) { return input }  // the sum has already applied it
    let result = ownsInput(node) ? builder.overwritten(input) : builder.make(input.descriptor)
    try builder.run(
      node.name, engine.relu(node.name, input.descriptor), [(DNNL_ARG_SRC, input), (DNNL_ARG_DST, result)])
    return result
  }

  /// Whether `node` is a sum that one ReLU alone reads, which it then computes itself.
  private func endsInReLU(_ node: Node) -> Bool {
    node.operation == .add && consumers[node.id].count == 1 && graph.nodes[consumers[node.id][0]].operation == .relu
  }

  private func add(_ node: Node) throws -> Value {
    let first = try output(node.inputs[0])
    let second = try builder.reordered(try output(node.inputs[1]), to: first.descriptor, name: node.name)
    // The gradient of a ReLU is taken from its result, which has to stay.
    let overwrites = ownsInput(node) && graph.nodes[node.inputs[0]].operation != .relu
    let result = overwrites ? builder.overwritten(first) : builder.make(first.descriptor)
    try builder.run(
      node.name, engine.sum(node.name, first.descriptor, relu: endsInReLU(node)),
      [(DNNL_ARG_SRC_0, first), (DNNL_ARG_SRC_1, second), (DNNL_ARG_DST, result)])
    return result
  }

  private func dropout(_ node: Node, rate: Float) throws -> Value {
    let input = try output(node.inputs[0])
    let own = ownsInput(node) ? input : try copy(input, name: node.name)
    applyDropout(node, rate: rate, to: own, name: node.name)
    return builder.overwritten(own)
  }

  func copy(_ value: Value, name: String) throws -> Value {
    let target = builder.make(value.descriptor)
    try builder.reorder(value, into: target, name: name)
    return target
  }

  /// Forward and backward alike: the mask is drawn again from the step's key, never stored.
  func applyDropout(_ node: Node, rate: Float, to value: Value, name: String) {
    let dropout = DropoutKernel(rate: rate, node: node.id, type: value.descriptor.dataType)
    let bytes = value.descriptor.byteCount
    builder.run(name, on: [value]) { [options] pointers in
      dropout.apply(to: pointers[0], bytes: bytes, seed: options.value.dropoutSeed)
    }
  }

  private func averagePool(_ node: Node, kernel: Int) throws -> Value {
    let input = try output(node.inputs[0])
    let forward = try engine.averagePool(
      node.name, input.descriptor, output: extents(node), kernel: kernel, training: true)
    hints[node.id] = forward
    let result = builder.make(try forward.destination())
    try builder.run(node.name, forward, [(DNNL_ARG_SRC, input), (DNNL_ARG_DST, result)])
    return result
  }

  func innerProduct(_ node: Node, features: Int) throws -> InnerProduct {
    try InnerProduct(
      engine: engine, name: node.name, source: extents(graph.nodes[node.inputs[0]]), features: features)
  }

  private func linear(_ node: Node, features: Int) throws -> Value {
    let layer = try innerProduct(node, features: features)
    let forward = try layer.forward(training: true, attributes: Attributes())
    hints[node.id] = forward
    let source = try builder.reordered(
      try output(node.inputs[0]), to: forward.source(), name: "\(node.name).input")
    let weights = try builder.reordered(
      try parameters.value(node, "weight", shape: layer.weights.dimensions), to: forward.weights(),
      name: "\(node.name).weight")
    let result = builder.makePersistent(layer.destination)
    try builder.run(
      node.name, forward,
      [
        (DNNL_ARG_SRC, source), (DNNL_ARG_WEIGHTS, weights), (DNNL_ARG_BIAS, try parameters.value(node, "bias")),
        (DNNL_ARG_DST, result),
      ])
    return result
  }
}

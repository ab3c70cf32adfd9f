// From a graph to the forward half of a training step; what the backward half needs of each node
// is kept, the rest of the memory is free again.
internal import COneDNN
internal import Compute
internal import Models

/// Records the forward pass of training, node by node.
final class TrainingLowering: Lowering {
  private(set) var context: LoweringContext
  let options: OptionsBox

  /// Forward primitives, which backward ones take as hints.
  var hints: [Int: PrimitiveDescriptor] = [:]
  /// Batch mean and variance of each normalisation.
  var statistics: [Int: (mean: Value, variance: Value)] = [:]

  /// The step's options where recorded kernels can read them.
  final class OptionsBox {
    var value = StepOptions()
  }

  init(_ context: LoweringContext, options: OptionsBox) {
    self.context = context
    self.options = options
  }

  func recordForward() throws {
    for node in graph.nodes { context.outputs[node.id] = try lower(node) }
  }

  func convolution(_ node: Node, kernel: Int, stride: Int) throws -> Value {
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

  func batchNorm(_ node: Node) throws -> Value {
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
    let samples = Float(context.batchSize * node.shape.height * node.shape.width)
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

  func relu(_ node: Node) throws -> Value {
    let source = graph.nodes[node.inputs[0]]
    let input = try output(source.id)
    if endsInReLU(source) { return input }  // the sum has already applied it
    let result = ownsInput(node) ? builder.overwritten(input) : builder.make(input.descriptor)
    try builder.run(
      node.name, engine.relu(node.name, input.descriptor), [(DNNL_ARG_SRC, input), (DNNL_ARG_DST, result)])
    return result
  }

  func add(_ node: Node) throws -> Value {
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

  func dropout(_ node: Node, rate: Float) throws -> Value {
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

  func averagePool(_ node: Node, kernel: Int) throws -> Value {
    let input = try output(node.inputs[0])
    let forward = try engine.averagePool(
      node.name, input.descriptor, output: extents(node), kernel: kernel, training: true)
    hints[node.id] = forward
    let result = builder.make(try forward.destination())
    try builder.run(node.name, forward, [(DNNL_ARG_SRC, input), (DNNL_ARG_DST, result)])
    return result
  }

  func linear(_ node: Node, features: Int) throws -> Value {
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

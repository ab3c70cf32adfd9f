// From a graph to the forward half of a training step; what the backward half needs of each node
// is kept, the rest of the memory is free again.
internal import CKernels
internal import COneDNN
internal import Compute
internal import Models

/// Records the forward pass of training, node by node.
final class TrainingLowering: Lowering {
  private(set) var context: LoweringContext
  let options: OptionsBox

  /// Forward primitives, which backward ones take as hints.
  var hints: [Int: PrimitiveDescriptor] = [:]
  /// Sums of the convolutions and pools that computed them along the way.
  private var sums: [Int: Value] = [:]
  /// Where each maximum of a pool was.
  private(set) var maxima: [Int: Value] = [:]
  /// What squeeze-and-excitations have kept.
  private(set) var squeezes: [Int: Value] = [:]
  /// Normalisations by the last node that their pass computes.
  private(set) var normalizations: [Int: Normalization] = [:]

  /// A normalisation and what its pass computes beyond it.
  struct Normalization {
    let node: Node
    let input: Value
    /// What the backward pass needs of it: see `TPS_COEFFICIENT_ROWS`.
    let coefficients: Value
    /// The node that is added to its value.
    let addend: Int?
    /// What follows the value, or the sum.
    let activation: Activation?
  }

  /// The step's options where recorded kernels can read them.
  final class OptionsBox {
    var value = StepOptions()
  }

  init(_ context: LoweringContext, options: OptionsBox) {
    self.context = context
    self.options = options
  }

  func recordForward() throws {
    for node in graph.nodes where context.outputs[node.id] == nil { context.outputs[node.id] = try lower(node) }
  }

  func convolution(_ node: Node, _ convolution: Models.Operation.Convolution) throws -> Value {
    if usesWinograd(node, convolution) { return try winogradConvolution(node) }
    let input = try output(node.inputs[0])
    let geometry = try self.geometry(node, convolution)
    let bias = convolution.hasBias ? try parameters.value(node, "bias") : nil
    let forward = try geometry.forward(training: true, bias: bias?.descriptor, attributes: Attributes())
    hints[node.id] = forward
    let source = try builder.reordered(input, to: forward.source(), name: "\(node.name).input")
    let weights = try builder.reordered(
      try parameters.value(node, "weight"), to: forward.weights(), name: "\(node.name).weight")
    let result = builder.make(try forward.destination())
    var arguments = [(DNNL_ARG_SRC, source), (DNNL_ARG_WEIGHTS, weights), (DNNL_ARG_DST, result)]
    if let bias { arguments.append((DNNL_ARG_BIAS, bias)) }
    try builder.run(node.name, forward, arguments)
    return result
  }

  private func winogradConvolution(_ node: Node) throws -> Value {
    let shape = winograd(node)
    let weights = builder.make(try .bytes(tps_winograd_weight_bytes(shape, kernels.isa)))
    builder.winogradWeights(
      "\(node.name).weight", kernels, shape, from: try parameters.value(node, "weight"), into: weights)
    var epilogue = PlanBuilder.Epilogue()
    var last = node
    // Onto the other term of a sum, where that is computed.
    if let add = onlyConsumer(node, where: { $0 == .add }), let other = add.inputs.first(where: { $0 != node.id }),
      other > 0, context.outputs[other] != nil
    {
      epilogue.residual = try blocked(other)
      last = add
    }
    epilogue.sums = try sumsForReader(of: last)
    let result = builder.make(try blocked(node))
    try builder.winogradForward(
      node.name, kernels, shape, input: try blocked(node.inputs[0]), weights: weights, output: result, epilogue)
    context.outputs[last.id] = result
    return result
  }

  /// Memory for the sums that `node` computes along the way, where a normalisation reads it.
  private func sumsForReader(of node: Node) throws -> Value? {
    guard context.consumers[node.id].contains(where: { graph.nodes[$0].operation.isBatchNorm }) else { return nil }
    let memory = try sumMemory(node)
    sums[node.id] = memory
    return memory
  }

  /// Memory for the sums of a normalisation over the node's channels.
  func sumMemory(_ node: Node) throws -> Value {
    let count = tps_sum_count(Int32(node.shape.channels), kernels.threads)
    return builder.make(try .bytes(count * MemoryLayout<Double>.stride))
  }

  func batchNorm(_ node: Node, _ settings: BatchNorm) throws -> Value {
    let input = try blocked(node.inputs[0])
    let coefficients = try coefficients(node, settings, input)
    // The nodes that one pass computes.
    var fused = [node]
    var addend: Int?
    if let add = onlyConsumer(node, where: { $0 == .add }),
      let other = add.inputs.first(where: { $0 != node.id }), other > 0, context.outputs[other] != nil
    {
      fused.append(add)
      addend = other
    }
    let activation = onlyActivation(of: fused[fused.count - 1])
    if let activation { fused.append(activation.node) }
    let result = builder.make(input.descriptor)
    builder.affine(
      node.name, kernels, map(node), input, coefficients: coefficients, residual: try addend.map(blocked),
      activation: activation?.kind, into: result)
    for member in fused { context.outputs[member.id] = result }
    normalizations[fused[fused.count - 1].id] = Normalization(
      node: node, input: input, coefficients: coefficients, addend: addend, activation: activation?.kind)
    return result
  }

  /// The batch's statistics as scale and shift; the running ones move on the way.
  private func coefficients(_ node: Node, _ settings: BatchNorm, _ input: Value) throws -> Value {
    let map = map(node)
    let kernels = self.kernels
    let sums: Value
    if let known = self.sums[node.inputs[0]] {
      sums = known
    } else {
      sums = try sumMemory(node)
      builder.run("\(node.name).sums", on: [input, sums]) { memory in
        tps_batchnorm_sums(
          map, kernels.isa, kernels.threads, memory[0], memory[1].doubles)
      }
    }
    let rows = TPS_COEFFICIENT_ROWS
    let coefficients = builder.make(try .bytes(rows * map.paddedChannels * MemoryLayout<Float>.stride))
    let stored = try ["weight", "bias", "running_mean", "running_var"].map { try parameters.value(node, $0) }
    builder.run("\(node.name).coefficients", on: [sums, coefficients] + stored) { memory in
      tps_batchnorm_coefficients(
        map, kernels.threads, memory[0].doubles, memory[2].floats, memory[3].floats,
        Float(settings.epsilon), Float(settings.momentum), memory[4].floats, memory[5].floats, memory[1].floats)
    }
    return coefficients
  }

  func activation(_ node: Node, _ activation: Activation) throws -> Value {
    let input = try blocked(node.inputs[0])
    let result = builder.make(input.descriptor)
    builder.affine(node.name, kernels, map(node), input, activation: activation, into: result)
    return result
  }

  func add(_ node: Node) throws -> Value {
    let first = try blocked(node.inputs[0])
    let result = builder.make(first.descriptor)
    builder.affine(node.name, kernels, map(node), first, residual: try blocked(node.inputs[1]), into: result)
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
    let dropout = DropoutKernel(rate: rate, node: node.id, type: value.descriptor.dataType, kernels)
    let bytes = value.descriptor.byteCount
    builder.run(name, on: [value]) { [options] pointers in
      dropout.apply(to: pointers[0], bytes: bytes, seed: options.value.dropoutSeed)
    }
  }

  func averagePool(_ node: Node) throws -> Value {
    let result = builder.make(try blocked(node))
    builder.averagePool(node.name, kernels, pool(node), try blocked(node.inputs[0]), into: result)
    return result
  }

  func maxPool(_ node: Node) throws -> Value {
    let input = try blocked(node.inputs[0])
    let result = builder.make(try blocked(node))
    let count = map(node).paddedChannels * context.batchSize * node.shape.height * node.shape.width
    let places = builder.make(try .bytes(count * MemoryLayout<UInt16>.stride))
    maxima[node.id] = places
    builder.maxPool(
      node.name, kernels, pool(node), input, into: result, places: places, sums: try sumsForReader(of: node))
    return result
  }

  func squeezeExcitation(_ node: Node, hidden: Int) throws -> Value {
    let input = try blocked(node.inputs[0])
    let state = try squeezeMemory(node, hidden: hidden)
    squeezes[node.id] = state
    let result = builder.make(input.descriptor)
    squeezeForward(node, hidden: hidden, input, weights: try squeezeWeights(node), state: state, into: result)
    return result
  }

  func linear(_ node: Node, scale: Float) throws -> Value {
    let layer = try innerProduct(node)
    let forward = try layer.forward(training: true, attributes: Attributes(scale == 1 ? [] : [.scale(scale)]))
    hints[node.id] = forward
    let source = try builder.reordered(
      try output(node.inputs[0]), to: forward.source(), name: "\(node.name).input")
    let weights = try builder.reordered(
      try parameters.value(node, "weight", shape: layer.weights.dimensions), to: forward.weights(),
      name: "\(node.name).weight")
    let result = builder.makePersistent(layer.destination)
    var arguments = [(DNNL_ARG_SRC, source), (DNNL_ARG_WEIGHTS, weights), (DNNL_ARG_DST, result)]
    if node.hasBias { arguments.append((DNNL_ARG_BIAS, try parameters.value(node, "bias"))) }
    try builder.run(node.name, forward, arguments)
    return result
  }
}

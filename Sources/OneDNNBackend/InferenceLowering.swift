// From a graph to an inference pass: weights laid out once, normalisations folded into convolutions or applied
// with their running statistics, activations and sums fused behind the operation before them.
internal import CKernels
internal import COneDNN
internal import Compute
internal import Models

/// Records the loading of parameters and then the pass, node by node.
final class InferenceLowering: Lowering {
  private(set) var context: LoweringContext
  private let foldsBatchNorm: Bool

  init(_ context: LoweringContext, foldsBatchNorm: Bool) {
    self.context = context
    self.foldsBatchNorm = foldsBatchNorm
  }

  /// Records everything and returns the logits.
  func record() throws -> Value {
    for node in graph.nodes where context.outputs[node.id] == nil {
      context.outputs[node.id] = try lower(node)
    }
    return try output(graph.nodes.count - 1)
  }

  /// Where `node` may write what it computes from `input`.
  private func target(_ node: Node, _ input: Value) -> Value {
    ownsInput(node) ? builder.overwritten(input) : builder.make(input.descriptor)
  }

  /// Records the copy of stored `weights` into a persistent tensor laid out as `descriptor`.
  private func load(_ weights: Value, as descriptor: MemoryDescriptor, name: String) throws -> Value {
    let target = builder.makePersistent(descriptor)
    try builder.loading { try builder.reorder(weights, into: target, name: name) }
    return target
  }

  /// One of the node's vectors as it was when parameters were last loaded.
  private func loaded(_ node: Node, _ part: String) throws -> Value {
    let stored = try parameters.value(node, part)
    return try load(stored, as: stored.descriptor, name: "\(node.name).\(part)")
  }

  func convolution(_ node: Node, _ convolution: Models.Operation.Convolution) throws -> Value {
    guard foldsBatchNorm, let norm = onlyConsumer(node, where: \.isBatchNorm),
      case .batchNorm(let settings) = norm.operation
    else {
      return try runFused(
        node, convolution, weights: parameters.value(node, "weight"),
        bias: convolution.hasBias ? loaded(node, "bias") : nil, last: node)
    }
    let (weights, bias) = try folded(node, norm, settings)
    return try runFused(node, convolution, weights: weights, bias: bias, last: norm)
  }

  /// The convolution, whose weights are folded up to node `last`, with the sum and the activation behind that: onto the
  /// shortcut, where this is computed and nobody else still reads it.
  private func runFused(
    _ node: Node, _ convolution: Models.Operation.Convolution, weights: Value, bias: Value?, last: Node
  ) throws -> Value {
    let add = onlyConsumer(last, where: { $0 == .add }).flatMap { add in
      let shortcut = add.inputs[1]
      let isLast = context.consumers[shortcut].allSatisfy { $0 == add.id || context.outputs[$0] != nil }
      return add.inputs[0] == last.id && shortcut > 0 && context.outputs[shortcut] != nil && isLast ? add : nil
    }
    let activation = onlyActivation(of: add ?? last)
    let result = try run(
      node, convolution, weights: weights, bias: bias, activation: activation?.kind, shortcut: add?.inputs[1])
    for fused in [last, add, activation?.node] {
      if let fused { context.outputs[fused.id] = result }
    }
    return result
  }

  /// The convolution and what follows it, by whichever algorithm; onto the value of node `shortcut` where given.
  private func run(
    _ node: Node, _ convolution: Models.Operation.Convolution, weights: Value, bias: Value?, activation: Activation?,
    shortcut: Int? = nil
  ) throws -> Value {
    if usesWinograd(node, convolution) {
      return try runWinograd(node, weights: weights, bias: bias, activation: activation, shortcut: shortcut)
    }
    let geometry = try self.geometry(node, convolution)
    let fused: [Attributes.PostOperation] =
      (shortcut == nil ? [] : [.sum]) + (activation.map { [.activation($0)] } ?? [])
    let forward = try geometry.forward(training: false, bias: bias?.descriptor, attributes: Attributes(fused))
    let source = try builder.reordered(
      output(node.inputs[0]), to: forward.source(), name: "\(node.name).input")
    let laidOut = try load(weights, as: forward.weights(), name: "\(node.name).weight")
    let destination = try forward.destination()
    let result =
      if let shortcut {
        // Whoever else reads it, or a copy of it, has done so.
        builder.overwritten(
          try builder.reordered(output(shortcut), to: destination, name: "\(node.name).shortcut"))
      } else {
        builder.make(destination)
      }
    var arguments = [(DNNL_ARG_SRC, source), (DNNL_ARG_WEIGHTS, laidOut), (DNNL_ARG_DST, result)]
    if let bias { arguments.append((DNNL_ARG_BIAS, bias)) }
    try builder.run(node.name, forward, arguments)
    return result
  }

  private func runWinograd(
    _ node: Node, weights: Value, bias: Value?, activation: Activation?, shortcut: Int?
  ) throws -> Value {
    let shape = winograd(node)
    let kernels = self.kernels
    let source = try blocked(node.inputs[0])
    let transformed = builder.makePersistent(
      try .bytes(tps_winograd_weight_bytes(shape, kernels.isa)))
    builder.loading {
      builder.winogradWeights("\(node.name).weight", kernels, shape, from: weights, into: transformed)
    }
    let residual = try shortcut.map(blocked)
    let result = try residual.map(builder.overwritten) ?? builder.make(try blocked(node))
    let epilogue = PlanBuilder.Epilogue(bias: bias, residual: residual, activation: activation)
    try builder.winogradForward(
      node.name, kernels, shape, input: source, weights: transformed, output: result, epilogue)
    return result
  }

  /// Filters times scale / √(variance + ε) and the bias that remains, both fp32 and computed at each load.
  private func folded(_ node: Node, _ norm: Node, _ settings: BatchNorm) throws -> (weights: Value, bias: Value) {
    let stored = try parameters.value(node, "weight")
    let weights = builder.make(stored.descriptor)
    // As long as the padded channels, whose bias stays zero.
    let padded = map(node).paddedChannels
    let bias = builder.makePersistent(try MemoryDescriptor([node.shape.channels], dnnl_f32, dnnl_a), bytes: padded * 4)
    let statistics = try ["weight", "bias", "running_mean", "running_var"].map { try parameters.value(norm, $0) }
    let channels = node.shape.channels
    let filter = node.tensors[0].count / channels
    let epsilon = Float(settings.epsilon)
    let ownBias = node.hasBias ? [try parameters.value(node, "bias")] : []
    builder.loading {
      builder.run("\(norm.name).fold", on: [stored] + statistics + [weights, bias] + ownBias) { pointers in
        let floats = pointers.map(\.floats)
        for channel in 0..<channels {
          let factor = floats[1][channel] / (floats[4][channel] + epsilon).squareRoot()
          for index in channel * filter..<(channel + 1) * filter { floats[5][index] = floats[0][index] * factor }
          let own = floats.count > 7 ? floats[7][channel] : 0
          floats[6][channel] = floats[2][channel] + (own - floats[3][channel]) * factor
        }
        for channel in channels..<padded { floats[6][channel] = 0 }
      }
    }
    return (weights, bias)
  }

  func batchNorm(_ node: Node, _ settings: BatchNorm) throws -> Value {
    let activation = onlyActivation(of: node)
    let result = try affine(
      node, coefficients: try runningCoefficients(node, settings), activation: activation?.kind)
    if let activation { context.outputs[activation.node.id] = result }
    return result
  }

  /// x · scale + shift as the running statistics ask for, computed at each load.
  private func runningCoefficients(_ norm: Node, _ settings: BatchNorm) throws -> Value {
    let channels = norm.shape.channels
    let padded = map(norm).paddedChannels
    let coefficients = builder.makePersistent(try .bytes(TPS_COEFFICIENT_ROWS * padded * 4))
    let stored = try ["weight", "bias", "running_mean", "running_var"].map { try parameters.value(norm, $0) }
    let epsilon = Float(settings.epsilon)
    builder.loading {
      builder.run("\(norm.name).coefficients", on: stored + [coefficients]) { pointers in
        let floats = pointers.map(\.floats)
        let scales = floats[4] + TPS_SCALE * padded
        let shifts = floats[4] + TPS_SHIFT * padded
        for channel in 0..<padded {
          scales[channel] = channel < channels ? floats[0][channel] / (floats[3][channel] + epsilon).squareRoot() : 0
          shifts[channel] = channel < channels ? floats[1][channel] - floats[2][channel] * scales[channel] : 0
        }
      }
    }
    return coefficients
  }

  /// Our own pass over the node's input, in place where nobody else reads it.
  private func affine(
    _ node: Node, coefficients: Value? = nil, residual: Value? = nil, activation: Activation?
  ) throws -> Value {
    let input = try blocked(node.inputs[0])
    let result = target(node, input)
    builder.affine(
      node.name, kernels, map(node), input, coefficients: coefficients, residual: residual, activation: activation,
      into: result)
    return result
  }

  /// Nothing, in inference; but a value with other readers is copied, so that each has its own.
  func dropout(_ node: Node, rate: Float) throws -> Value {
    let input = try output(node.inputs[0])
    if ownsInput(node) { return input }
    let result = builder.make(input.descriptor)
    try builder.reorder(input, into: result, name: node.name)
    return result
  }

  func activation(_ node: Node, _ activation: Activation) throws -> Value {
    try affine(node, activation: activation)
  }

  func add(_ node: Node) throws -> Value {
    let activation = onlyActivation(of: node)
    let residual = try blocked(node.inputs[1])
    let result = try affine(node, residual: residual, activation: activation?.kind)
    if let activation { context.outputs[activation.node.id] = result }
    return result
  }

  func averagePool(_ node: Node) throws -> Value {
    let input = try blocked(node.inputs[0])
    let result = builder.make(try blocked(node))
    builder.averagePool(node.name, kernels, pool(node), input, into: result)
    return result
  }

  /// With the normalisation and the activation behind it: a scale may be negative, so that neither can go before.
  func maxPool(_ node: Node) throws -> Value {
    let input = try blocked(node.inputs[0])
    let result = builder.make(try blocked(node))
    var last = node
    var coefficients: Value?
    if let norm = onlyConsumer(node, where: \.isBatchNorm), case .batchNorm(let settings) = norm.operation {
      coefficients = try runningCoefficients(norm, settings)
      context.outputs[norm.id] = result
      last = norm
    }
    let activation = onlyActivation(of: last)
    if let activation { context.outputs[activation.node.id] = result }
    builder.maxPool(
      node.name, kernels, pool(node), input, coefficients: coefficients, activation: activation?.kind, into: result)
    return result
  }

  func squeezeExcitation(_ node: Node, hidden: Int) throws -> Value {
    let input = try blocked(node.inputs[0])
    let result = target(node, input)
    let weights = try Self.squeezeParts.map { try loaded(node, $0) }
    let state = try squeezeMemory(node, hidden: hidden)
    squeezeForward(node, hidden: hidden, input, weights: weights, state: state, into: result)
    return result
  }

  func linear(_ node: Node, scale: Float) throws -> Value {
    let layer = try innerProduct(node)
    let forward = try layer.forward(training: false, attributes: Attributes(scale == 1 ? [] : [.scale(scale)]))
    let source = try builder.reordered(output(node.inputs[0]), to: forward.source(), name: "\(node.name).input")
    let weights = try load(
      parameters.value(node, "weight", shape: layer.weights.dimensions), as: forward.weights(),
      name: "\(node.name).weight")
    let result = builder.makePersistent(layer.destination)
    var arguments = [(DNNL_ARG_SRC, source), (DNNL_ARG_WEIGHTS, weights), (DNNL_ARG_DST, result)]
    if node.hasBias { arguments.append((DNNL_ARG_BIAS, try loaded(node, "bias"))) }
    try builder.run(node.name, forward, arguments)
    return result
  }
}

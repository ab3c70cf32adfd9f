// The backward half of a training step: nodes in reverse, gradients of a value with several readers summed
// where they meet, and overwritten in place where nobody else reads them; convolutions.
internal import CKernels
internal import COneDNN
internal import Compute
internal import Models

extension TrainingLowering {
  /// The gradient of a node's output, so far.
  struct Gradient {
    var value: Value
    /// Whether another node still reads the same memory.
    var isShared: Bool
  }

  /// Records the backward pass and returns where the loss's gradient of the logits has to be put.
  func recordBackward() throws -> Value {
    let logits = graph.nodes[graph.nodes.count - 1]
    let seed = builder.makePersistent(try output(logits.id).descriptor)
    var gradients = [[Gradient]](repeating: [], count: graph.nodes.count)
    gradients[logits.id] = [Gradient(value: seed, isShared: true)]

    for node in graph.nodes.reversed() {
      guard node.id > 0, let gradient = try total(gradients[node.id], node) else { continue }
      gradients[node.id] = []
      if let normalization = normalizations[node.id] {
        let (own, addend) = try self.normalization(normalization, node, gradient)
        gradients[normalization.node.inputs[0]].append(own)
        if let addend, let id = normalization.addend { gradients[id].append(addend) }
        continue
      }
      switch node.operation {
      case .input, .batchNorm:
        break
      case .convolution(let settings):
        let known = gradients[node.inputs[0]]
        if usesWinograd(node, settings) {
          // A gradient that another reader of the input has left is added on the way.
          gradients[node.inputs[0]] = try winograd(node, gradient, adding: known)
        } else if let result = try convolution(node, gradient, settings) {
          gradients[node.inputs[0]].append(result)
        }
      case .activation(let activation):
        if try !whitening(node, gradient, activation) {
          gradients[node.inputs[0]].append(try self.activation(node, gradient, activation))
        }
      case .add:
        for input in node.inputs { gradients[input].append(Gradient(value: gradient.value, isShared: true)) }
      case .dropout(let rate):
        // The mask follows memory's order, so the layout has to be that of the forward pass.
        let gradient = try matched(gradient, to: output(node.id).descriptor, "\(node.name).gradient")
        let own = gradient.isShared ? try copy(gradient.value, name: "\(node.name).backward") : gradient.value
        applyDropout(node, rate: rate, to: own, name: "\(node.name).backward")
        gradients[node.inputs[0]].append(Gradient(value: builder.overwritten(own), isShared: false))
      case .averagePool:
        gradients[node.inputs[0]].append(try averagePool(node, gradient))
      case .maxPool:
        gradients[node.inputs[0]].append(try maxPool(node, gradient))
      case .squeezeExcitation(let hidden):
        gradients[node.inputs[0]].append(try squeezeExcitation(node, gradient, hidden: hidden))
      case .linear(_, _, let scale):
        gradients[node.inputs[0]].append(try linear(node, gradient, scale: scale))
      }
    }
    return seed
  }

  /// The sum of a node's gradients, or nil where nobody needs it.
  private func total(_ parts: [Gradient], _ node: Node) throws -> Gradient? {
    guard let start = parts.firstIndex(where: { !$0.isShared }) ?? parts.indices.first else { return nil }
    guard parts.count > 1 else { return parts[start] }
    var result = try blocked(parts[start], node)
    for (index, part) in parts.enumerated() where index != start {
      let target = target(result)
      builder.affine(
        "\(node.name).gradientSum", kernels, map(node), result.value, residual: try blocked(part, node).value,
        into: target)
      result = Gradient(value: target, isShared: false)
    }
    return result
  }

  /// A gradient of `node` in the layout of our own kernels.
  func blocked(_ gradient: Gradient, _ node: Node) throws -> Gradient {
    try matched(gradient, to: try blocked(node), "\(node.name).gradient")
  }

  /// Where an operation on `gradient` in its own layout may write its result.
  func target(_ gradient: Gradient) -> Value {
    gradient.isShared ? builder.make(gradient.value.descriptor) : builder.overwritten(gradient.value)
  }

  /// `gradient` in the layout of `descriptor`; a copy is nobody else's.
  func matched(_ gradient: Gradient, to descriptor: MemoryDescriptor, _ name: String) throws -> Gradient {
    if gradient.value.descriptor.isEqual(to: descriptor) { return gradient }
    let copy = builder.make(descriptor)
    try builder.reorder(gradient.value, into: copy, name: name)
    return Gradient(value: copy, isShared: false)
  }

  private func convolution(
    _ node: Node, _ gradient: Gradient, _ convolution: Models.Operation.Convolution
  ) throws -> Gradient? {
    guard let hint = hints[node.id] else { return nil }
    let geometry = try self.geometry(node, convolution)
    if convolution.hasBias {
      let gradient = try blocked(gradient, node).value
      builder.biasGradient(
        "\(node.name).backwardBias", kernels, map(node), of: gradient, outputGradient: gradient,
        sums: try sumMemory(node), gradient: try parameters.gradient(node, "bias"))
    }
    if convolution.filters == .whitening {
      // They are not trained.
    } else if let shape = strided(node, convolution) {
      try builder.stridedWeightGradient(
        "\(node.name).backwardWeights", kernels, shape, input: try blocked(node.inputs[0]),
        outputGradient: try blocked(gradient, node).value, gradient: try parameters.gradient(node, "weight"))
    } else {
      try weightGradient(node, gradient, geometry.backwardWeights(hint: hint, attributes: Attributes()))
    }

    // Nobody needs the gradient of the images.
    guard node.inputs[0] > 0 else { return nil }
    let dataPass = try geometry.backwardData(hint: hint, attributes: Attributes())
    let weights = try builder.reordered(
      try parameters.value(node, "weight"), to: dataPass.weights(), name: "\(node.name).weight.backward")
    let result = builder.make(try dataPass.sourceGradient())
    try builder.run(
      "\(node.name).backwardData", dataPass,
      [
        (
          DNNL_ARG_DIFF_DST,
          try builder.reordered(gradient.value, to: dataPass.destinationGradient(), name: "\(node.name).gradient")
        ),
        (DNNL_ARG_WEIGHTS, weights), (DNNL_ARG_DIFF_SRC, result),
      ])
    return Gradient(value: result, isShared: false)
  }

  private func weightGradient(_ node: Node, _ gradient: Gradient, _ pass: PrimitiveDescriptor) throws {
    let source = try builder.reordered(
      try output(node.inputs[0]), to: pass.source(), name: "\(node.name).input")
    let outputGradient = try builder.reordered(
      gradient.value, to: pass.destinationGradient(), name: "\(node.name).gradient")
    let weightsGradient = builder.make(try pass.weightsGradient())
    try builder.run(
      "\(node.name).backwardWeights", pass,
      [
        (DNNL_ARG_SRC, source), (DNNL_ARG_DIFF_DST, outputGradient), (DNNL_ARG_DIFF_WEIGHTS, weightsGradient),
      ])
    try builder.reorder(
      weightsGradient, into: try parameters.gradient(node, "weight"), name: "\(node.name).weight.gradient")
  }

  /// Of a frozen convolution of the images, where the activation `node` alone reads it, only the bias has a gradient: one
  /// pass computes it and writes no map. Returns whether that is so.
  private func whitening(_ node: Node, _ gradient: Gradient, _ activation: Activation) throws -> Bool {
    let source = graph.nodes[node.inputs[0]]
    guard case .convolution(let convolution) = source.operation, convolution.filters == .whitening,
      convolution.hasBias, source.inputs[0] == 0, context.consumers[source.id] == [node.id]
    else { return false }
    builder.biasGradient(
      "\(source.name).backwardBias", kernels, map(source), activation: activation, of: try blocked(source.id),
      outputGradient: try blocked(gradient, node).value, sums: try sumMemory(source),
      gradient: try parameters.gradient(source, "bias"))
    return true
  }

  /// The same by Winograd's algorithm: the gradient of the input, with what is `known` of it, none for the images.
  private func winograd(_ node: Node, _ gradient: Gradient, adding known: [Gradient]) throws -> [Gradient] {
    let gradient = try blocked(gradient, node)
    try builder.winogradWeightGradient(
      "\(node.name).backwardWeights", kernels, winograd(node), input: try recomputedInput(node),
      outputGradient: gradient.value, gradient: try parameters.gradient(node, "weight"))
    guard node.inputs[0] > 0 else { return [] }

    let source = graph.nodes[node.inputs[0]]
    let shape = winograd(node, transposed: true)
    let weights = builder.make(try .bytes(tps_winograd_weight_bytes(shape, kernels.isa)))
    builder.winogradWeights(
      "\(node.name).weight.backward", kernels, shape, transposed: true,
      from: try parameters.value(node, "weight"), into: weights)
    let addend = try known.first.map { try blocked($0, source) }
    let result = try addend.map(target) ?? builder.make(try blocked(source))
    try builder.winogradForward(
      "\(node.name).backwardData", kernels, shape, input: gradient.value, weights: weights, output: result,
      .init(residual: addend?.value))
    return known.dropFirst() + [Gradient(value: result, isShared: false)]
  }

  /// A convolution's input as the forward pass saw it. An activated normalisation that nobody else reads, or only dropout
  /// on the way, is computed once more: one quick pass or two for a quarter of a residual network's memory.
  private func recomputedInput(_ node: Node) throws -> Value {
    let input = graph.nodes[node.inputs[0]]
    var id = input.id
    var rate: Float?
    if case .dropout(let given) = input.operation, context.consumers[id].count == 1 {
      rate = given
      id = input.inputs[0]
    }
    guard context.consumers[id].count == 1, let known = normalizations[id], known.addend == nil,
      known.activation != nil
    else {
      return try blocked(input.id)
    }
    let result = builder.make(known.input.descriptor)
    builder.affine(
      "\(known.node.name).again", kernels, map(known.node), known.input, coefficients: known.coefficients,
      activation: known.activation, into: result)
    guard let rate else { return result }
    applyDropout(input, rate: rate, to: result, name: "\(input.name).again")
    return builder.overwritten(result)
  }
}

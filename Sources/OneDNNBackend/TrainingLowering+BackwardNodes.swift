// The backward pass of what is no convolution: normalisations with what they took along,
// activations, pools, squeeze-and-excitation and the classifier.
internal import CKernels
internal import COneDNN
internal import Compute
internal import Models

extension TrainingLowering {
  /// Through activation and sum back to the input of a normalisation, and to the sum's other term.
  func normalization(
    _ normalization: Normalization, _ last: Node, _ gradient: Gradient
  ) throws -> (input: Gradient, addend: Gradient?) {
    let node = normalization.node
    let map = map(node)
    let (kernels, activation) = (self.kernels, normalization.activation)
    let gradient = try blocked(gradient, last)
    let input = normalization.input
    let sums = try sumMemory(node)
    let weight = try parameters.gradientIfTrained(node, "weight")
    let bias = try parameters.gradient(node, "bias")
    let keepsGradient = normalization.addend != nil || gradient.isShared
    let result = keepsGradient ? builder.make(input.descriptor) : builder.overwritten(gradient.value)
    var other: Value?
    var behind: Value?
    if let activation {
      if let addend = normalization.addend {
        // The gradient goes two ways behind the activation, so it is written down once.
        behind = target(gradient)
        other = activation == .relu ? try output(last.id) : try blocked(addend)
      } else if activation != .relu {
        // A derivative that takes longer than a pass over memory is computed once, and left where the result will be.
        behind = result
      }
    }
    let values = [input, normalization.coefficients, gradient.value, sums, result, bias, weight, other, behind]
    builder.run("\(node.name).backward", onAny: values) { memory in
      tps_batchnorm_backward(
        map, kernels.isa, kernels.threads, activation.kernel, memory[0], memory[1]?.floats, memory[2], memory[7],
        memory[8], memory[3]?.doubles, memory[6]?.floats, memory[5]?.floats, memory[4])
    }
    let addend = normalization.addend.map { _ in
      behind.map { Gradient(value: $0, isShared: false) } ?? gradient
    }
    return (Gradient(value: result, isShared: false), addend)
  }

  func activation(_ node: Node, _ gradient: Gradient, _ activation: Activation) throws -> Gradient {
    let gradient = try blocked(gradient, node)
    let target = target(gradient)
    let input = activation == .relu ? try output(node.id) : try blocked(node.inputs[0])
    builder.run("\(node.name).backward", on: [input, gradient.value, target]) {
      [map = map(node), kernels] memory in
      tps_activation_backward(
        map, kernels.isa, kernels.threads, Activation?.some(activation).kernel, memory[0], memory[1], memory[2])
    }
    return Gradient(value: target, isShared: false)
  }

  func averagePool(_ node: Node, _ gradient: Gradient) throws -> Gradient {
    let gradient = try blocked(gradient, node)
    let result = builder.make(try blocked(graph.nodes[node.inputs[0]]))
    builder.run("\(node.name).backward", on: [gradient.value, result]) { [pool = pool(node), kernels] memory in
      tps_averagepool_backward(pool, kernels.isa, kernels.threads, memory[0], memory[1])
    }
    return Gradient(value: result, isShared: false)
  }

  func maxPool(_ node: Node, _ gradient: Gradient) throws -> Gradient {
    guard let places = maxima[node.id] else { throw OneDNNError(description: "\(node.name): no forward pass") }
    let gradient = try blocked(gradient, node)
    let result = builder.make(try blocked(graph.nodes[node.inputs[0]]))
    builder.run("\(node.name).backward", on: [places, gradient.value, result]) { [pool = pool(node), kernels] memory in
      tps_maxpool_backward(
        pool, kernels.isa, kernels.threads, memory[0].assumingMemoryBound(to: UInt16.self), memory[1], memory[2])
    }
    return Gradient(value: result, isShared: false)
  }

  func squeezeExcitation(_ node: Node, _ gradient: Gradient, hidden: Int) throws -> Gradient {
    guard let state = squeezes[node.id] else { throw OneDNNError(description: "\(node.name): no forward pass") }
    let gradient = try blocked(gradient, node)
    let target = target(gradient)
    try squeezeBackward(
      node, hidden: hidden, try blocked(node.inputs[0]), gradient: gradient.value, state: state, into: target)
    return Gradient(value: target, isShared: false)
  }

  /// The gradient of what a classifier multiplies by `factor` at its end.
  private func scaled(_ gradient: Gradient, by factor: Float, _ node: Node) -> Gradient {
    if factor == 1 { return gradient }
    let target = target(gradient)
    let count = context.batchSize * node.shape.count
    builder.run("\(node.name).scale", kind: .linear, on: [gradient.value, target]) { memory in
      for index in 0..<count { memory[1].floats[index] = factor * memory[0].floats[index] }
    }
    return Gradient(value: target, isShared: false)
  }

  func linear(_ node: Node, _ gradient: Gradient, scale: Float) throws -> Gradient {
    let gradient = scaled(gradient, by: scale, node)
    let layer = try innerProduct(node)
    guard let hint = hints[node.id] else { throw OneDNNError(description: "\(node.name): no forward pass") }
    let weightsPass = try layer.backwardWeights(hint: hint, attributes: Attributes())
    let weightsGradient = builder.make(try weightsPass.weightsGradient())
    let source = try builder.reordered(
      try output(node.inputs[0]), to: weightsPass.source(), name: "\(node.name).input")
    var arguments = [
      (DNNL_ARG_SRC, source), (DNNL_ARG_DIFF_DST, gradient.value), (DNNL_ARG_DIFF_WEIGHTS, weightsGradient),
    ]
    if node.hasBias { arguments.append((DNNL_ARG_DIFF_BIAS, try parameters.gradient(node, "bias"))) }
    try builder.run("\(node.name).backwardWeights", weightsPass, arguments)
    let shape = layer.weights.dimensions
    try builder.reorder(
      weightsGradient, into: try parameters.gradient(node, "weight", shape: shape),
      name: "\(node.name).weight.gradient")

    let dataPass = try layer.backwardData(hint: hint, attributes: Attributes())
    let weights = try builder.reordered(
      try parameters.value(node, "weight", shape: shape), to: dataPass.weights(),
      name: "\(node.name).weight.backward")
    let result = builder.make(try dataPass.sourceGradient())
    try builder.run(
      "\(node.name).backwardData", dataPass,
      [(DNNL_ARG_DIFF_DST, gradient.value), (DNNL_ARG_WEIGHTS, weights), (DNNL_ARG_DIFF_SRC, result)])
    // Back to the format of the activations, which whatever comes next computes in.
    let descriptor = try output(node.inputs[0]).descriptor
    return try matched(Gradient(value: result, isShared: false), to: descriptor, "\(node.name).gradient")
  }
}

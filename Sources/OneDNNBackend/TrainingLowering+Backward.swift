// The backward half of a training step: nodes in reverse, gradients of a value with several readers summed
// where they meet, and overwritten in place where nobody else reads them.
internal import COneDNN
internal import Compute
internal import Models

extension TrainingLowering {
  /// The gradient of a node's output, so far.
  private struct Gradient {
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
      switch node.operation {
      case .input:
        break
      case .convolution(_, let kernel, let stride):
        if let result = try convolution(node, gradient, kernel: kernel, stride: stride) {
          gradients[node.inputs[0]].append(result)
        }
      case .batchNorm:
        gradients[node.inputs[0]].append(try batchNorm(node, gradient))
      case .relu:
        gradients[node.inputs[0]].append(try relu(node, gradient))
      case .add:
        for input in node.inputs { gradients[input].append(Gradient(value: gradient.value, isShared: true)) }
      case .dropout(let rate):
        // The mask follows memory's order, so the layout has to be that of the forward pass.
        let gradient = try matched(gradient, to: output(node.id).descriptor, "\(node.name).gradient")
        let own = gradient.isShared ? try copy(gradient.value, name: "\(node.name).backward") : gradient.value
        applyDropout(node, rate: rate, to: own, name: "\(node.name).backward")
        gradients[node.inputs[0]].append(Gradient(value: builder.overwritten(own), isShared: false))
      case .averagePool(let kernel):
        gradients[node.inputs[0]].append(try averagePool(node, gradient, kernel: kernel))
      case .linear(let features):
        gradients[node.inputs[0]].append(try linear(node, gradient, features: features))
      }
    }
    return seed
  }

  /// The sum of a node's gradients, or nil where nobody needs it.
  private func total(_ parts: [Gradient], _ node: Node) throws -> Gradient? {
    guard let start = parts.firstIndex(where: { !$0.isShared }) ?? parts.indices.first else { return nil }
    var result = parts[start]
    for (index, part) in parts.enumerated() where index != start {
      let other = try builder.reordered(part.value, to: result.value.descriptor, name: "\(node.name).gradient")
      let target = target(result)
      try builder.run(
        "\(node.name).gradientSum", engine.sum(node.name, result.value.descriptor, relu: false),
        [(DNNL_ARG_SRC_0, result.value), (DNNL_ARG_SRC_1, other), (DNNL_ARG_DST, target)])
      result = Gradient(value: target, isShared: false)
    }
    return result
  }

  /// Where an operation on `gradient` in its own layout may write its result.
  private func target(_ gradient: Gradient) -> Value {
    gradient.isShared ? builder.make(gradient.value.descriptor) : builder.overwritten(gradient.value)
  }

  /// `gradient` in the layout of `descriptor`; a copy is nobody else's.
  private func matched(_ gradient: Gradient, to descriptor: MemoryDescriptor, _ name: String) throws -> Gradient {
    if gradient.value.descriptor.isEqual(to: descriptor) { return gradient }
    let copy = builder.make(descriptor)
    try builder.reorder(gradient.value, into: copy, name: name)
    return Gradient(value: copy, isShared: false)
  }

  private func convolution(_ node: Node, _ gradient: Gradient, kernel: Int, stride: Int) throws -> Gradient? {
    guard let hint = hints[node.id] else { return nil }
    let geometry = try self.geometry(node, kernel: kernel, stride: stride)
    let input = try output(node.inputs[0])

    let weightsPass = try geometry.backwardWeights(hint: hint, attributes: Attributes())
    let source = try builder.reordered(input, to: weightsPass.source(), name: "\(node.name).input")
    let weightsGradient = builder.make(try weightsPass.weightsGradient())
    try builder.run(
      "\(node.name).backwardWeights", weightsPass,
      [
        (DNNL_ARG_SRC, source),
        (
          DNNL_ARG_DIFF_DST,
          try builder.reordered(gradient.value, to: weightsPass.destinationGradient(), name: "\(node.name).gradient")
        ),
        (DNNL_ARG_DIFF_WEIGHTS, weightsGradient),
      ])
    try builder.reorder(
      weightsGradient, into: try parameters.gradient(node, "weight"), name: "\(node.name).weight.gradient")

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

  private func batchNorm(_ node: Node, _ gradient: Gradient) throws -> Gradient {
    let input = try output(node.inputs[0])
    guard let hint = hints[node.id], let statistics = statistics[node.id] else {
      throw OneDNNError(description: "\(node.name): no statistics")
    }
    let gradient = try matched(gradient, to: input.descriptor, "\(node.name).gradient")
    let result = target(gradient)
    try builder.run(
      "\(node.name).backward", engine.batchNormBackward(node.name, input.descriptor, hint: hint),
      [
        (DNNL_ARG_SRC, input), (DNNL_ARG_MEAN, statistics.mean), (DNNL_ARG_VARIANCE, statistics.variance),
        (DNNL_ARG_SCALE, try parameters.value(node, "weight")), (DNNL_ARG_DIFF_DST, gradient.value),
        (DNNL_ARG_DIFF_SRC, result), (DNNL_ARG_DIFF_SCALE, try parameters.gradient(node, "weight")),
        (DNNL_ARG_DIFF_SHIFT, try parameters.gradient(node, "bias")),
      ])
    return Gradient(value: result, isShared: false)
  }

  private func relu(_ node: Node, _ gradient: Gradient) throws -> Gradient {
    let data = try output(node.id)
    let gradient = try matched(gradient, to: data.descriptor, "\(node.name).gradient")
    let result = target(gradient)
    try builder.run(
      "\(node.name).backward", engine.reluBackward(node.name, data.descriptor),
      [(DNNL_ARG_DST, data), (DNNL_ARG_DIFF_DST, gradient.value), (DNNL_ARG_DIFF_SRC, result)])
    return Gradient(value: result, isShared: false)
  }

  private func averagePool(_ node: Node, _ gradient: Gradient, kernel: Int) throws -> Gradient {
    let input = try output(node.inputs[0])
    guard let hint = hints[node.id] else { throw OneDNNError(description: "\(node.name): no forward pass") }
    let gradient = try matched(gradient, to: hint.destination(), "\(node.name).gradient")
    let result = builder.make(input.descriptor)
    try builder.run(
      "\(node.name).backward",
      engine.averagePoolBackward(
        node.name, source: input.descriptor, destination: gradient.value.descriptor, kernel: kernel, hint: hint),
      [(DNNL_ARG_DIFF_DST, gradient.value), (DNNL_ARG_DIFF_SRC, result)])
    return Gradient(value: result, isShared: false)
  }

  private func linear(_ node: Node, _ gradient: Gradient, features: Int) throws -> Gradient {
    let layer = try innerProduct(node, features: features)
    guard let hint = hints[node.id] else { throw OneDNNError(description: "\(node.name): no forward pass") }
    let weightsPass = try layer.backwardWeights(hint: hint, attributes: Attributes())
    let weightsGradient = builder.make(try weightsPass.weightsGradient())
    let source = try builder.reordered(
      try output(node.inputs[0]), to: weightsPass.source(), name: "\(node.name).input")
    try builder.run(
      "\(node.name).backwardWeights", weightsPass,
      [
        (DNNL_ARG_SRC, source), (DNNL_ARG_DIFF_DST, gradient.value), (DNNL_ARG_DIFF_WEIGHTS, weightsGradient),
        (DNNL_ARG_DIFF_BIAS, try parameters.gradient(node, "bias")),
      ])
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

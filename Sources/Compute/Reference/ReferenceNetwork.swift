// A graph interpreted node by node: the forward pass keeps every node's output,
// the backward pass walks the nodes in reverse and sums gradients where paths meet.
package import Models

/// A network computed in double precision from given parameters; it keeps nothing between passes.
package struct ReferenceNetwork: Sendable {
  /// What a training pass yields.
  package struct Pass: Hashable, Sendable {
    /// The mean loss, label smoothing included.
    package var loss: Double
    /// Images whose largest logit is their label's.
    package var correct: Int
    /// The logits, images × classes × 1 × 1.
    package var logits: ReferenceTensor
    /// The loss's gradients by all trainable tensors.
    package var gradients: ReferenceParameters
    /// The running statistics, moved by this batch.
    package var statistics: ReferenceParameters
  }

  /// The network.
  package let graph: Graph

  /// The network `graph`, which ends in logits.
  package init(_ graph: Graph) {
    self.graph = graph
  }

  /// The logits of `images` (NCHW) in inference: running statistics, no dropout.
  ///
  /// Throws `ComputeError.missingTensor`; folded `parameters` are welcome.
  package func logits(images: ReferenceTensor, parameters: ReferenceParameters) throws -> ReferenceTensor {
    var outputs: [ReferenceTensor] = []
    for node in graph.nodes {
      outputs.append(try output(of: node, images: images, outputs: outputs, parameters: parameters, training: nil))
    }
    return outputs[outputs.count - 1]
  }

  /// Loss, gradients and moved statistics for `images` (NCHW) and one class number an image, or a share of each class
  /// in each.
  ///
  /// Throws `ComputeError`: `missingTensor`, or `invalidBatch` where labels do not fit or a batch normalisation
  /// meets a single value a channel, which has no variance (as PyTorch refuses it).
  package func train(
    images: ReferenceTensor, labels: [Int], shares: [Double]? = nil, parameters: ReferenceParameters,
    options: StepOptions = StepOptions()
  ) throws -> Pass {
    try graph.checkTraining(batchSize: images.shape[0])
    try graph.check(labels: labels, batchSize: images.shape[0])
    try graph.check(shareCount: shares?.count, batchSize: images.shape[0])
    var outputs: [ReferenceTensor] = []
    var moved = ReferenceParameters()
    for node in graph.nodes {
      let output = try output(
        of: node, images: images, outputs: outputs, parameters: parameters, training: options)
      outputs.append(output)
      guard case .batchNorm(let norm) = node.operation else { continue }
      let statistics = try parameters.statistics(of: node.name).moved(
        towards: ReferenceBatchNorm.statistics(of: outputs[node.inputs[0]]),
        count: output.count / output.shape[1], momentum: norm.momentum)
      moved.tensors["\(node.name).running_mean"] = statistics.mean
      moved.tensors["\(node.name).running_var"] = statistics.variance
    }
    let logits = outputs[outputs.count - 1]
    let loss = ReferenceCrossEntropy.evaluate(
      logits, labels: labels, shares: shares, smoothing: Double(options.labelSmoothing))
    return Pass(
      loss: loss.loss, correct: loss.correct, logits: logits,
      gradients: try gradients(of: loss.gradient, outputs: outputs, parameters: parameters, options: options),
      statistics: moved)
  }

  /// One node's output; `training` holds the step's options, or nothing in inference.
  private func output(
    of node: Node, images: ReferenceTensor, outputs: [ReferenceTensor], parameters: ReferenceParameters,
    training: StepOptions?
  ) throws -> ReferenceTensor {
    guard let first = node.inputs.first.map({ outputs[$0] }) else { return images }
    switch node.operation {
    case .input:
      return images
    case .convolution(let convolution):
      let output = ReferenceConvolution.forward(
        first, weights: try parameters.tensor("\(node.name).weight"), stride: convolution.stride,
        isPadded: convolution.isPadded)
      guard let bias = parameters.tensors["\(node.name).bias"] else { return output }
      return ReferenceConvolution.adding(bias: bias, to: output)
    case .batchNorm(let norm):
      guard let scale = parameters.tensors["\(node.name).weight"] else { return first }  // folded
      let statistics =
        training == nil ? try parameters.statistics(of: node.name) : ReferenceBatchNorm.statistics(of: first)
      return ReferenceBatchNorm.forward(
        first, scale: scale, shift: try parameters.tensor("\(node.name).bias"), statistics: statistics,
        epsilon: norm.epsilon)
    case .activation(let activation):
      return ReferenceActivation.forward(first, activation)
    case .add:
      return ReferenceAdd.forward(first, outputs[node.inputs[1]])
    case .dropout(let rate):
      guard let training else { return first }
      return ReferenceDropout.forward(
        first,
        mask: ReferenceDropout.mask(shape: first.shape, rate: rate, seed: training.dropoutSeed, node: node.id))
    case .averagePool(let kernel):
      return ReferenceAveragePool.forward(first, kernel: kernel)
    case .maxPool(let kernel, let stride):
      return ReferenceMaxPool.forward(first, kernel: kernel, stride: stride)
    case .squeezeExcitation:
      return ReferenceSqueezeExcitation.forward(first, weights: try parameters.squeezeExcitation(of: node.name))
    case .linear(_, let hasBias, let scale):
      return ReferenceLinear.forward(
        first, weights: try parameters.tensor("\(node.name).weight"),
        bias: hasBias ? try parameters.tensor("\(node.name).bias") : nil, scale: Double(scale))
    }
  }

  /// The gradients of all parameters, where `gradient` is that of the logits.
  private func gradients(
    of gradient: ReferenceTensor, outputs: [ReferenceTensor], parameters: ReferenceParameters, options: StepOptions
  ) throws -> ReferenceParameters {
    var result = ReferenceParameters()
    let trainable = graph.tensors.filter(\.isTrainable)
    for spec in trainable { result.tensors[spec.name] = ReferenceTensor(shape: spec.shape) }
    var pending = [ReferenceTensor?](repeating: nil, count: graph.nodes.count)
    pending[graph.nodes.count - 1] = gradient
    func send(_ gradient: ReferenceTensor, to node: Int) {
      pending[node] = pending[node].map { $0.zip(gradient, +) } ?? gradient
    }
    for node in graph.nodes.reversed() {
      guard let gradient = pending[node.id], let source = node.inputs.first else { continue }
      pending[node.id] = nil
      let input = outputs[source]
      switch node.operation {
      case .input:
        continue
      case .convolution(let convolution):
        let (stride, isPadded) = (convolution.stride, convolution.isPadded)
        let weights = try parameters.tensor("\(node.name).weight")
        result.tensors["\(node.name).weight"] = ReferenceConvolution.gradientOfWeights(
          gradient, input: input, weightShape: weights.shape, stride: stride, isPadded: isPadded)
        result.tensors["\(node.name).bias"] = ReferenceConvolution.gradientOfBias(gradient)
        if source == 0 { continue }  // nobody asks for the gradient of the images
        send(
          ReferenceConvolution.gradientOfInput(
            gradient, inputShape: input.shape, weights: weights, stride: stride, isPadded: isPadded),
          to: source)
      case .batchNorm(let norm):
        let gradients = ReferenceBatchNorm.backward(
          gradient, input: input, scale: try parameters.tensor("\(node.name).weight"), epsilon: norm.epsilon)
        result.tensors["\(node.name).weight"] = gradients.scale
        result.tensors["\(node.name).bias"] = gradients.shift
        send(gradients.input, to: source)
      case .activation(let activation):
        send(ReferenceActivation.backward(gradient, input: input, activation), to: source)
      case .add:
        let (first, second) = ReferenceAdd.backward(gradient)
        send(first, to: source)
        send(second, to: node.inputs[1])
      case .dropout(let rate):
        let mask = ReferenceDropout.mask(shape: input.shape, rate: rate, seed: options.dropoutSeed, node: node.id)
        send(ReferenceDropout.backward(gradient, mask: mask), to: source)
      case .averagePool(let kernel):
        send(ReferenceAveragePool.backward(gradient, inputShape: input.shape, kernel: kernel), to: source)
      case .maxPool(let kernel, let stride):
        send(ReferenceMaxPool.backward(gradient, input: input, kernel: kernel, stride: stride), to: source)
      case .squeezeExcitation:
        let gradients = ReferenceSqueezeExcitation.backward(
          gradient, input: input, weights: try parameters.squeezeExcitation(of: node.name))
        result.set(gradients.weights, of: node.name)
        send(gradients.input, to: source)
      case .linear(_, _, let scale):
        let gradients = ReferenceLinear.backward(
          gradient, input: input, weights: try parameters.tensor("\(node.name).weight"), scale: Double(scale))
        result.tensors["\(node.name).weight"] = gradients.weights
        result.tensors["\(node.name).bias"] = gradients.bias
        send(gradients.input, to: source)
      }
    }
    // Of biases that are not there and parameters that are frozen nobody asks.
    let names = Set(trainable.map(\.name))
    result.tensors = result.tensors.filter { names.contains($0.key) }
    return result
  }
}

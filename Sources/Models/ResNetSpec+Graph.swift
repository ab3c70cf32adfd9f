// From the description to the graph: He et al. 2016 ("Deep residual learning", basic blocks, option B shortcuts)
// with PyTorch's module names.

extension ResNetSpec {
  /// The network, or `SpecError` where the description is impossible or far from compact.
  public func graph() throws -> Graph {
    try validate()
    try ModelCost(self).checkParameters()
    var graph = Graph(input: input)
    var node = append(stem, to: &graph)
    for (index, layer) in layers.enumerated() {
      var number = 0
      func next() -> String {
        defer { number += 1 }
        return "layer\(index + 1).\(number)"
      }
      if layer.entry == .convPool { node = append(entry: next(), of: layer, on: node, to: &graph) }
      for block in 0..<layer.blocks {
        let stride = block == 0 && layer.entry == .block ? layer.stride : 1
        node =
          preActivation
          ? append(preActivated: next(), of: layer, stride: stride, on: node, to: &graph)
          : append(block: next(), of: layer, stride: stride, on: node, to: &graph)
      }
    }
    if preActivation {
      node = graph.append(.batchNorm(batchNorm), named: "bn", on: node)
      node = graph.append(.activation(activation), named: "last.\(activation)", on: node)
    }
    node = graph.append(
      pooling == .average ? .averagePool(kernel: pool) : .maxPool(kernel: pool, stride: 1), named: "pool", on: node)
    if dropout > 0 { node = graph.append(.dropout(rate: Float(dropout)), named: "dropout", on: node) }
    graph.append(
      .linear(features: classes, hasBias: classifierBias, scale: Float(logitScale)), named: "linear", on: node)
    return graph
  }

  private func append(_ stem: Stem, to graph: inout Graph) -> Int {
    let convolution = Operation.Convolution(
      channels: stem.channels, kernel: stem.kernel, isPadded: stem.padded, hasBias: stem.whitening,
      filters: stem.whitening ? .whitening : .uniform)
    var node = graph.append(.convolution(convolution), named: "conv1", on: 0)
    if !stem.whitening {
      if preActivation { return node }
      node = graph.append(.batchNorm(batchNorm), named: "bn1", on: node)
    }
    return graph.append(.activation(activation), named: "\(activation)", on: node)
  }

  /// A convolution of a layer's own kernel.
  private func convolution(of layer: Layer, stride: Int) -> Operation {
    .convolution(
      Operation.Convolution(
        channels: layer.channels, kernel: layer.kernel, stride: stride,
        filters: initialization == .dirac ? .dirac : .uniform))
  }

  private func append(entry name: String, of layer: Layer, on input: Int, to graph: inout Graph) -> Int {
    var node = graph.append(convolution(of: layer, stride: 1), named: "\(name).conv", on: input)
    if layer.stride > 1 {
      node = graph.append(.maxPool(kernel: layer.stride, stride: layer.stride), named: "\(name).pool", on: node)
    }
    node = graph.append(.batchNorm(batchNorm), named: "\(name).bn", on: node)
    return graph.append(.activation(activation), named: "\(name).\(activation)", on: node)
  }

  private func append(block name: String, of layer: Layer, stride: Int, on input: Int, to graph: inout Graph) -> Int {
    var branch = graph.append(convolution(of: layer, stride: stride), named: "\(name).conv1", on: input)
    branch = graph.append(.batchNorm(batchNorm), named: "\(name).bn1", on: branch)
    branch = graph.append(.activation(activation), named: "\(name).\(activation)1", on: branch)
    if blockDropout > 0 {
      branch = graph.append(.dropout(rate: Float(blockDropout)), named: "\(name).dropout", on: branch)
    }
    branch = graph.append(convolution(of: layer, stride: 1), named: "\(name).conv2", on: branch)
    var last = batchNorm
    if initialization == .zeroResidual { last.initialScale = 0 }
    branch = graph.append(.batchNorm(last), named: "\(name).bn2", on: branch)
    branch = append(squeezeOf: name, layer, on: branch, to: &graph)

    var shortcut = input
    if stride != 1 || graph.nodes[input].shape.channels != layer.channels {
      shortcut = graph.append(
        .convolution(channels: layer.channels, kernel: layer.skipKernel, stride: stride),
        named: "\(name).shortcut.0", on: input)
      shortcut = graph.append(.batchNorm(batchNorm), named: "\(name).shortcut.1", on: shortcut)
    }
    let sum = graph.append(.add, named: "\(name).add", on: branch, shortcut)
    return graph.append(.activation(activation), named: "\(name).\(activation)2", on: sum)
  }

  /// The same with normalisation and activation first; a shortcut of another shape begins behind the first of them.
  private func append(
    preActivated name: String, of layer: Layer, stride: Int, on input: Int, to graph: inout Graph
  ) -> Int {
    var branch = graph.append(.batchNorm(batchNorm), named: "\(name).bn1", on: input)
    branch = graph.append(.activation(activation), named: "\(name).\(activation)1", on: branch)
    var shortcut = input
    if stride != 1 || graph.nodes[input].shape.channels != layer.channels {
      shortcut = graph.append(
        .convolution(channels: layer.channels, kernel: layer.skipKernel, stride: stride),
        named: "\(name).shortcut.0", on: branch)
    }
    branch = graph.append(convolution(of: layer, stride: stride), named: "\(name).conv1", on: branch)
    branch = graph.append(.batchNorm(batchNorm), named: "\(name).bn2", on: branch)
    branch = graph.append(.activation(activation), named: "\(name).\(activation)2", on: branch)
    if blockDropout > 0 {
      branch = graph.append(.dropout(rate: Float(blockDropout)), named: "\(name).dropout", on: branch)
    }
    branch = graph.append(convolution(of: layer, stride: 1), named: "\(name).conv2", on: branch)
    branch = append(squeezeOf: name, layer, on: branch, to: &graph)
    return graph.append(.add, named: "\(name).add", on: branch, shortcut)
  }

  /// Squeeze-and-excitation at the end of a block's branch, where the description asks for it.
  private func append(squeezeOf block: String, _ layer: Layer, on branch: Int, to graph: inout Graph) -> Int {
    guard squeezeExcitation > 0 else { return branch }
    return graph.append(
      .squeezeExcitation(hidden: layer.hiddenFeatures(narrowedBy: squeezeExcitation)), named: "\(block).se", on: branch)
  }
}

// From the description to the graph: He et al. 2016 ("Deep residual learning", basic blocks, option B shortcuts)
// with PyTorch's module names.

extension ResNetSpec {
  /// The network, or `SpecError` where the description is impossible.
  public func graph() throws -> Graph {
    try validate()
    var graph = Graph(input: input)
    var node = graph.append(
      .convolution(channels: stem.channels, kernel: stem.kernel, stride: 1), named: "conv1", on: 0)
    node = graph.append(.batchNorm, named: "bn1", on: node)
    node = graph.append(.activation(activation), named: "\(activation)", on: node)
    for (index, layer) in layers.enumerated() {
      for block in 0..<layer.blocks {
        node = append(
          block: "layer\(index + 1).\(block)", of: layer, stride: block == 0 ? layer.stride : 1, on: node,
          to: &graph)
      }
    }
    node = graph.append(.averagePool(kernel: pool), named: "pool", on: node)
    if dropout > 0 { node = graph.append(.dropout(rate: Float(dropout)), named: "dropout", on: node) }
    graph.append(.linear(features: classes), named: "linear", on: node)
    return graph
  }

  private func append(block name: String, of layer: Layer, stride: Int, on input: Int, to graph: inout Graph) -> Int {
    let convolution = { (stride: Int) in
      Operation.convolution(channels: layer.channels, kernel: layer.kernel, stride: stride)
    }
    var branch = graph.append(convolution(stride), named: "\(name).conv1", on: input)
    branch = graph.append(.batchNorm, named: "\(name).bn1", on: branch)
    branch = graph.append(.activation(activation), named: "\(name).\(activation)1", on: branch)
    if blockDropout > 0 {
      branch = graph.append(.dropout(rate: Float(blockDropout)), named: "\(name).dropout", on: branch)
    }
    branch = graph.append(convolution(1), named: "\(name).conv2", on: branch)
    branch = graph.append(.batchNorm, named: "\(name).bn2", on: branch)

    var shortcut = input
    if stride != 1 || graph.nodes[input].shape.channels != layer.channels {
      shortcut = graph.append(
        .convolution(channels: layer.channels, kernel: layer.skipKernel, stride: stride),
        named: "\(name).shortcut.0", on: input)
      shortcut = graph.append(.batchNorm, named: "\(name).shortcut.1", on: shortcut)
    }
    let sum = graph.append(.add, named: "\(name).add", on: branch, shortcut)
    return graph.append(.activation(activation), named: "\(name).\(activation)2", on: sum)
  }
}

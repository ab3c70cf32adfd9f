// A network's numbers by name, in double precision, and the folding of batch normalisation:
// a change of the numbers alone, so that it can be tested apart from any kernel.
package import Models

/// Parameters and running statistics by PyTorch's names, or gradients of them.
package struct ReferenceParameters: Hashable, Sendable {
  /// The tensors.
  package var tensors: [String: ReferenceTensor]

  /// Parameters of given tensors.
  package init(tensors: [String: ReferenceTensor] = [:]) {
    self.tensors = tensors
  }

  /// The values that `store` holds for `graph`; throws `ComputeError.missingTensor` where it holds none.
  package init(_ graph: Graph, from store: ParameterStore) throws {
    tensors = [:]
    for spec in graph.tensors {
      let values = store.values(of: spec.name)
      guard values.count == spec.count else { throw ComputeError.missingTensor(spec.name) }
      tensors[spec.name] = ReferenceTensor(shape: spec.shape, data: values.map(Double.init))
    }
  }

  /// The tensor `name`; throws `ComputeError.missingTensor` if there is none.
  package func tensor(_ name: String) throws -> ReferenceTensor {
    guard let tensor = tensors[name] else { throw ComputeError.missingTensor(name) }
    return tensor
  }

  /// The running statistics of the batch normalisation `name`.
  func statistics(of name: String) throws -> ReferenceBatchNorm.Statistics {
    try ReferenceBatchNorm.Statistics(
      mean: tensor("\(name).running_mean"), variance: tensor("\(name).running_var"))
  }

  /// The two layers of the squeeze-and-excitation `name`.
  func squeezeExcitation(of name: String) throws -> ReferenceSqueezeExcitation.Weights {
    try ReferenceSqueezeExcitation.Weights(
      first: tensor("\(name).fc1.weight"), firstBias: tensor("\(name).fc1.bias"),
      second: tensor("\(name).fc2.weight"), secondBias: tensor("\(name).fc2.bias"))
  }

  /// Sets the same.
  mutating func set(_ weights: ReferenceSqueezeExcitation.Weights, of name: String) {
    tensors["\(name).fc1.weight"] = weights.first
    tensors["\(name).fc1.bias"] = weights.firstBias
    tensors["\(name).fc2.weight"] = weights.second
    tensors["\(name).fc2.bias"] = weights.secondBias
  }

  /// The parameters of inference with each batch normalisation multiplied into the convolution that it alone reads.
  ///
  /// Such a convolution's weights are scaled by filter, its `bias` (a new one, or its own) takes up the rest, and the
  /// normalisation loses all its tensors: `ReferenceNetwork` takes one without tensors for the identity.
  package func foldingBatchNorm(of graph: Graph) throws -> ReferenceParameters {
    var result = self
    let consumers = graph.consumers
    for node in graph.nodes {
      guard case .batchNorm(let norm) = node.operation else { continue }
      let source = graph.nodes[node.inputs[0]]
      guard case .convolution = source.operation, consumers[source.id] == [node.id] else { continue }
      let statistics = try statistics(of: node.name)
      let factors = try tensor("\(node.name).weight").zip(statistics.variance) {
        $0 * ReferenceBatchNorm.inverseDeviation($1, epsilon: norm.epsilon)
      }
      var weights = try tensor("\(source.name).weight")
      let filter = weights.count / factors.count
      for index in 0..<weights.count { weights[index] *= factors[index / filter] }
      result.tensors["\(source.name).weight"] = weights
      let mean = tensors["\(source.name).bias"].map { statistics.mean.zip($0, -) } ?? statistics.mean
      result.tensors["\(source.name).bias"] = try tensor("\(node.name).bias").zip(mean.zip(factors, *), -)
      for spec in node.tensors { result.tensors[spec.name] = nil }
    }
    return result
  }
}

// A network laid out for reading: each layer's shape, parameters and cost, and the budget's verdict,
// all from the graph, before any memory is taken.

/// Layers, exact counts and the verdict of a parameter budget.
public struct ModelSummary: Hashable, Codable, Sendable {
  /// One row.
  public struct Layer: Hashable, Codable, Sendable {
    /// Module path.
    public let name: String
    /// The operation's kind.
    public let kind: String
    /// `[channels, height, width]` for one image.
    public let outputShape: [Int]
    /// Parameters, frozen ones included.
    public let parameters: Int
    /// Multiply-adds of one image's forward pass.
    public let multiplyAdds: Int
  }

  /// Exact number of parameters, frozen ones included.
  public let parameters: Int
  /// How many of them are not trained.
  public let frozenParameters: Int
  /// Multiply-adds of one image's forward pass.
  public let multiplyAdds: Int
  /// Floating-point operations of training on one image, by the usual count: two a multiply-add, and the forward pass's
  /// work three times over, for the gradients of maps and of weights.
  public let trainingOperations: Int
  /// Bytes of parameters in fp32.
  public let parameterBytes: Int
  /// Values that one image's forward pass yields in convolutions, normalisations, maximum pools,
  /// squeeze-and-excitation and block ends: a measure of the memory that training keeps for the backward pass.
  public let activations: Int
  /// The largest number of parameters allowed, where one was given.
  public let budget: Int?
  /// Whether the parameters fit the budget; true without one.
  public let withinBudget: Bool
  /// The rows, in the order of execution.
  public let layers: [Layer]

  /// The summary of `graph` under an optional `budget` of parameters.
  public init(_ graph: Graph, budget: Int? = nil) {
    layers = graph.nodes.map { node in
      Layer(
        name: node.name, kind: node.operation.kind, outputShape: node.shape.dimensions,
        parameters: node.parameterCount,
        multiplyAdds: node.multiplyAdds)
    }
    parameters = graph.parameterCount
    frozenParameters = graph.frozenParameterCount
    multiplyAdds = graph.multiplyAdds
    trainingOperations = ModelCost.trainingOperations(graph.multiplyAdds)
    parameterBytes = 4 * graph.parameterCount
    activations = graph.nodes.reduce(0) { sum, node in
      switch node.operation {
      case .convolution, .batchNorm, .add, .maxPool, .squeezeExcitation: sum + node.shape.count
      default: sum
      }
    }
    self.budget = budget
    withinBudget = budget.map { graph.parameterCount <= $0 } ?? true
  }
}

extension ModelSummary {
  /// Encodes all fields; `budget` is null where none was given, so that readers always find it.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(parameters, forKey: .parameters)
    try container.encode(frozenParameters, forKey: .frozenParameters)
    try container.encode(multiplyAdds, forKey: .multiplyAdds)
    try container.encode(trainingOperations, forKey: .trainingOperations)
    try container.encode(parameterBytes, forKey: .parameterBytes)
    try container.encode(activations, forKey: .activations)
    try container.encode(budget, forKey: .budget)
    try container.encode(withinBudget, forKey: .withinBudget)
    try container.encode(layers, forKey: .layers)
  }
}

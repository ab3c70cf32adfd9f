// A network as nodes in topological order: the one form from which counts, checkpoint names,
// execution plans and summaries are derived.

/// One operation of a network, with its place.
public struct Node: Hashable, Sendable {
  /// Position in `Graph.nodes`.
  public let id: Int
  /// PyTorch's module path, for instance `layer1.0.conv1`; unique.
  public let name: String
  /// What it does.
  public let operation: Operation
  /// Ids of the nodes it reads, all smaller than its own.
  public let inputs: [Int]
  /// The shape it yields for one image.
  public let shape: Shape
  /// The tensors it owns.
  public let tensors: [TensorSpec]
  /// Multiply-adds of one image's forward pass.
  public let multiplyAdds: Int

  /// Parameters that it owns, frozen ones included.
  public var parameterCount: Int { tensors.reduce(0) { $0 + ($1.isParameter ? $1.count : 0) } }
}

/// A network: node 0 is the images, the last node the logits.
public struct Graph: Hashable, Sendable {
  /// The nodes, each after those it reads.
  public private(set) var nodes: [Node]

  /// A network that so far holds its images alone.
  package init(input: Shape) {
    nodes = [
      Node(id: 0, name: "input", operation: .input, inputs: [], shape: input, tensors: [], multiplyAdds: 0)
    ]
  }

  /// Appends an operation on earlier nodes, one at least, and returns its id.
  @discardableResult
  package mutating func append(_ operation: Operation, named name: String, on inputs: Int...) -> Int {
    let shape = nodes[inputs[0]].shape
    let node = Node(
      id: nodes.count, name: name, operation: operation, inputs: inputs,
      shape: operation.outputShape(of: shape),
      tensors: operation.tensors(name: name, input: shape),
      multiplyAdds: operation.multiplyAdds(input: shape))
    nodes.append(node)
    return node.id
  }

  /// The images' shape.
  public var inputShape: Shape { nodes[0].shape }

  /// Number of logits.
  public var classes: Int { nodes[nodes.count - 1].shape.count }

  /// Every stored tensor in PyTorch's `state_dict` order (without `num_batches_tracked`).
  public var tensors: [TensorSpec] { nodes.flatMap(\.tensors) }

  /// The exact number of parameters, frozen ones included, as `sum(p.numel() for p in model.parameters())`.
  public var parameterCount: Int { nodes.reduce(0) { $0 + $1.parameterCount } }

  /// How many of the parameters keep their start values.
  public var frozenParameterCount: Int { tensors.reduce(0) { $0 + ($1.isFrozen ? $1.count : 0) } }

  /// Multiply-adds of one image's forward pass.
  public var multiplyAdds: Int { nodes.reduce(0) { $0 + $1.multiplyAdds } }

  /// For each node, the ids of the nodes that read it.
  public var consumers: [[Int]] {
    var result = [[Int]](repeating: [], count: nodes.count)
    for node in nodes { for input in node.inputs { result[input].append(node.id) } }
    return result
  }
}

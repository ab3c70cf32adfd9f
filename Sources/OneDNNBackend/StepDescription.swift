// What the recorded steps are, for profiles: a kind from the recorder, else from the step's name and its node;
// bytes from the tensors, operations from the graph.
internal import COneDNN
internal import Compute
internal import Models

extension PlanBuilder {
  /// The recorded steps of a plan for `batchSize` images of `graph`, in order.
  func describeSteps(of graph: Graph, batchSize: Int) -> [PlanStep] {
    let nodes = Dictionary(graph.nodes.map { ($0.name, $0) }) { first, _ in first }
    return steps.map { step in
      let (node, part) = Self.resolve(step.name, nodes)
      let kind = step.kind ?? (step.work.isReorder ? .reorder : Self.kind(of: part, node: node))
      let multiplies = (kind.isConvolution || kind == .linear) && Self.passes.contains(part)
      return PlanStep(
        name: step.name, kind: kind, implementation: step.work.implementation, bytes: step.work.bytes,
        operations: multiplies ? 2 * batchSize * (node?.multiplyAdds ?? 0) : 0)
    }
  }

  /// The parts of a step's name behind its node's that stand for one whole pass over the node's multiply-adds.
  private static let passes = ["", "backwardData", "backwardWeights"]

  /// The node whose name `name` begins with, the most specific one, and the rest of it.
  private static func resolve(_ name: String, _ nodes: [String: Node]) -> (node: Node?, part: String) {
    var prefix = name[...]
    while true {
      if let node = nodes[String(prefix)] { return (node, String(name[prefix.endIndex...].dropFirst())) }
      guard let dot = prefix.lastIndex(of: ".") else { return (nil, name) }
      prefix = prefix[..<dot]
    }
  }

  private static func kind(of part: String, node: Node?) -> StepKind {
    if part == "gradientSum" { return .sum }
    switch node?.operation {
    case .convolution:
      switch part {
      case "": return .convolutionForward
      case "backwardData": return .convolutionBackwardData
      case "backwardWeights": return .convolutionBackwardWeights
      default: return .reorder  // of filters, of the input or of gradients
      }
    case .linear: return passes.contains(part) ? .linear : .reorder
    case .batchNorm: return .batchNorm
    case .activation: return .activation
    case .add: return .sum
    case .dropout: return .dropout
    case .averagePool, .maxPool: return .pool
    case .squeezeExcitation: return .squeezeExcitation
    case .input: return .data
    case nil: return .other
    }
  }
}

extension Work {
  /// Whether a primitive says of itself that it reorders, whatever the node for which it does.
  fileprivate var isReorder: Bool {
    guard case .primitive(let descriptor, _) = self else { return false }
    var kind = dnnl_undefined_primitive
    dnnl_primitive_desc_query(descriptor.handle, dnnl_query_primitive_kind, 0, &kind)
    return kind == dnnl_reorder
  }

  fileprivate var implementation: String {
    switch self {
    case .primitive(let descriptor, _): descriptor.implementation
    case .kernel: "own"
    }
  }

  /// Bytes of the tensors, scratch memory left out.
  fileprivate var bytes: Int {
    switch self {
    case .primitive(_, let arguments):
      arguments.reduce(0) { $0 + ($1.argument == DNNL_ARG_SCRATCHPAD ? 0 : $1.value.descriptor.byteCount) }
    case .kernel(let values, _):
      values.reduce(0) { $0 + ($1.descriptor.dataType == dnnl_u8 ? 0 : $1.descriptor.byteCount) }
    }
  }
}

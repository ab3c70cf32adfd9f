// What the lowerings of a graph to training and to inference share: the plan being recorded, what each node yields so
// far and who reads it, and the walk from operations to what records them.
internal import COneDNN
internal import Compute
internal import Models

/// A graph on its way into a plan.
struct LoweringContext {
  let graph: Graph
  let batchSize: Int
  /// The format of activations and of the weights that meet them.
  let dataType: dnnl_data_type_t
  let builder: PlanBuilder
  let parameters: StoredParameters
  let kernels: Kernels
  let convolutions: ConvolutionAlgorithms
  /// The nodes that read each node.
  let consumers: [[Int]]
  /// The images' slot, set before each run.
  let images: Value
  /// What each node yields, nil until it is recorded.
  var outputs: [Value?]

  init(
    _ graph: Graph, batchSize: Int, precision: Precision, convolutions: ConvolutionAlgorithms, store: ParameterStore,
    engine: Engine
  ) throws {
    // What is read as logits is dense; other values are in blocks of channels.
    guard case .linear? = graph.nodes.last?.operation else {
      throw OneDNNError(description: "a network has to end in a linear layer, whose results are its logits")
    }
    self.graph = graph
    self.batchSize = batchSize
    dataType = precision == .bf16 ? dnnl_bf16 : dnnl_f32
    kernels = Kernels(precision, threads: engine.threads)
    self.convolutions = convolutions
    builder = PlanBuilder(engine: engine)
    parameters = StoredParameters(builder: builder, store: store)
    consumers = graph.consumers
    outputs = [Value?](repeating: nil, count: graph.nodes.count)
    images = builder.makeSlot(
      try MemoryDescriptor([batchSize] + graph.inputShape.dimensions, dnnl_f32, dnnl_nchw))
  }
}

/// A recorder of one operation after the other; each function returns what its node yields.
protocol Lowering {
  var context: LoweringContext { get }

  func convolution(_ node: Node, _ convolution: Models.Operation.Convolution) throws -> Value
  func batchNorm(_ node: Node, _ settings: BatchNorm) throws -> Value
  func activation(_ node: Node, _ activation: Activation) throws -> Value
  func add(_ node: Node) throws -> Value
  func dropout(_ node: Node, rate: Float) throws -> Value
  func averagePool(_ node: Node) throws -> Value
  func maxPool(_ node: Node) throws -> Value
  func squeezeExcitation(_ node: Node, hidden: Int) throws -> Value
  func linear(_ node: Node, scale: Float) throws -> Value
}

extension Lowering {
  var graph: Graph { context.graph }
  var builder: PlanBuilder { context.builder }
  var engine: Engine { context.builder.engine }
  var parameters: StoredParameters { context.parameters }

  func lower(_ node: Node) throws -> Value {
    switch node.operation {
    case .input: context.images
    case .convolution(let settings): try convolution(node, settings)
    case .batchNorm(let settings): try batchNorm(node, settings)
    case .activation(let kind): try activation(node, kind)
    case .add: try add(node)
    case .dropout(let rate): try dropout(node, rate: rate)
    case .averagePool: try averagePool(node)
    case .maxPool: try maxPool(node)
    case .squeezeExcitation(let hidden): try squeezeExcitation(node, hidden: hidden)
    case .linear(_, _, let scale): try linear(node, scale: scale)
    }
  }

  /// Batch × channels × rows × columns of a node's output.
  func extents(_ node: Node) -> [Int] { [context.batchSize] + node.shape.dimensions }

  func output(_ id: Int) throws -> Value {
    guard let value = context.outputs[id] else {
      throw OneDNNError(description: "node \(graph.nodes[id].name) is read before it is computed")
    }
    return value
  }

  /// The node that alone reads `node`, if it does what `matches` asks.
  func onlyConsumer(_ node: Node, where matches: (Models.Operation) -> Bool) -> Node? {
    guard context.consumers[node.id].count == 1 else { return nil }
    let consumer = graph.nodes[context.consumers[node.id][0]]
    return matches(consumer.operation) ? consumer : nil
  }

  /// The activation that alone reads `node`.
  func onlyActivation(of node: Node) -> (node: Node, kind: Activation)? {
    guard let consumer = onlyConsumer(node, where: { _ in true }), case .activation(let kind) = consumer.operation
    else { return nil }
    return (consumer, kind)
  }

  /// Whether `node` alone reads its first input, so that it may overwrite it; the images are the caller's.
  func ownsInput(_ node: Node) -> Bool {
    node.inputs[0] > 0 && context.consumers[node.inputs[0]].count == 1
  }

  func geometry(_ node: Node, _ convolution: Models.Operation.Convolution) throws -> Convolution {
    let input = graph.nodes[node.inputs[0]]
    return try Convolution(
      engine: engine, name: node.name,
      source: MemoryDescriptor(extents(input), context.dataType, dnnl_format_tag_any),
      output: extents(node), convolution)
  }

  func innerProduct(_ node: Node) throws -> InnerProduct {
    try InnerProduct(
      engine: engine, name: node.name, source: extents(graph.nodes[node.inputs[0]]), features: node.shape.channels,
      hasBias: node.hasBias)
  }
}

extension Node {
  /// Whether a bias is among its tensors.
  var hasBias: Bool { tensors.contains { $0.role == .bias } }
}

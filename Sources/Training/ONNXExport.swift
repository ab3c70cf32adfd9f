// A trained network as an ONNX model: each operation of the graph is one case, and what inference leaves out
// (dropout, by choice the batch normalisations) is left out.
public import Compute
import Datasets
public import Formats
public import Models

/// Derives ONNX models from graphs.
public struct ONNXExport {
  /// What the model is given.
  public enum Images: String, Sendable, CaseIterable {
    /// Images that are normalised already.
    case normalized
    /// Bytes of 0…255, normalised by the model.
    case uint8
    /// Floats of 0…1, normalised by the model.
    case float
  }

  private let graph: Graph
  private let parameters: ParameterStore
  private let foldsBatchNorm: Bool
  private let consumers: [[Int]]
  private var model: ONNXModel
  /// The tensor that each node yields, once it is known.
  private var outputs: [String]

  /// The model of `graph` with the values of `parameters`: input `images` (batch × channels × height × width), output
  /// `logits` (batch × classes). Network, normalisation and classes go into the metadata, as in checkpoints; of the training
  /// and the places of its files, nothing.
  public static func model(
    of graph: Graph, parameters: ParameterStore, info: CheckpointInfo, images: Images = .normalized,
    foldsBatchNorm: Bool = false
  ) throws -> ONNXModel {
    var export = ONNXExport(graph, parameters, foldsBatchNorm: foldsBatchNorm, images: images)
    export.model.metadata = try info.metadata().filter { CheckpointInfo.ownKeys.contains($0.key) }
    if images != .normalized {
      let count = info.normalization.mean.count
      guard count == graph.inputShape.channels else {
        throw ConfigurationError(
          "--with-preprocessing: the normalisation is for \(count) channels, the network takes "
            + "\(graph.inputShape.channels): give data.mean and data.std, or leave it out")
      }
      export.normalize(images, info)
    }
    for node in graph.nodes.dropFirst() { export.outputs[node.id] = export.add(node) }
    export.model.nodes[export.model.nodes.count - 1].output = export.model.output.name
    return export.model
  }

  private init(_ graph: Graph, _ parameters: ParameterStore, foldsBatchNorm: Bool, images: Images) {
    self.graph = graph
    self.parameters = parameters
    self.foldsBatchNorm = foldsBatchNorm
    consumers = graph.consumers
    let input = ONNXModel.Port(
      "images", type: images == .uint8 ? .uint8 : .float, shape: graph.inputShape.dimensions)
    model = ONNXModel("tpsnet", input: input, output: ONNXModel.Port("logits", shape: [graph.classes]))
    outputs = [String](repeating: input.name, count: graph.nodes.count)
  }

  /// (x · scale − mean) / deviation as one product and one sum.
  private mutating func normalize(_ images: Images, _ info: CheckpointInfo) {
    var value = model.input.name
    if images == .uint8 {
      model.nodes.append(ONNXModel.Node("Cast", [value], to: "images.float", ["to": .integer(1)]))
      value = "images.float"
    }
    let (mean, deviation) = (info.normalization.mean.map(Double.init), info.normalization.standardDeviation)
    let scales = deviation.map { 1 / (Double($0) * (images == .uint8 ? 255 : 1)) }
    let shifts = zip(mean, deviation).map { -$0 / Double($1) }
    let shape = [1, mean.count, 1, 1]
    model.nodes.append(
      ONNXModel.Node("Mul", [value, store("images.scale", shape, scales)], to: "images.scaled"))
    model.nodes.append(
      ONNXModel.Node("Add", ["images.scaled", store("images.shift", shape, shifts)], to: "images.normalized"))
    outputs[0] = "images.normalized"
  }

  /// Adds what computes `node` and returns the name of its tensor.
  private mutating func add(_ node: Node) -> String {
    let inputs = node.inputs.map { outputs[$0] }
    switch node.operation {
    case .input, .dropout:
      return inputs[0]
    case .convolution(let convolution):
      return append(convolution, on: inputs, node)
    case .batchNorm(let norm):
      if isFolded(node) { return inputs[0] }
      let tensors = node.tensors.map { store($0) }
      return append("BatchNormalization", inputs + tensors, node, ["epsilon": .float(Float(norm.epsilon))])
    case .activation(let activation):
      return append(activation, on: inputs[0], node)
    case .add:
      return append("Add", inputs, node)
    case .averagePool(let kernel):
      return append(
        "AveragePool", inputs, node, ["kernel_shape": .integers([kernel, kernel]), "strides": .integers([1, 1])])
    case .maxPool(let kernel, let stride):
      return append(
        "MaxPool", inputs, node,
        ["kernel_shape": .integers([kernel, kernel]), "strides": .integers([stride, stride])])
    case .squeezeExcitation:
      return squeezeExcitation(on: inputs[0], node)
    case .linear(_, _, let scale):
      model.nodes.append(ONNXModel.Node("Flatten", inputs, to: "\(node.name).input", ["axis": .integer(1)]))
      let tensors = node.tensors.map { store($0) }
      return append(
        "Gemm", ["\(node.name).input"] + tensors, node,
        ["transB": .integer(1), "alpha": .float(scale), "beta": .float(scale)])
    }
  }

  /// The output of `operation`, which is that of `node`, or of a part on the way to it.
  private mutating func append(
    _ operation: String, _ inputs: [String], _ node: Node, part: String? = nil,
    _ attributes: [String: ONNXModel.Attribute] = [:]
  ) -> String {
    let name = part.map { "\(node.name).\($0)" } ?? node.name
    model.nodes.append(ONNXModel.Node(operation, inputs, to: name, attributes))
    return name
  }

  // MARK: Activations

  private mutating func append(_ activation: Activation, on input: String, _ node: Node) -> String {
    switch activation {
    case .relu: return append("Relu", [input], node)
    case .silu: return gated(input, by: input, node)
    case .gelu:
      // ½ (1 + tanh(u)) is the logistic function of 2u, and 2u = x (a + b x²).
      let a = (8 / Double.pi).squareRoot()
      let square = append("Mul", [input, input], node, part: "square")
      let scaled = append("Mul", [square, store("gelu.b", [], [0.044715 * a])], node, part: "scaled")
      let shifted = append("Add", [scaled, store("gelu.a", [], [a])], node, part: "shifted")
      return gated(input, by: append("Mul", [input, shifted], node, part: "gate"), node)
    }
  }

  /// `input` times the logistic function of `gate`.
  private mutating func gated(_ input: String, by gate: String, _ node: Node) -> String {
    append("Mul", [input, append("Sigmoid", [gate], node, part: "logistic")], node)
  }

  // MARK: Squeeze-and-excitation

  /// Fully connected layers on single pixels are convolutions, which keep the maps' shape for the product.
  private mutating func squeezeExcitation(on input: String, _ node: Node) -> String {
    let tensors = node.tensors.map { spec in
      let shape = spec.shape.count == 2 ? spec.shape + [1, 1] : spec.shape
      return store(spec.name, shape, parameters.values(of: spec.name).map(Double.init))
    }
    let pixel: [String: ONNXModel.Attribute] = ["kernel_shape": .integers([1, 1]), "strides": .integers([1, 1])]
    let mean = append("GlobalAveragePool", [input], node, part: "mean")
    let first = append("Conv", [mean] + tensors[..<2], node, part: "fc1", pixel)
    let hidden = append("Relu", [first], node, part: "relu")
    let second = append("Conv", [hidden] + tensors[2...], node, part: "fc2", pixel)
    return append("Mul", [input, append("Sigmoid", [second], node, part: "shares")], node)
  }

  // MARK: Convolutions

  private mutating func append(
    _ convolution: Operation.Convolution, on inputs: [String], _ node: Node
  ) -> String {
    let (kernel, stride, front) = (convolution.kernel, convolution.stride, convolution.padding)
    let back = convolution.isPadded ? kernel - 1 - front : 0
    let attributes: [String: ONNXModel.Attribute] = [
      "kernel_shape": .integers([kernel, kernel]), "strides": .integers([stride, stride]),
      "pads": .integers([front, front, back, back]),
    ]
    guard let reader = consumers[node.id].first, isFolded(graph.nodes[reader]) else {
      let tensors = node.tensors.map { store($0) }
      return append("Conv", inputs + tensors, node, attributes)
    }
    let (weights, bias) = folded(node, graph.nodes[reader])
    let tensors = [
      store(node.tensors[0].name, node.tensors[0].shape, weights), store("\(node.name).bias", [bias.count], bias),
    ]
    return append("Conv", inputs + tensors, node, attributes)
  }

  /// Whether a batch normalisation becomes part of the convolution before it, which nothing else may read.
  private func isFolded(_ node: Node) -> Bool {
    guard foldsBatchNorm, node.operation.isBatchNorm, case .convolution = graph.nodes[node.inputs[0]].operation
    else { return false }
    return consumers[node.inputs[0]] == [node.id]
  }

  /// Filters and bias that do what `convolution` and then `norm` do: γ (w ∗ x + b − μ) / √(σ² + ε) + β.
  private func folded(_ convolution: Node, _ norm: Node) -> (weights: [Double], bias: [Double]) {
    let statistics = norm.tensors.map { parameters.values(of: $0.name).map(Double.init) }
    let (scale, shift, mean, variance) = (statistics[0], statistics[1], statistics[2], statistics[3])
    guard case .batchNorm(let settings) = norm.operation else { return ([], []) }
    let factors = zip(scale, variance).map { $0 / ($1 + settings.epsilon).squareRoot() }
    let filter = convolution.tensors[0].count / factors.count
    let weights = parameters.values(of: convolution.tensors[0].name).enumerated().map {
      Double($1) * factors[$0 / filter]
    }
    let own = convolution.tensors.dropFirst().first.map { parameters.values(of: $0.name).map(Double.init) }
    let bias = factors.indices.map { shift[$0] + ((own?[$0] ?? 0) - mean[$0]) * factors[$0] }
    return (weights, bias)
  }

  // MARK: Stored tensors

  private mutating func store(_ spec: TensorSpec) -> String {
    model.tensors.append(
      ONNXModel.Tensor(spec.name, shape: spec.shape, values: Array(parameters.values(of: spec.name))))
    return spec.name
  }

  private mutating func store(_ name: String, _ shape: [Int], _ values: [Double]) -> String {
    // Constants of an operation are the same wherever it occurs.
    if model.tensors.contains(where: { $0.name == name }) { return name }
    model.tensors.append(ONNXModel.Tensor(name, shape: shape, values: values.map { Float($0) }))
    return name
  }
}

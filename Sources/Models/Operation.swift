// The operations a network is made of, each with its three pure facts:
// the shape it yields, the tensors it owns and the multiply-adds it costs.

/// One operation on feature maps.
public enum Operation: Hashable, Sendable {
  /// The images.
  case input
  /// A square convolution.
  case convolution(Convolution)
  /// Batch normalisation of each channel.
  case batchNorm(BatchNorm)
  /// A function of each value.
  case activation(Activation)
  /// The sum of two maps of one shape.
  case add
  /// Dropout (Srivastava et al. 2014) of single values, scaled by 1 / (1 − rate) in training, nothing in inference.
  case dropout(rate: Float)
  /// Mean over a square window, stride 1, no padding.
  case averagePool(kernel: Int)
  /// Maximum over a square window, no padding; rows and columns that no whole window reaches are left out.
  case maxPool(kernel: Int, stride: Int)
  /// Each channel times a share that two fully connected layers make of the channels' means, the first with `hidden`
  /// features and a ReLU, the second with a logistic function (Hu et al. 2018, "Squeeze-and-excitation networks").
  case squeezeExcitation(hidden: Int)
  /// A fully connected layer on the flattened (channel, row, column) map, its result multiplied by `scale`.
  case linear(features: Int, hasBias: Bool = true, scale: Float = 1)

  /// max(x, 0).
  public static let relu = Operation.activation(.relu)

  /// A short word for tables and JSON.
  public var kind: String {
    switch self {
    case .input: "input"
    case .convolution: "convolution"
    case .batchNorm: "batchNorm"
    case .activation(let activation): activation.rawValue
    case .add: "add"
    case .dropout: "dropout"
    case .averagePool: "averagePool"
    case .maxPool: "maxPool"
    case .squeezeExcitation: "squeezeExcitation"
    case .linear: "linear"
    }
  }

  /// The output's shape for an input of `shape`.
  func outputShape(of shape: Shape) -> Shape {
    switch self {
    case .input, .batchNorm, .activation, .add, .dropout, .squeezeExcitation:
      shape
    case .convolution(let convolution):
      Shape(
        channels: convolution.channels, height: convolution.outputExtent(shape.height),
        width: convolution.outputExtent(shape.width))
    case .averagePool(let kernel):
      Self.pooled(shape, kernel: kernel, stride: 1)
    case .maxPool(let kernel, let stride):
      Self.pooled(shape, kernel: kernel, stride: stride)
    case .linear(let features, _, _):
      Shape(channels: features, height: 1, width: 1)
    }
  }

  private static func pooled(_ shape: Shape, kernel: Int, stride: Int) -> Shape {
    Shape(
      channels: shape.channels, height: (shape.height - kernel) / stride + 1,
      width: (shape.width - kernel) / stride + 1)
  }

  /// The tensors of the operation, named after its node, in PyTorch's order.
  func tensors(name: String, input: Shape) -> [TensorSpec] {
    switch self {
    case .input, .activation, .add, .dropout, .averagePool, .maxPool:
      return []
    case .convolution(let convolution):
      let fanIn = input.channels * convolution.kernel * convolution.kernel
      let shape = [convolution.channels, input.channels, convolution.kernel, convolution.kernel]
      let initializer: Initializer =
        switch convolution.filters {
        case .uniform: .uniform(fanIn: fanIn)
        case .dirac: .dirac(fanIn: fanIn)
        case .whitening: .whitening(fanIn: fanIn)
        }
      let weight = TensorSpec(
        name: "\(name).weight", shape: shape, initializer: initializer, role: .weight,
        isFrozen: convolution.filters == .whitening)
      return [weight] + (convolution.hasBias ? [Self.bias(name, convolution.channels, fanIn: fanIn)] : [])
    case .batchNorm(let norm):
      let shape = [input.channels]
      return [
        TensorSpec(
          name: "\(name).weight", shape: shape, initializer: .constant(norm.initialScale), role: .scale,
          isFrozen: !norm.trainsScale),
        TensorSpec(name: "\(name).bias", shape: shape, initializer: .constant(0), role: .bias),
        TensorSpec(name: "\(name).running_mean", shape: shape, initializer: .constant(0), role: .runningMean),
        TensorSpec(name: "\(name).running_var", shape: shape, initializer: .constant(1), role: .runningVariance),
      ]
    case .squeezeExcitation(let hidden):
      return [("fc1", hidden, input.channels), ("fc2", input.channels, hidden)].flatMap { part, features, fanIn in
        [
          TensorSpec(
            name: "\(name).\(part).weight", shape: [features, fanIn], initializer: .uniform(fanIn: fanIn), role: .weight
          ),
          Self.bias("\(name).\(part)", features, fanIn: fanIn),
        ]
      }
    case .linear(let features, let hasBias, _):
      let fanIn = input.count
      let weight = TensorSpec(
        name: "\(name).weight", shape: [features, fanIn], initializer: .uniform(fanIn: fanIn), role: .weight)
      return [weight] + (hasBias ? [Self.bias(name, features, fanIn: fanIn)] : [])
    }
  }

  private static func bias(_ name: String, _ count: Int, fanIn: Int) -> TensorSpec {
    TensorSpec(name: "\(name).bias", shape: [count], initializer: .uniform(fanIn: fanIn), role: .bias)
  }

  /// Multiply-adds of one image's forward pass; convolutions and fully connected layers alone count, as is usual.
  func multiplyAdds(input: Shape) -> Int {
    switch self {
    case .convolution(let convolution):
      outputShape(of: input).count * input.channels * convolution.kernel * convolution.kernel
    case .squeezeExcitation(let hidden):
      2 * hidden * input.channels
    case .linear(let features, _, _):
      features * input.count
    default:
      0
    }
  }
}

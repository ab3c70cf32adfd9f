// The operations a network is made of, each with its three pure facts:
// the shape it yields, the tensors it owns and the multiply-adds it costs.

/// One operation on feature maps.
public enum Operation: Hashable, Sendable {
  /// The images.
  case input
  /// A square convolution without bias, padded by ⌊kernel / 2⌋.
  case convolution(channels: Int, kernel: Int, stride: Int)
  /// Batch normalisation (Ioffe and Szegedy 2015) with PyTorch's constants: ε = 1e-5, momentum 0.1.
  case batchNorm
  /// A function of each value.
  case activation(Activation)
  /// The sum of two maps of one shape.
  case add
  /// Dropout (Srivastava et al. 2014) of single values, scaled by 1 / (1 − rate) in training, nothing in inference.
  case dropout(rate: Float)
  /// Mean over a square window, stride 1, no padding.
  case averagePool(kernel: Int)
  /// A fully connected layer with bias on the flattened (channel, row, column) map.
  case linear(features: Int)

  /// max(x, 0).
  public static let relu = Operation.activation(.relu)

  /// ε of every batch normalisation.
  public static let batchNormEpsilon: Double = 1e-5
  /// Share of the new batch in a running statistic.
  public static let batchNormMomentum: Double = 0.1

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
    case .linear: "linear"
    }
  }

  /// The output's shape for an input of `shape`.
  func outputShape(of shape: Shape) -> Shape {
    switch self {
    case .input, .batchNorm, .activation, .add, .dropout:
      shape
    case .convolution(let channels, let kernel, let stride):
      Shape(
        channels: channels,
        height: Self.extent(shape.height, kernel: kernel, stride: stride),
        width: Self.extent(shape.width, kernel: kernel, stride: stride))
    case .averagePool(let kernel):
      Shape(channels: shape.channels, height: shape.height - kernel + 1, width: shape.width - kernel + 1)
    case .linear(let features):
      Shape(channels: features, height: 1, width: 1)
    }
  }

  /// Output rows (or columns) of a convolution padded by ⌊kernel / 2⌋.
  static func extent(_ extent: Int, kernel: Int, stride: Int) -> Int {
    (extent + 2 * (kernel / 2) - kernel) / stride + 1
  }

  /// The tensors of the operation, named after its node, in PyTorch's order.
  func tensors(name: String, input: Shape) -> [TensorSpec] {
    switch self {
    case .input, .activation, .add, .dropout, .averagePool:
      return []
    case .convolution(let channels, let kernel, _):
      let fanIn = input.channels * kernel * kernel
      return [
        TensorSpec(
          name: "\(name).weight", shape: [channels, input.channels, kernel, kernel],
          initializer: .uniform(fanIn: fanIn), role: .weight)
      ]
    case .batchNorm:
      let shape = [input.channels]
      return [
        TensorSpec(name: "\(name).weight", shape: shape, initializer: .constant(1), role: .scale),
        TensorSpec(name: "\(name).bias", shape: shape, initializer: .constant(0), role: .bias),
        TensorSpec(name: "\(name).running_mean", shape: shape, initializer: .constant(0), role: .runningMean),
        TensorSpec(name: "\(name).running_var", shape: shape, initializer: .constant(1), role: .runningVariance),
      ]
    case .linear(let features):
      let fanIn = input.count
      return [
        TensorSpec(
          name: "\(name).weight", shape: [features, fanIn], initializer: .uniform(fanIn: fanIn), role: .weight),
        TensorSpec(name: "\(name).bias", shape: [features], initializer: .uniform(fanIn: fanIn), role: .bias),
      ]
    }
  }

  /// Multiply-adds of one image's forward pass; convolutions and linear layers alone count, as is usual.
  func multiplyAdds(input: Shape) -> Int {
    switch self {
    case .convolution(_, let kernel, _):
      outputShape(of: input).count * input.channels * kernel * kernel
    case .linear(let features):
      features * input.count
    default:
      0
    }
  }
}

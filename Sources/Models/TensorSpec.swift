// What is known of a stored tensor before any memory exists: name, shape, start value and role.
// Names are PyTorch's `state_dict` keys, so that weights move without a table of translations.

/// How a tensor is filled before training.
public enum Initializer: Hashable, Sendable {
  /// Every element the same.
  case constant(Float)
  /// U(−1/√fanIn, 1/√fanIn): what `torch.nn.Conv2d` and `torch.nn.Linear` do by default
  /// (He et al. 2015 with a = √5), for weights and biases.
  case uniform(fanIn: Int)
  /// Filters of which the first pass one input channel each, unchanged, as `torch.nn.init.dirac_` makes them; those
  /// beyond the number of input channels are as in `uniform`.
  case dirac(fanIn: Int)
  /// Filters that whiten patches of the training images (see `Whitening`); until these are seen, as in `uniform`.
  case whitening(fanIn: Int)
}

/// A parameter or a running statistic of a network.
public struct TensorSpec: Hashable, Sendable {
  /// What a tensor is to training.
  public enum Role: Hashable, Sendable {
    /// Filters and matrices.
    case weight
    /// Scale and shift of a normalisation, and biases: often spared from weight decay.
    case scale, bias
    /// Statistics that training gathers and inference uses; never touched by an optimizer.
    case runningMean, runningVariance
  }

  /// PyTorch's key, for instance `layer1.0.conv1.weight`.
  public let name: String
  /// Logical extents, PyTorch's order (filters: output, input, height, width).
  public let shape: [Int]
  /// The start value.
  public let initializer: Initializer
  /// The tensor's role.
  public let role: Role
  /// Whether a parameter keeps its start value.
  public let isFrozen: Bool

  /// A tensor.
  public init(name: String, shape: [Int], initializer: Initializer, role: Role, isFrozen: Bool = false) {
    self.name = name
    self.shape = shape
    self.initializer = initializer
    self.role = role
    self.isFrozen = isFrozen
  }

  /// Number of elements.
  public var count: Int { shape.reduce(1, *) }

  /// Whether it counts as a parameter, as in PyTorch's `module.parameters()`: all but running statistics, the frozen
  /// ones included.
  public var isParameter: Bool { role != .runningMean && role != .runningVariance }

  /// Whether an optimizer changes it.
  public var isTrainable: Bool { isParameter && !isFrozen }
}

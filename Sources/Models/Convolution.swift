// The two operations with settings of their own: convolution and batch normalisation.

extension Operation {
  /// A square convolution.
  public struct Convolution: Hashable, Sendable {
    /// What filters start as.
    public enum Filters: Hashable, Sendable {
      /// U(−1/√fanIn, 1/√fanIn).
      case uniform
      /// The first of them pass one input channel each (`torch.nn.init.dirac_`), the rest is uniform.
      case dirac
      /// Those that whiten patches of the training images (see `Whitening`), and stay so: they are not trained.
      case whitening
    }

    /// Output channels.
    public var channels: Int
    /// Side of the window.
    public var kernel: Int
    /// Pixels from one window to the next.
    public var stride: Int
    /// Whether zeros around the map keep its size at stride 1, as PyTorch's `padding="same"`.
    public var isPadded: Bool
    /// Whether each output channel has a bias.
    public var hasBias: Bool
    /// What the filters start as.
    public var filters: Filters

    /// A convolution; by default padded, without bias, and uniform at the start.
    public init(
      channels: Int, kernel: Int, stride: Int = 1, isPadded: Bool = true, hasBias: Bool = false,
      filters: Filters = .uniform
    ) {
      self.channels = channels
      self.kernel = kernel
      self.stride = stride
      self.isPadded = isPadded
      self.hasBias = hasBias
      self.filters = filters
    }

    /// Rows and columns of zeros in front of the map; an even kernel has one more behind.
    public var padding: Int { isPadded ? (kernel - 1) / 2 : 0 }

    /// Output rows (or columns) for `extent` input rows.
    public func outputExtent(_ extent: Int) -> Int { (extent + (isPadded ? kernel - 1 : 0) - kernel) / stride + 1 }
  }

  /// A padded convolution without bias.
  public static func convolution(channels: Int, kernel: Int, stride: Int) -> Operation {
    .convolution(Convolution(channels: channels, kernel: kernel, stride: stride))
  }

  /// Batch normalisation with PyTorch's constants.
  public static let batchNorm = Operation.batchNorm(BatchNorm())

  /// Whether it is a batch normalisation.
  public var isBatchNorm: Bool {
    if case .batchNorm = self { true } else { false }
  }
}

/// Batch normalisation (Ioffe and Szegedy 2015); by default with PyTorch's constants.
public struct BatchNorm: Hashable, Codable, Sendable {
  /// Added to each variance.
  public var epsilon: Double
  /// Share of the new batch in a running statistic.
  public var momentum: Double
  /// Whether the scale is trained; else it stays 1.
  public var trainsScale: Bool
  /// What the scale starts as: the description's initialization decides, so it is no key of its own.
  var initialScale: Float = 1

  private enum CodingKeys: CodingKey {
    case epsilon, momentum, trainsScale
  }

  /// A batch normalisation.
  public init(epsilon: Double = 1e-5, momentum: Double = 0.1, trainsScale: Bool = true) {
    self.epsilon = epsilon
    self.momentum = momentum
    self.trainsScale = trainsScale
  }

  /// Decodes one; any key may be left out.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    self.init()
    try container.update(&epsilon, .epsilon)
    try container.update(&momentum, .momentum)
    try container.update(&trainsScale, .trainsScale)
  }
}

extension KeyedDecodingContainer {
  /// Replaces `value` by that of `key`, where there is one.
  func update<Value: Decodable>(_ value: inout Value, _ key: Key) throws {
    if let found = try decodeIfPresent(Value.self, forKey: key) { value = found }
  }
}

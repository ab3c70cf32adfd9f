// The description of a residual network: numbers only, Codable, checked before anything is built.
// It holds all six variables of the TPSNet study (layers, blocks, channels, kernels, skip kernels, pool).

/// A residual network for small images: stem, N residual layers of basic blocks, average pool, classifier.
public struct ResNetSpec: Hashable, Codable, Sendable {
  /// The first convolution, followed by batch normalisation and activation.
  public struct Stem: Hashable, Codable, Sendable {
    /// Output channels.
    public var channels: Int
    /// Kernel side, odd.
    public var kernel: Int

    /// A stem of `channels` filters of side `kernel`.
    public init(channels: Int, kernel: Int = 3) {
      self.channels = channels
      self.kernel = kernel
    }
  }

  /// One residual layer: blocks of one width; its first block may change stride and width.
  public struct Layer: Hashable, Codable, Sendable {
    /// Number of basic blocks (the study's Bᵢ).
    public var blocks: Int
    /// Output channels (Cᵢ).
    public var channels: Int
    /// Kernel side of both convolutions of a block (Fᵢ), odd.
    public var kernel: Int
    /// Kernel side of the shortcut's convolution (Kᵢ), odd; used where the shape changes.
    public var skipKernel: Int
    /// Stride of the first block.
    public var stride: Int

    /// A layer of `blocks` blocks of `channels` channels.
    public init(blocks: Int, channels: Int, kernel: Int = 3, skipKernel: Int = 1, stride: Int) {
      self.blocks = blocks
      self.channels = channels
      self.kernel = kernel
      self.skipKernel = skipKernel
      self.stride = stride
    }
  }

  /// The images' shape.
  public var input: Shape
  /// What stands behind normalisations and sums.
  public var activation: Activation
  /// The first convolution.
  public var stem: Stem
  /// The residual layers.
  public var layers: [Layer]
  /// Side of the average pool (P), stride 1, no padding; its output is flattened into the classifier.
  public var pool: Int
  /// Dropout rate between the two convolutions of a block.
  public var blockDropout: Double
  /// Dropout rate before the classifier.
  public var dropout: Double
  /// Number of classes.
  public var classes: Int

  /// A description; `validate()` tells whether it is possible.
  public init(
    input: Shape = .cifar10, activation: Activation = .relu, stem: Stem, layers: [Layer], pool: Int,
    blockDropout: Double = 0, dropout: Double = 0, classes: Int = 10
  ) {
    self.input = input
    self.activation = activation
    self.stem = stem
    self.layers = layers
    self.pool = pool
    self.blockDropout = blockDropout
    self.dropout = dropout
    self.classes = classes
  }

  /// The study's family: layer i has `widthFactor · stem · 2^(i−1)` channels, layers after the first halve the map.
  public init(stem: Int, widthFactor: Int, blocks: [Int], pool: Int = 8) {
    self.init(
      stem: Stem(channels: stem),
      layers: blocks.enumerated().map { index, blocks in
        Layer(blocks: blocks, channels: widthFactor * stem << index, stride: index == 0 ? 1 : 2)
      },
      pool: pool)
  }
}

// Keys that a description may leave out take their defaults, so that files written before a key existed stay valid.

extension ResNetSpec {
  /// Decodes a description; all but `stem`, `layers` and `pool` may be left out.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    self.init(
      stem: try container.decode(Stem.self, forKey: .stem),
      layers: try container.decode([Layer].self, forKey: .layers),
      pool: try container.decode(Int.self, forKey: .pool))
    try container.update(&input, .input)
    try container.update(&activation, .activation)
    try container.update(&blockDropout, .blockDropout)
    try container.update(&dropout, .dropout)
    try container.update(&classes, .classes)
  }
}

extension ResNetSpec.Layer {
  /// Decodes a layer; `kernel` and `skipKernel` may be left out.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    self.init(
      blocks: try container.decode(Int.self, forKey: .blocks),
      channels: try container.decode(Int.self, forKey: .channels),
      stride: try container.decode(Int.self, forKey: .stride))
    try container.update(&kernel, .kernel)
    try container.update(&skipKernel, .skipKernel)
  }
}

extension KeyedDecodingContainer {
  /// Replaces `value` by that of `key`, where there is one.
  fileprivate func update<Value: Decodable>(_ value: inout Value, _ key: Key) throws {
    if let found = try decodeIfPresent(Value.self, forKey: key) { value = found }
  }
}

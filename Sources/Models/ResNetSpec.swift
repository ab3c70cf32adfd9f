// The description of a residual network: numbers only, Codable, checked before anything is built.
// It holds all six variables of the TPSNet study (layers, blocks, channels, kernels, skip kernels, pool).

/// A residual network for small images: stem, N residual layers, pool, classifier.
public struct ResNetSpec: Hashable, Codable, Sendable {
  /// The first convolution, followed by batch normalisation and activation, neither where blocks begin with these; if it
  /// whitens, by its activation always.
  public struct Stem: Hashable, Codable, Sendable {
    /// Output channels.
    public var channels: Int
    /// Kernel side; odd, unless it whitens.
    public var kernel: Int
    /// Whether the filters whiten patches of the training images and are not trained. Then a trained bias takes the
    /// place of the batch normalisation.
    public var whitening: Bool
    /// Whether zeros around the images keep the map's size.
    public var padded: Bool

    /// A stem of `channels` filters of side `kernel`.
    public init(channels: Int, kernel: Int = 3, whitening: Bool = false, padded: Bool = true) {
      self.channels = channels
      self.kernel = kernel
      self.whitening = whitening
      self.padded = padded
    }
  }

  /// One residual layer: blocks of one width, and what changes width and resolution before them.
  public struct Layer: Hashable, Codable, Sendable {
    /// How a layer changes width and resolution.
    public enum Entry: String, Codable, Sendable, CaseIterable {
      /// By its first block, whose first convolution and shortcut are strided.
      case block
      /// By a convolution in front of the blocks, a maximum pool with windows of `stride` pixels a side, batch
      /// normalisation and activation (Page 2018, "How to train your ResNet"); all blocks have identity shortcuts.
      case convPool
    }

    /// Number of basic blocks (the study's Bᵢ).
    public var blocks: Int
    /// Output channels (Cᵢ).
    public var channels: Int
    /// Kernel side of the layer's convolutions (Fᵢ), odd.
    public var kernel: Int
    /// Kernel side of the shortcut's convolution (Kᵢ), odd; used where the shape changes.
    public var skipKernel: Int
    /// Factor by which the map shrinks.
    public var stride: Int
    /// How the layer changes width and resolution.
    public var entry: Entry

    /// A layer of `blocks` blocks of `channels` channels.
    public init(
      blocks: Int, channels: Int, kernel: Int = 3, skipKernel: Int = 1, stride: Int, entry: Entry = .block
    ) {
      self.blocks = blocks
      self.channels = channels
      self.kernel = kernel
      self.skipKernel = skipKernel
      self.stride = stride
      self.entry = entry
    }

    /// Rows (or columns) of the layer's map for `extent` rows of its input.
    func outputExtent(_ extent: Int) -> Int {
      entry == .convPool ? extent / stride : (extent - 1) / stride + 1
    }

    /// Features between the two layers of squeeze-and-excitation that narrows by `factor`.
    func hiddenFeatures(narrowedBy factor: Int) -> Int { max(1, channels / factor) }
  }

  /// What the last map's windows are reduced to.
  public enum Pooling: String, Codable, Sendable, CaseIterable {
    /// Their means.
    case average
    /// Their maxima.
    case max
  }

  /// What the residual layers start as.
  public enum Initialization: String, Codable, Sendable, CaseIterable {
    /// PyTorch's default.
    case uniform
    /// The same, but each block passes its input, since the scales of the last normalisation of its branch start as 0
    /// (Goyal et al. 2017, section 5.1; `zero_init_residual` of torchvision): for deep nets.
    case zeroResidual
    /// Each passes one input channel, as far as these reach; shortcuts are uniform all the same.
    case dirac
  }

  /// The images' shape.
  public var input: Shape
  /// What stands behind normalisations and sums.
  public var activation: Activation
  /// Every batch normalisation.
  public var batchNorm: BatchNorm
  /// Whether normalisation and activation stand before each convolution of a block instead of behind it, and nothing
  /// behind the sum (He et al. 2016, "Identity mappings in deep residual networks").
  public var preActivation: Bool
  /// Factor by which squeeze-and-excitation at the end of each block's branch narrows its channels (Hu et al. 2018: 16);
  /// 0 means there is none.
  public var squeezeExcitation: Int
  /// The first convolution.
  public var stem: Stem
  /// The residual layers.
  public var layers: [Layer]
  /// Side of the last pool (P), stride 1, no padding; its output is flattened into the classifier.
  public var pool: Int
  /// What that pool takes of its windows.
  public var pooling: Pooling
  /// Dropout rate between the two convolutions of a block.
  public var blockDropout: Double
  /// Dropout rate before the classifier.
  public var dropout: Double
  /// Number of classes.
  public var classes: Int
  /// Whether the classifier has a bias.
  public var classifierBias: Bool
  /// What the classifier's results are multiplied by.
  public var logitScale: Double
  /// What the residual layers start as.
  public var initialization: Initialization

  /// A description; `validate()` tells whether it is possible.
  public init(
    input: Shape = .cifar10, activation: Activation = .relu, batchNorm: BatchNorm = BatchNorm(),
    preActivation: Bool = false, squeezeExcitation: Int = 0, stem: Stem, layers: [Layer], pool: Int,
    pooling: Pooling = .average,
    blockDropout: Double = 0, dropout: Double = 0,
    classes: Int = 10, classifierBias: Bool = true, logitScale: Double = 1,
    initialization: Initialization = .uniform
  ) {
    self.input = input
    self.activation = activation
    self.batchNorm = batchNorm
    self.preActivation = preActivation
    self.squeezeExcitation = squeezeExcitation
    self.stem = stem
    self.layers = layers
    self.pool = pool
    self.pooling = pooling
    self.blockDropout = blockDropout
    self.dropout = dropout
    self.classes = classes
    self.classifierBias = classifierBias
    self.logitScale = logitScale
    self.initialization = initialization
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
    try container.update(&batchNorm, .batchNorm)
    try container.update(&preActivation, .preActivation)
    try container.update(&squeezeExcitation, .squeezeExcitation)
    try container.update(&pooling, .pooling)
    try container.update(&blockDropout, .blockDropout)
    try container.update(&dropout, .dropout)
    try container.update(&classes, .classes)
    try container.update(&classifierBias, .classifierBias)
    try container.update(&logitScale, .logitScale)
    try container.update(&initialization, .initialization)
  }
}

extension ResNetSpec.Stem {
  /// Decodes a stem; all but `channels` may be left out.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    self.init(channels: try container.decode(Int.self, forKey: .channels))
    try container.update(&kernel, .kernel)
    try container.update(&whitening, .whitening)
    try container.update(&padded, .padded)
  }
}

extension ResNetSpec.Layer {
  /// Decodes a layer; `kernel`, `skipKernel` and `entry` may be left out, and the `stride` of a pool, which is 2 then.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    let entry = try container.decodeIfPresent(Entry.self, forKey: .entry) ?? .block
    let stride = try container.decodeIfPresent(Int.self, forKey: .stride)
    self.init(
      blocks: try container.decode(Int.self, forKey: .blocks),
      channels: try container.decode(Int.self, forKey: .channels),
      stride: try stride ?? (entry == .convPool ? 2 : container.decode(Int.self, forKey: .stride)), entry: entry)
    try container.update(&kernel, .kernel)
    try container.update(&skipKernel, .skipKernel)
  }
}

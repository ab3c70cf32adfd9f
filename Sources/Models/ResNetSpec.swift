// The description of a residual network: numbers only, Codable, checked before anything is built.
// It holds all six variables of the TPSNet study (layers, blocks, channels, kernels, skip kernels, pool).

/// A residual network for small images: stem, N residual layers of basic blocks, average pool, classifier.
public struct ResNetSpec: Hashable, Codable, Sendable {
  /// The first convolution, followed by batch normalisation and ReLU.
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
    input: Shape = Shape(channels: 3, height: 32, width: 32), stem: Stem, layers: [Layer], pool: Int,
    blockDropout: Double = 0, dropout: Double = 0, classes: Int = 10
  ) {
    self.input = input
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

extension ResNetSpec.Layer {
  /// Decodes a layer; `kernel` and `skipKernel` may be left out (3 and 1).
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    self.init(
      blocks: try container.decode(Int.self, forKey: .blocks),
      channels: try container.decode(Int.self, forKey: .channels),
      kernel: try container.decodeIfPresent(Int.self, forKey: .kernel) ?? 3,
      skipKernel: try container.decodeIfPresent(Int.self, forKey: .skipKernel) ?? 1,
      stride: try container.decode(Int.self, forKey: .stride))
  }
}

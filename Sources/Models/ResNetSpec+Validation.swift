// What makes a description impossible, said with the path of the key at fault.
// The bounds keep every count of a valid description far from overflow.

/// A description that cannot be built.
public struct SpecError: Error, Hashable, CustomStringConvertible {
  /// The key at fault, for instance `model.layers[1].kernel`.
  public let path: String
  /// What is wrong and what would be right.
  public let reason: String

  /// One line: path and reason.
  public var description: String { "\(path): \(reason)" }
}

extension ResNetSpec {
  /// Largest value of each number; beyond them a description is a slip of the pen, not a compact network.
  enum Bound {
    static let extent = 256
    static let channels = 4096
    static let blocks = 1000
    static let layers = 16
    static let kernel = 15
    static let classes = 10_000
    /// Of the whole, which a search asks of its budget instead.
    static let parameters = 100_000_000
  }

  /// Throws `SpecError` at the first key that makes the network impossible.
  public func validate() throws {
    try check(input.channels, 1...Bound.channels, "input.channels")
    try check(input.height, 1...Bound.extent, "input.height")
    try check(input.width, 1...Bound.extent, "input.width")
    try check(stem.channels, 1...Bound.channels, "stem.channels")
    try check(stem)
    guard !layers.isEmpty else { throw error("layers", "a network needs at least one residual layer") }
    try check(layers.count, 1...Bound.layers, "layers")
    let first = Operation.Convolution(channels: stem.channels, kernel: stem.kernel, isPadded: stem.padded)
    var (height, width) = (first.outputExtent(input.height), first.outputExtent(input.width))
    for (index, layer) in layers.enumerated() {
      let path = "layers[\(index)]"
      try check(layer.blocks, (layer.entry == .block ? 1 : 0)...Bound.blocks, "\(path).blocks")
      try check(layer.channels, 1...Bound.channels, "\(path).channels")
      try checkKernel(layer.kernel, "\(path).kernel")
      try checkKernel(layer.skipKernel, "\(path).skipKernel")
      try check(layer.stride, 1...max(1, min(height, width)), "\(path).stride")
      height = layer.outputExtent(height)
      width = layer.outputExtent(width)
    }
    guard !preActivation || layers.allSatisfy({ $0.entry == .block }) else {
      throw error("preActivation", "layers with entry: convPool have their activations behind: use false")
    }
    try check(squeezeExcitation, 0...Bound.channels, "squeezeExcitation")
    guard pool >= 1 else { throw error("pool", "\(pool) is not a window: use 1 to \(min(height, width))") }
    guard pool <= min(height, width) else {
      throw error("pool", "\(pool) is larger than the last layer's map of \(height)×\(width) pixels")
    }
    try checkRate(blockDropout, "blockDropout")
    try checkRate(dropout, "dropout")
    try check(classes, 2...Bound.classes, "classes")
    try checkFloat(logitScale, "logitScale")
    guard initialization != .zeroResidual || batchNorm.trainsScale && !preActivation else {
      throw error(
        "initialization", "zeroResidual needs batchNorm.trainsScale: true and preActivation: false: use uniform")
    }
    try checkFloat(batchNorm.epsilon, "batchNorm.epsilon")
    guard batchNorm.momentum > 0, batchNorm.momentum <= 1 else {
      throw error("batchNorm.momentum", "\(batchNorm.momentum) is out of range: use a share above 0, up to 1")
    }
  }

  private func check(_ stem: Stem) throws {
    guard stem.padded || stem.kernel <= min(input.height, input.width) else {
      throw error("stem.kernel", "\(stem.kernel) is larger than the images: use a smaller one, or padded: true")
    }
    guard stem.whitening else { return try checkKernel(stem.kernel, "stem.kernel") }
    try check(stem.kernel, 1...min(Bound.kernel, input.height, input.width), "stem.kernel")
    let most = 2 * input.channels * stem.kernel * stem.kernel
    guard stem.channels % 2 == 0, stem.channels <= most else {
      throw error(
        "stem.channels",
        "\(stem.channels) filters cannot whiten patches of side \(stem.kernel): use an even number up to \(most)")
    }
  }

  private func error(_ key: String, _ reason: String) -> SpecError {
    SpecError(path: "model.\(key)", reason: reason)
  }

  private func check(_ value: Int, _ range: ClosedRange<Int>, _ key: String) throws {
    guard range.contains(value) else {
      throw error(key, "\(value) is out of range: use \(range.lowerBound) to \(range.upperBound)")
    }
  }

  private func checkKernel(_ kernel: Int, _ key: String) throws {
    try check(kernel, 1...Bound.kernel, key)
    guard kernel % 2 == 1 else {
      throw error(key, "\(kernel) is even: use an odd side, so that padding by \(kernel / 2) keeps the map's size")
    }
  }

  private func checkFloat(_ value: Double, _ key: String) throws {
    guard Float(value) > 0, Float(value).isFinite else {
      throw error(key, "\(value) is not a positive number in single precision: use one from 1e-38 to 1e38")
    }
  }

  private func checkRate(_ rate: Double, _ key: String) throws {
    guard rate >= 0, Float(rate) < 1 else { throw error(key, "\(rate) is out of range: use 0 up to, but not, 1") }
  }
}

// The description of a network from the names and shapes of its tensors, as far as they tell it. They do not tell
// strides and the pool: those follow the family's law, and what then does not fit is an error.

extension ResNetSpec {
  /// The description of the network whose `state_dict` has tensors of `shapes`, for images of 32 × 32 pixels.
  ///
  /// Strides: a first block without shortcut convolution has 1, one that keeps the channels has 2, one that changes them
  /// has 1 in the first layer and 2 in the others. The pool leaves as many pixels as the classifier's inputs ask for.
  /// Throws `SpecError` with the name of the tensor that does not fit.
  public init(shapes: [String: [Int]]) throws {
    let side = 32
    let stem = try Self.filter("conv1.weight", in: shapes)
    var layers: [Layer] = []
    var squeezes: [(channels: Int, hidden: Int)] = []
    while shapes["layer\(layers.count + 1).0.conv1.weight"] != nil {
      let name = "layer\(layers.count + 1)"
      let filter = try Self.filter("\(name).0.conv1.weight", in: shapes)
      let blocks = (1...).first { shapes["\(name).\($0).conv1.weight"] == nil } ?? 1
      var layer = Layer(blocks: blocks, channels: filter.outputs, kernel: filter.kernel, stride: 1)
      if shapes["\(name).0.shortcut.0.weight"] != nil {
        layer.skipKernel = try Self.filter("\(name).0.shortcut.0.weight", in: shapes).kernel
        layer.stride = filter.inputs == filter.outputs || !layers.isEmpty ? 2 : 1
      }
      if let squeeze = shapes["\(name).0.se.fc1.weight"], let hidden = squeeze.first, hidden > 0 {
        squeezes.append((filter.outputs, hidden))
      }
      layers.append(layer)
    }
    guard let last = layers.last else { throw Self.unclear("layer1.0.conv1.weight", "is missing") }
    guard stem.kernel < 7 else {
      throw Self.unclear("conv1.weight", "is a stem for large images, whose stride and pool are not to be seen")
    }
    guard let classifier = shapes["linear.weight"], classifier.count == 2, last.channels > 0 else {
      throw Self.unclear("linear.weight", "is missing or no matrix")
    }
    let map = layers.reduce(side) { $1.outputExtent($0) }
    let pixels = classifier[1] / last.channels
    let output = Int(Double(max(0, pixels)).squareRoot())
    guard output > 0, output <= map, output * output * last.channels == classifier[1] else {
      throw Self.unclear(
        "linear.weight", "has \(classifier[1]) inputs, not \(last.channels) times a square of at most \(map) pixels")
    }
    self.init(
      input: Shape(channels: stem.inputs, height: side, width: side), squeezeExcitation: Self.factor(of: squeezes),
      stem: Stem(channels: stem.outputs, kernel: stem.kernel), layers: layers, pool: map - output + 1,
      classes: classifier[0], classifierBias: shapes["linear.bias"] != nil)
    try validate()
  }

  /// The largest factor by which every layer's channels may have been narrowed; 0 where there is no such layer. One
  /// hidden feature says only that the factor is more than half the channels.
  private static func factor(of squeezes: [(channels: Int, hidden: Int)]) -> Int {
    squeezes.filter { $0.hidden > 1 }.map { $0.channels / $0.hidden }.min() ?? squeezes.map(\.channels).max() ?? 0
  }

  private static func filter(
    _ name: String, in shapes: [String: [Int]]
  ) throws -> (outputs: Int, inputs: Int, kernel: Int) {
    guard let shape = shapes[name] else { throw unclear(name, "is missing") }
    guard shape.count == 4, shape[2] == shape[3], shape.allSatisfy({ $0 > 0 }) else {
      throw unclear(name, "of shape \(shape) is no square filter")
    }
    guard shape[2] % 2 == 1, shape[2] <= Bound.kernel else { throw unclear(name, "has a kernel of \(shape[2])") }
    return (shape[0], shape[1], shape[2])
  }

  private static func unclear(_ tensor: String, _ reason: String) -> SpecError {
    SpecError(path: tensor, reason: reason)
  }
}

// What a network costs, in closed form: the graph's exact counts without building the graph,
// for a search that asks a hundred thousand times.

/// Exact counts of a network: equal to the `ModelSummary` of its graph.
public struct ModelCost: Hashable, Sendable {
  /// Number of parameters, frozen ones included.
  public var parameters = 0
  /// Multiply-adds of one image's forward pass.
  public var multiplyAdds = 0
  /// Values that one image's forward pass yields in convolutions, normalisations, maximum pools,
  /// squeeze-and-excitation and block ends.
  public var activations = 0

  /// See `ModelSummary.trainingOperations`.
  public var trainingOperations: Int { Self.trainingOperations(multiplyAdds) }

  /// Two operations a multiply-add, in the forward pass and in the gradients of inputs and of filters.
  static func trainingOperations(_ multiplyAdds: Int) -> Int { 6 * multiplyAdds }

  /// Throws `SpecError` where there are more parameters than in any network that is built.
  package func checkParameters() throws {
    guard parameters > ResNetSpec.Bound.parameters else { return }
    throw SpecError(
      path: "model",
      reason:
        "\(parameters) parameters are out of range: use fewer blocks or channels, or smaller kernels, for at most "
        + "\(ResNetSpec.Bound.parameters)")
  }

  /// The counts of `spec`, which must be valid (`ResNetSpec.validate`).
  public init(_ spec: ResNetSpec) {
    var map = spec.input
    let stem = spec.stem
    add(
      Operation.Convolution(channels: stem.channels, kernel: stem.kernel, isPadded: stem.padded), on: &map)
    if stem.whitening { parameters += stem.channels } else if !spec.preActivation { normalize(map) }
    for layer in spec.layers {
      if layer.entry == .convPool { enter(layer, on: &map) }
      guard layer.blocks > 0 else { continue }
      let stride = layer.entry == .block ? layer.stride : 1
      let first = self.block(layer, stride: stride, on: &map, spec)
      add(first)
      guard layer.blocks > 1 else { continue }
      let other = self.block(layer, stride: 1, on: &map, spec)
      add(other, times: layer.blocks - 1)
    }
    if spec.preActivation { normalize(map) }
    let pooled = map.channels * (map.height - spec.pool + 1) * (map.width - spec.pool + 1)
    if spec.pooling == .max { activations += pooled }
    parameters += pooled * spec.classes + (spec.classifierBias ? spec.classes : 0)
    multiplyAdds += pooled * spec.classes
  }

  private init() {}

  private mutating func add(_ other: ModelCost, times count: Int = 1) {
    parameters += count * other.parameters
    multiplyAdds += count * other.multiplyAdds
    activations += count * other.activations
  }

  private mutating func add(_ convolution: Operation.Convolution, on map: inout Shape) {
    let weights = convolution.channels * map.channels * convolution.kernel * convolution.kernel
    map = Operation.convolution(convolution).outputShape(of: map)
    parameters += weights
    multiplyAdds += weights * map.height * map.width
    activations += map.count
  }

  private mutating func normalize(_ map: Shape) {
    parameters += 2 * map.channels
    activations += map.count
  }

  /// The pooled convolution in front of a layer's blocks.
  private mutating func enter(_ layer: ResNetSpec.Layer, on map: inout Shape) {
    add(Operation.Convolution(channels: layer.channels, kernel: layer.kernel), on: &map)
    if layer.stride > 1 {
      (map.height, map.width) = (layer.outputExtent(map.height), layer.outputExtent(map.width))
      activations += map.count
    }
    normalize(map)
  }

  private func block(
    _ layer: ResNetSpec.Layer, stride: Int, on map: inout Shape, _ spec: ResNetSpec
  ) -> ModelCost {
    let preActivation = spec.preActivation
    var cost = ModelCost()
    var shortcut = map
    let changesShape = stride != 1 || map.channels != layer.channels
    if preActivation { cost.normalize(map) }
    for stride in [stride, 1] {
      cost.add(Operation.Convolution(channels: layer.channels, kernel: layer.kernel, stride: stride), on: &map)
      cost.normalize(map)
    }
    if changesShape {
      cost.add(Operation.Convolution(channels: layer.channels, kernel: layer.skipKernel, stride: stride), on: &shortcut)
      cost.normalize(shortcut)
    }
    // Where normalisations come first there is none behind the second convolution, nor in the shortcut.
    if preActivation {
      let missing = changesShape ? 2 : 1
      cost.parameters -= missing * 2 * map.channels
      cost.activations -= missing * map.count
    }
    if spec.squeezeExcitation > 0 {
      let hidden = layer.hiddenFeatures(narrowedBy: spec.squeezeExcitation)
      cost.parameters += 2 * hidden * map.channels + hidden + map.channels
      cost.multiplyAdds += 2 * hidden * map.channels
      cost.activations += map.count
    }
    cost.activations += map.count
    return cost
  }
}

// What a network costs, in closed form: the graph's exact counts without building the graph,
// for a search that asks a hundred thousand times.

/// Exact counts of a network: equal to the `ModelSummary` of its graph.
public struct ModelCost: Hashable, Sendable {
  /// Number of trainable values.
  public var parameters = 0
  /// Multiply-adds of one image's forward pass.
  public var multiplyAdds = 0
  /// Values that one image's forward pass yields in convolutions, normalisations and block ends.
  public var activations = 0

  /// The counts of `spec`, which must be valid (`ResNetSpec.validate`).
  public init(_ spec: ResNetSpec) {
    var map = spec.input
    add(spec.stem.kernel, on: &map, channels: spec.stem.channels, stride: 1)
    for layer in spec.layers {
      let first = self.block(layer, stride: layer.stride, on: &map)
      add(first)
      guard layer.blocks > 1 else { continue }
      let other = self.block(layer, stride: 1, on: &map)
      add(other, times: layer.blocks - 1)
    }
    let pooled = map.channels * (map.height - spec.pool + 1) * (map.width - spec.pool + 1)
    parameters += (pooled + 1) * spec.classes
    multiplyAdds += pooled * spec.classes
  }

  private init() {}

  private mutating func add(_ other: ModelCost, times count: Int = 1) {
    parameters += count * other.parameters
    multiplyAdds += count * other.multiplyAdds
    activations += count * other.activations
  }

  /// A convolution with its normalisation.
  private mutating func add(_ kernel: Int, on map: inout Shape, channels: Int, stride: Int) {
    let weights = channels * map.channels * kernel * kernel
    map = Operation.convolution(channels: channels, kernel: kernel, stride: stride).outputShape(of: map)
    parameters += weights + 2 * channels
    multiplyAdds += weights * map.height * map.width
    activations += 2 * map.count
  }

  private func block(_ layer: ResNetSpec.Layer, stride: Int, on map: inout Shape) -> ModelCost {
    var cost = ModelCost()
    var shortcut = map
    let changesShape = stride != 1 || map.channels != layer.channels
    cost.add(layer.kernel, on: &map, channels: layer.channels, stride: stride)
    cost.add(layer.kernel, on: &map, channels: layer.channels, stride: 1)
    if changesShape { cost.add(layer.skipKernel, on: &shortcut, channels: layer.channels, stride: stride) }
    cost.activations += map.count
    return cost
  }
}

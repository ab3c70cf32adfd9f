// What a configuration asks of a step: its images, the networks that see them, and the operations that it takes.
public import Models

extension Configuration {
  /// Images of a step that the model trains on.
  public var trainedBatchSize: Int { Int((training.keep * Double(training.batchSize)).rounded()) }

  /// The network that picks them out of `training.batchSize`.
  public var proxyModel: ResNetSpec {
    var proxy =
      self.proxy
      ?? ResNetSpec(
        activation: model.activation, stem: .init(channels: 16),
        layers: [32, 64, 64].map { .init(blocks: 1, channels: $0, stride: 2) },
        pool: max(1, min(model.input.height, model.input.width) / 8))
    (proxy.input, proxy.classes) = (model.input, model.classes)
    return proxy
  }

  /// Floating-point operations of `steps` training steps: `ModelSummary.trainingOperations` for each image that a network
  /// trains on.
  public func trainingOperations(steps: Int) throws -> Double {
    var operations = ModelSummary(try model.graph()).trainingOperations * trainedBatchSize
    if training.keep < 1 {
      operations += ModelSummary(try proxyModel.graph()).trainingOperations * training.batchSize
    }
    return Double(operations) * Double(steps)
  }
}

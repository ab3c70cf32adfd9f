// The hard images of each batch: a small network that learns from all of them says which they are,
// and the large one trains on those alone.
package import Compute
package import Datasets
import Models

/// The images of a training step and what they show.
package struct StepImages {
  package let images: UnsafeBufferPointer<Float>
  package let labels: UnsafeBufferPointer<Int32>
  /// See `TrainingPlan`.
  package let shares: UnsafeBufferPointer<Float>?

  init(images: AlignedBuffer<Float>, labels: AlignedBuffer<Int32>, shares: AlignedBuffer<Float>?) {
    self.images = UnsafeBufferPointer(images.elements)
    self.labels = UnsafeBufferPointer(labels.elements)
    self.shares = shares.map { UnsafeBufferPointer($0.elements) }
  }

  /// All images of `batch`.
  package init(_ batch: Batch) {
    images = UnsafeBufferPointer(batch.images)
    labels = UnsafeBufferPointer(batch.labels)
    shares = batch.shares.map { UnsafeBufferPointer($0) }
  }
}

/// A small network in training, and the images that it last found hardest.
///
/// After airbench96_faster (Jordan 2024), whose small network is trained beforehand. Here both learn side by side, from
/// one pass over the data and with one optimizer's settings.
package final class HardImages {
  package let parameters: ParameterStore
  let optimizer: Optimizer
  private let plan: any TrainingPlan
  private let classes: Int
  private let images: AlignedBuffer<Float>
  private let labels: AlignedBuffer<Int32>
  private let shares: AlignedBuffer<Float>?

  /// Picks the share `training.keep` of each batch by `configuration.proxyModel`.
  package init(_ configuration: Configuration, backend: some Backend, precision: Precision) throws {
    let graph = try configuration.proxyModel.graph()
    let count = configuration.trainedBatchSize
    classes = graph.classes
    parameters = ParameterStore(graph)
    parameters.initialize(seed: configuration.training.seed)
    optimizer = Optimizer(parameters, settings: configuration.optimizer, backend: backend)
    plan = try backend.compileTraining(
      graph, batchSize: configuration.training.batchSize, precision: precision, parameters: parameters)
    images = AlignedBuffer(count: count * graph.inputShape.count)
    labels = AlignedBuffer(count: count)
    shares = configuration.augmentation.mixesImages ? AlignedBuffer(count: count * classes) : nil
  }

  /// Bytes that it holds.
  var memoryBytes: Int { plan.memoryBytes + parameters.memoryBytes + optimizer.memoryBytes + 4 * images.count }

  /// Trains the small network on all images of `batch` and returns those of the largest losses, which stay valid until
  /// the next call. Throws `TrainingError` where a loss is no number.
  package func pick(from batch: Batch, options: StepOptions, learningRate: Double) throws -> StepImages {
    let all = StepImages(batch)
    let result = try plan.step(images: all.images, labels: all.labels, shares: all.shares, options: options)
    guard result.loss.isFinite else {
      throw TrainingError(
        description: "training diverged: the loss of the small network that picks images is no longer a finite number; "
          + "the last good checkpoint is kept. Lower optimizer.learningRate or set training.keep=1")
    }
    try optimizer.step(learningRate: learningRate)
    let losses = all.labels.indices.map { loss(of: $0, in: all) }
    let hardest = losses.indices.sorted { (-losses[$0], $0) < (-losses[$1], $1) }.prefix(labels.count)
    for (place, image) in hardest.sorted().enumerated() {
      copy(image, of: all.images, to: place, of: images)
      labels.elements[place] = all.labels[image]
      if let from = all.shares, let shares { copy(image, of: from, to: place, of: shares) }
    }
    return StepImages(images: images, labels: labels, shares: shares)
  }

  /// The loss of one image before the small network's step.
  private func loss(of image: Int, in all: StepImages) -> Float {
    let row = image * classes..<(image + 1) * classes
    return CrossEntropy.evaluate(
      logits: UnsafeBufferPointer(rebasing: plan.logits[row]),
      labels: UnsafeBufferPointer(rebasing: all.labels[image...image]),
      shares: all.shares.map { UnsafeBufferPointer(rebasing: $0[row]) }, classes: classes, smoothing: 0
    ).loss
  }

  private func copy(
    _ image: Int, of source: UnsafeBufferPointer<Float>, to place: Int, of target: AlignedBuffer<Float>
  ) {
    let size = target.count / labels.count
    let part = UnsafeMutableBufferPointer(rebasing: target.elements[place * size..<(place + 1) * size])
    _ = part.update(fromContentsOf: source[image * size..<(image + 1) * size])
  }
}

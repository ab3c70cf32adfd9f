// Which images make a batch, and filling it with them: a function of (seed, epoch, step), without state that counts.
// The loader adds the thread that calls it ahead of time.
import Randomness

/// Composes the batches of one set of images.
final class BatchComposer {
  let stepsPerEpoch: Int
  private let set: ImageSet
  private let indices: [Int]
  private let batchSize: Int
  private let augmentation: Augmentation
  private let seed: UInt64
  private let shuffles: Bool
  private let transform: SampleTransform
  private let mixer: BatchMixer?
  /// The order of the epoch last asked for, kept because the next batch is likely to be of the same epoch.
  private var order: [Int] = []
  private var orderEpoch = -1

  init(
    set: ImageSet, indices: [Int], batchSize: Int, augmentation: Augmentation, normalization: Normalization,
    seed: UInt64, shuffles: Bool, stepsPerEpoch: Int
  ) {
    self.set = set
    self.indices = indices
    self.batchSize = batchSize
    self.augmentation = augmentation
    self.seed = seed
    self.shuffles = shuffles
    self.stepsPerEpoch = stepsPerEpoch
    transform = SampleTransform(
      augmentation: augmentation, normalization: normalization, height: set.height, width: set.width)
    mixer =
      augmentation.mixesImages
      ? BatchMixer(channels: set.channels, height: set.height, width: set.width, classes: set.classNames.count) : nil
  }

  /// Fills `batch` with the images of the step that is `position` steps after the first of epoch 0.
  func fill(_ batch: Batch, position: Int) {
    (batch.epoch, batch.step) = position.quotientAndRemainder(dividingBy: stepsPerEpoch)
    if shuffles { prepareOrder(batch.epoch) }
    let first = batch.step * batchSize
    batch.count = min(batchSize, indices.count - first)
    guard let target = batch.images.baseAddress else { return }
    set.pixels.withUnsafeBufferPointer { pixels in
      guard let source = pixels.baseAddress else { return }
      for place in 0..<batch.count {
        let sample = sample(first + place)
        let draw =
          augmentation == .none
          ? SampleDraw()
          : SampleDraw(
            augmentation, seed: seed, epoch: batch.epoch, sample: sample, height: set.height, width: set.width)
        transform.apply(draw, to: source + sample * set.imageSize, into: target + place * set.imageSize)
        batch.labels[place] = set.labels[sample]
      }
    }
    mixer?.mix(batch) { place in
      Mixture(
        augmentation, seed: seed, epoch: batch.epoch, sample: sample(first + place), height: set.height,
        width: set.width)
    }
  }

  /// The image at a position of the epoch.
  private func sample(_ position: Int) -> Int { indices[shuffles ? order[position] : position] }

  private func prepareOrder(_ epoch: Int) {
    guard orderEpoch != epoch else { return }
    var random = CounterRandom(
      seed: seed, RandomPurpose.order.rawValue, UInt64(truncatingIfNeeded: epoch))
    order = random.permutation(of: indices.count)
    orderEpoch = epoch
  }
}

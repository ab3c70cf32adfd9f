// Batches in an endless row, prepared ahead by a thread of its own so that a training step never waits.
// Three buffers go round: one lent to the caller, the others ready or being filled.
import Foundation

/// Hands out the batches of a set of images, epoch after epoch.
///
/// The same arguments give the same batches at the same (epoch, step), wherever the loader was started. A loader is
/// used from one thread at a time. For evaluation: `.none`, `shuffles: false`, `dropsLast: false`.
public final class BatchLoader {
  /// The number of batches of an epoch.
  public let stepsPerEpoch: Int
  private static let largestBatch = 1 << 16
  private let composer: BatchComposer
  private let buffers: [Batch]
  private var lent: Batch?
  private var producer: BatchProducer?
  /// The steps from the first of epoch 0 to the batch that `next()` returns.
  private var position = 0

  /// Makes a loader of the images of `set` at `indices`.
  ///
  /// `seed` decides the order (where it `shuffles`) and the augmentation. With `dropsLast`, images that do not fill a
  /// batch at the end of an epoch are left out of it; without, the last batch may be smaller. Throws `DatasetError`
  /// where an argument is impossible: an index out of range or none at all, a batch size below 1, above
  /// 65,536 or, with `dropsLast`, above the number of images, an augmentation that does not suit the size of the images.
  public init(
    set: ImageSet, indices: [Int], batchSize: Int, augmentation: Augmentation, normalization: Normalization,
    seed: UInt64, shuffles: Bool, dropsLast: Bool
  ) throws {
    guard !indices.isEmpty else {
      throw DatasetError(.usage, "no images to make batches of", remedy: "leave some images to this part")
    }
    try set.check(indices)
    guard set.channels == normalization.mean.count else {
      throw DatasetError(
        .usage, "images of \(set.channels) channels for a normalisation of \(normalization.mean.count)")
    }
    let largest = dropsLast ? min(indices.count, Self.largestBatch) : Self.largestBatch
    guard (1...largest).contains(batchSize) else {
      throw DatasetError(
        .usage, "a batch size of \(batchSize) for \(indices.count) images",
        remedy: "choose training.batchSize from 1 to \(largest), or use more images")
    }
    try augmentation.validate(height: set.height, width: set.width)
    stepsPerEpoch = dropsLast ? indices.count / batchSize : (indices.count - 1) / batchSize + 1
    composer = BatchComposer(
      set: set, indices: indices, batchSize: batchSize, augmentation: augmentation, normalization: normalization,
      seed: seed, shuffles: shuffles, stepsPerEpoch: stepsPerEpoch)
    let classes = augmentation.mixesImages ? set.classNames.count : 0
    buffers = (0..<3).map { _ in Batch(capacity: batchSize, imageSize: set.imageSize, classes: classes) }
  }

  deinit { stop() }

  /// Begins to prepare the batches from `step` of `epoch` on (both from 0; steps beyond the epoch's last run on into
  /// the epochs after it). What was prepared before is forgotten; the batch lent last stays valid until `next()`.
  public func start(epoch: Int, step: Int) {
    stop()
    position = max(0, epoch) * stepsPerEpoch + max(0, step)
    produce()
  }

  /// The next batch, waiting for it where it is not ready. It is valid until the following `next()`. A loader that was
  /// not started, or was stopped, starts at the batch that is due: at first, step 0 of epoch 0.
  public func next() -> Batch {
    let batch = (producer ?? produce()).next()
    lent = batch
    position += 1
    return batch
  }

  /// Ends the thread and waits for its end. The batch lent last stays valid.
  public func stop() {
    producer?.stop()
    producer = nil
  }

  @discardableResult private func produce() -> BatchProducer {
    let producer = BatchProducer(
      composer: composer, free: buffers.filter { $0 !== lent }, lent: lent, position: position)
    self.producer = producer
    return producer
  }
}

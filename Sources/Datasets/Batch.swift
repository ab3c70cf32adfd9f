// Images and labels of one training step, in memory that is filled again and again.
// Layout and type are those that a network's first operation reads.

/// Normalised images with their labels. A loader lends it until the loader's next `next()`.
public final class Batch {
  /// capacity × channels × height × width floats, image by image, channels first, aligned to 64 bytes. The first
  /// `count` images are valid; others hold what an earlier batch left, or 0. The memory belongs to the batch.
  public let images: UnsafeMutableBufferPointer<Float>
  /// One class an image, of mixed ones that of the largest share; the first `count` are valid. The memory belongs to the
  /// batch.
  public let labels: UnsafeMutableBufferPointer<Int32>
  /// How much each image shows of each class, capacity × classes, where images are mixed. The memory belongs to the batch.
  public let shares: UnsafeMutableBufferPointer<Float>?
  /// The number of images, at most the loader's batch size.
  public package(set) var count = 0
  /// The epoch this batch is part of.
  public internal(set) var epoch = 0
  /// The position of the batch in its epoch.
  public internal(set) var step = 0

  /// `classes`: their number where images are mixed, else 0.
  package init(capacity: Int, imageSize: Int, classes: Int) {
    let memory = UnsafeMutableRawBufferPointer.allocate(
      byteCount: capacity * imageSize * MemoryLayout<Float>.stride, alignment: 64)
    images = memory.bindMemory(to: Float.self)
    images.initialize(repeating: 0)
    labels = .allocate(capacity: capacity)
    labels.initialize(repeating: 0)
    shares = classes > 0 ? .allocate(capacity: capacity * classes) : nil
    shares?.initialize(repeating: 0)
  }

  deinit {
    images.deallocate()
    labels.deallocate()
    shares?.deallocate()
  }
}

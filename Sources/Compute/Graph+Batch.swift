// Which batches a network can take: the checks of every plan, made before a number is read.
public import Models

extension Graph {
  /// Throws `ComputeError.invalidBatch` unless `batchSize` images can be trained on: at least one, and two values a
  /// channel for every batch normalisation, since one value has no variance.
  public func checkTraining(batchSize: Int) throws {
    try checkInference(batchSize: batchSize)
    for node in nodes where node.operation.isBatchNorm && batchSize * node.shape.height * node.shape.width < 2 {
      throw ComputeError.invalidBatch(
        "'\(node.name)' would normalise one value a channel: train on at least 2 images")
    }
  }

  /// Throws `ComputeError.invalidBatch` unless `batchSize` is positive.
  public func checkInference(batchSize: Int) throws {
    guard batchSize >= 1 else {
      throw ComputeError.invalidBatch("\(batchSize) images: a plan needs at least one")
    }
  }

  /// Throws `ComputeError.invalidBatch` unless `count` numbers are `batchSize` images.
  public func check(imageValues count: Int, batchSize: Int) throws {
    let expected = batchSize * inputShape.count
    guard count == expected else {
      let shape = inputShape.dimensions.map(String.init).joined(separator: "×")
      throw ComputeError.invalidBatch("\(count) values for \(batchSize) images of \(shape): use \(expected)")
    }
  }

  /// Throws `ComputeError.invalidBatch` unless there are `batchSize` labels, all of them class numbers.
  public func check(labels: some Collection<some BinaryInteger>, batchSize: Int) throws {
    guard labels.count == batchSize else {
      throw ComputeError.invalidBatch("\(labels.count) labels for \(batchSize) images")
    }
    for (image, label) in labels.enumerated() where label < 0 || label >= classes {
      throw ComputeError.invalidBatch("label \(label) of image \(image) is out of range: use 0 to \(classes - 1)")
    }
  }

  /// Throws `ComputeError.invalidBatch` unless there is a share of each class for `batchSize` images, or none at all.
  public func check(shareCount count: Int?, batchSize: Int) throws {
    guard count == nil || count == batchSize * classes else {
      throw ComputeError.invalidBatch("\(count ?? 0) shares for \(batchSize) images of \(classes) classes")
    }
  }
}

// One of the six files of CIFAR-10, from either layout, and back to the records of the official binary version.
// As both layouts hold the same images in the same order, one digest verifies both.

/// The images of one file.
struct CIFAR10Batch {
  /// One label of 0…9 an image.
  let labels: [UInt8]
  /// 3,072 bytes an image: red, green and blue planes of 32 rows.
  let pixels: [UInt8]

  var count: Int { labels.count }

  /// Bytes of a file that is still read: 34 times the official ones.
  private static let largestFile = 1 << 30

  /// Reads records of 3,073 bytes: a label, then the pixels.
  init(binary path: String) throws {
    let bytes = try Files.bytes(of: path, limit: Self.largestFile, remedy: CIFAR10.remedy)
    let size = CIFAR10.recordSize
    guard !bytes.isEmpty, bytes.count % size == 0 else {
      let excess = bytes.isEmpty ? "is empty" : "has \(bytes.count) bytes, \(bytes.count % size) too many"
      throw DatasetError(
        .invalid, at: path, "\(excess) for whole records of \(size) bytes", remedy: CIFAR10.remedy)
    }
    let starts = stride(from: 0, to: bytes.count, by: size)
    labels = starts.map { bytes[$0] }
    var pixels: [UInt8] = []
    pixels.reserveCapacity(bytes.count)
    for start in starts { pixels += bytes[start + 1..<start + size] }
    self.pixels = pixels
    try checkLabels(path)
  }

  /// Reads a pickled dictionary whose `data` is a uint8 array of N × 3,072 and whose `labels` are N numbers.
  init(python path: String) throws {
    let pickle = try CIFAR10Pickle(Files.bytes(of: path, limit: Self.largestFile, remedy: CIFAR10.remedy), path: path)
    let array = try pickle.array("data")
    let numbers = try pickle.integers("labels")
    guard array.shape.count == 2, array.shape[1] == CIFAR10.imageSize, array.shape[0] == numbers.count,
      !numbers.isEmpty
    else {
      throw DatasetError(
        .invalid, at: path, "data of shape \(array.shape) and \(numbers.count) labels are not N × 3072 and N",
        remedy: CIFAR10.remedy)
    }
    // An impossible number becomes an impossible label, for the check below to report.
    labels = numbers.map { UInt8(exactly: $0) ?? .max }
    pixels = array.rowMajorBytes
    try checkLabels(path)
  }

  private func checkLabels(_ path: String) throws {
    guard let image = labels.firstIndex(where: { $0 > 9 }) else { return }
    throw DatasetError(
      .invalid, at: path, "the label of image \(image) is \(labels[image]), not one of 0 to 9", remedy: CIFAR10.remedy)
  }

  /// The records of the official binary version.
  var records: [UInt8] {
    var records: [UInt8] = []
    records.reserveCapacity(count * CIFAR10.recordSize)
    for image in 0..<count {
      records.append(labels[image])
      records += pixels[image * CIFAR10.imageSize..<(image + 1) * CIFAR10.imageSize]
    }
    return records
  }
}

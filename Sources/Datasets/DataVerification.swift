// Whether a copy of CIFAR-10 is genuine: file by file against the official digests, else image by image.
// The result is a value, to be printed or encoded.

/// What was found in a copy of CIFAR-10.
public struct DataReport: Codable, Equatable, Sendable {
  /// How one file compares.
  public enum FileStatus: String, Codable, Sendable {
    /// The images of the official file, in its order.
    case ok
    /// As many images as the official file has, but not the same or not in its order.
    case mismatch
    /// Another number of images, so there is no official digest to compare with.
    case unknown
  }

  /// How the whole copy compares.
  public enum Verdict: String, Codable, Sendable {
    /// Every file is the official one.
    case ok
    /// The same images with the same labels, in another order or division.
    case equivalent
    /// Not CIFAR-10, or a damaged or partial copy.
    case mismatch
  }

  /// One of the six files.
  public struct File: Codable, Equatable, Sendable {
    /// The name of the file in its folder.
    public let name: String
    /// The number of images in it.
    public let images: Int
    /// SHA-256, in hexadecimal, of its images as records of the official binary version: for the binary layout, that
    /// is the file's own.
    public let sha256: String
    /// How it compares.
    public let status: FileStatus
  }

  /// The training or the test images.
  public struct Part: Codable, Equatable, Sendable {
    /// The number of images.
    public let images: Int
    /// The number of images of each class.
    public let classCounts: [Int]
    /// Mean and standard deviation of the channels.
    public let statistics: ChannelStatistics
    /// A digest of the images and labels that does not depend on their order.
    public let unorderedDigest: String
  }

  /// The folder with the files.
  public let path: String
  /// How the files are written.
  public let layout: CIFAR10.Layout
  /// The six files.
  public let files: [File]
  /// The images of the five training files.
  public let train: Part
  /// The images of the test file.
  public let test: Part
  /// How the whole copy compares.
  public let verdict: Verdict

  /// Whether the images are those of CIFAR-10.
  public var isGenuine: Bool { verdict != .mismatch }
}

/// Checks of copies of CIFAR-10.
public enum DataVerification {
  /// Compares the CIFAR-10 in `directory`, in either layout, with the official data. Throws `DatasetError` where
  /// there is none or a file cannot be read; a copy that differs is no error but a verdict.
  public static func verify(_ directory: DataDirectory) throws -> DataReport {
    try verify(directory, against: .official)
  }

  package static func verify(
    _ directory: DataDirectory, against reference: CIFAR10Reference
  ) throws -> DataReport {
    let folder = try directory.cifar10()
    var files: [DataReport.File] = []
    let train = try examine(CIFAR10.trainNames, in: folder, against: reference, into: &files)
    let test = try examine([CIFAR10.testName], in: folder, against: reference, into: &files)
    let verdict: DataReport.Verdict =
      if files.allSatisfy({ $0.status == .ok }) {
        .ok
      } else if train.unorderedDigest == reference.train && test.unorderedDigest == reference.test {
        .equivalent
      } else {
        .mismatch
      }
    return DataReport(
      path: folder.path, layout: folder.layout, files: files, train: train, test: test, verdict: verdict)
  }

  /// One file in memory at a time.
  private static func examine(
    _ names: [String], in folder: CIFAR10Folder, against reference: CIFAR10Reference,
    into files: inout [DataReport.File]
  ) throws -> DataReport.Part {
    var classCounts = [Int](repeating: 0, count: 10)
    var moments = ChannelMoments(channels: 3, planeSize: CIFAR10.side * CIFAR10.side)
    var digest = UnorderedDigest()
    for name in names {
      let batch = try folder.batch(named: name)
      let records = batch.records
      let sha256 = try SHA256.of(records)
      let status: DataReport.FileStatus =
        sha256 == reference.files[name] ? .ok : batch.count == CIFAR10.officialBatchCount ? .mismatch : .unknown
      files.append(
        DataReport.File(name: name + folder.layout.fileSuffix, images: batch.count, sha256: sha256, status: status))
      for label in batch.labels { classCounts[Int(label)] += 1 }
      moments.add(batch.pixels[...])
      try digest.add(records, recordsOf: CIFAR10.recordSize)
    }
    return DataReport.Part(
      images: classCounts.reduce(0, +), classCounts: classCounts, statistics: moments.statistics,
      unorderedDigest: digest.hexadecimal)
  }
}

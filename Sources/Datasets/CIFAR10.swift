// CIFAR-10: what its files are called, and loading it from either of its two layouts.
// The layouts' own formats are in CIFAR10Batch.swift.

/// CIFAR-10: 60,000 colour images of 32 × 32 in ten classes (Krizhevsky, 2009).
public enum CIFAR10 {
  /// The ten classes by label, as the data set's own `batches.meta.txt` has them.
  public static let classNames = [
    "airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck",
  ]

  /// How CIFAR-10 lies on a disk.
  public enum Layout: String, Codable, Sendable, CaseIterable {
    /// The official binary version: `data_batch_1.bin` … `test_batch.bin`, records of 3,073 bytes.
    case binary
    /// The official Python version, which torchvision keeps: `data_batch_1` … `test_batch`, pickles.
    case python

    var folderName: String { self == .binary ? "cifar-10-batches-bin" : "cifar-10-batches-py" }
    var fileSuffix: String { self == .binary ? ".bin" : "" }
    var metaName: String { self == .binary ? "batches.meta.txt" : "batches.meta" }

    /// The names of the seven files of the official archive that hold data.
    var fileNames: [String] { CIFAR10.batchNames.map { $0 + fileSuffix } + [metaName] }
  }

  static let trainNames = (1...5).map { "data_batch_\($0)" }
  static let testName = "test_batch"
  static let batchNames = trainNames + [testName]
  static let side = 32
  static let imageSize = 3 * side * side
  static let recordSize = 1 + imageSize
  /// Images in each official file.
  static let officialBatchCount = 10_000
  static let remedy = "run `tpsnet data download`, or name the folder that has it by --data"

  /// Loads CIFAR-10 from `directory`: official binary files in its `cifar-10-batches-bin` or in it, else torchvision's
  /// files in its `cifar-10-batches-py` or in it; a complete copy before one that lacks files. Each file may hold any
  /// whole number of images.
  /// Throws `DatasetError` naming the file that is missing or wrong.
  public static func load(from directory: DataDirectory) throws -> Dataset {
    let folder = try directory.cifar10()
    let names = try folder.classNames()
    return Dataset(
      name: "cifar10", train: try folder.images(in: trainNames, classNames: names),
      test: try folder.images(in: [testName], classNames: names))
  }
}

/// A folder that holds CIFAR-10 in one layout.
struct CIFAR10Folder {
  let path: String
  let layout: CIFAR10.Layout

  /// How many of the six files of images are there.
  var presentFiles: Int {
    CIFAR10.batchNames.filter { Files.isFile(path(of: $0)) }.count
  }

  func batch(named name: String) throws -> CIFAR10Batch {
    switch layout {
    case .binary: try CIFAR10Batch(binary: path(of: name))
    case .python: try CIFAR10Batch(python: path(of: name))
    }
  }

  func images(in batches: [String], classNames: [String]) throws -> ImageSet {
    var pixels: [UInt8] = []
    var labels: [Int32] = []
    for (done, name) in batches.enumerated() {
      let batch = try batch(named: name)
      if done == 0 { pixels.reserveCapacity(batch.pixels.count * batches.count) }
      pixels += batch.pixels
      labels += batch.labels.map(Int32.init)
    }
    return try ImageSet(
      pixels: pixels, labels: labels, height: CIFAR10.side, width: CIFAR10.side, classNames: classNames)
  }

  /// The ten names of the folder's meta file, or the usual ones where it has none.
  func classNames() throws -> [String] {
    let meta = "\(path)/\(layout.metaName)"
    guard Files.isFile(meta) else { return CIFAR10.classNames }
    let bytes = try Files.bytes(of: meta, limit: 1 << 16)
    let names =
      switch layout {
      case .binary: String(decoding: bytes, as: UTF8.self).split(whereSeparator: \.isNewline).map(String.init)
      case .python: try CIFAR10Pickle(bytes, path: meta).strings("label_names")
      }
    guard names.count == 10 else {
      throw DatasetError(.invalid, at: meta, "names \(names.count) classes instead of 10", remedy: CIFAR10.remedy)
    }
    return names
  }

  private func path(of name: String) -> String { "\(path)/\(name)\(layout.fileSuffix)" }
}

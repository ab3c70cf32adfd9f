// Small data sets and folders for the tests, and where the real ones lie.
// Generated images are random bytes, so that no two are equal and order can be seen.
import Datasets
import Foundation
import Randomness
import TestSupport
import Testing

/// Runs `body` on a new folder that is removed afterwards.
func withFolder<Result>(_ body: (String) throws -> Result) throws -> Result {
  let folder = try TemporaryFolder()
  return try withExtendedLifetime(folder) { try body(folder.url.path) }
}

func write(_ bytes: [UInt8], _ path: String) throws {
  let folder = (path as NSString).deletingLastPathComponent
  try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
  try Data(bytes).write(to: URL(fileURLWithPath: path))
}

func read(_ path: String) throws -> [UInt8] {
  [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
}

func names(in folder: String) throws -> [String] {
  try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
}

func randomBytes(_ count: Int, seed: UInt64) -> [UInt8] {
  let stream = CounterRandom(seed: seed)
  return (0..<count).map { UInt8(truncatingIfNeeded: stream[UInt64($0)]) }
}

/// The error that `body` throws, for a look at its parts; it may throw no other ones.
func failure(_ body: () throws -> Void) -> DatasetError? {
  do {
    try body()
  } catch let error as DatasetError {
    return error
  } catch {
    Issue.record("\(error)")
  }
  return nil
}

let batchNames = (1...5).map { "data_batch_\($0)" } + ["test_batch"]

/// Six files of a few random images each, in the records of the official binary version.
struct SmallCIFAR {
  let records: [[UInt8]]

  init(imagesPerFile: Int = 4, seed: UInt64 = 1) {
    records = (0..<6).map { file in
      var bytes: [UInt8] = []
      for image in file * imagesPerFile..<(file + 1) * imagesPerFile {
        bytes.append(UInt8(image % 10))
        bytes += randomBytes(3072, seed: seed + UInt64(image))
      }
      return bytes
    }
  }

  func writeBinary(to folder: String) throws {
    for (name, bytes) in zip(batchNames, records) { try write(bytes, "\(folder)/\(name).bin") }
  }

  func writePython(to folder: String, columnMajor: Bool = false) throws {
    for (name, bytes) in zip(batchNames, records) {
      try write(PickleWriter.batch(bytes, columnMajor: columnMajor), "\(folder)/\(name)")
    }
  }

  func archive() -> [UInt8] {
    var tar = Tar()
    tar.addFolder("cifar-10-batches-bin/")
    for (name, bytes) in zip(batchNames, records) { tar.add("cifar-10-batches-bin/\(name).bin", bytes) }
    // An archive of both layouts has two of them.
    for layout in ["bin", "py"] { tar.add("cifar-10-batches-\(layout)/readme.html", Array("<html>".utf8)) }
    return gzip(tar.finished)
  }

  /// Digests by which this data set counts as genuine.
  func reference() throws -> CIFAR10Reference {
    try withFolder { folder in
      try writeBinary(to: folder)
      let report = try DataVerification.verify(DataDirectory(path: folder))
      return CIFAR10Reference(
        files: Dictionary(uniqueKeysWithValues: zip(batchNames, report.files.map(\.sha256))),
        train: report.train.unorderedDigest, test: report.test.unorderedDigest)
    }
  }
}

/// SHA-256 by coreutils, in hexadecimal: an implementation other than the one under test.
func sha256Sum(_ bytes: [UInt8]) throws -> String {
  try withFolder { folder in
    try write(bytes, folder + "/bytes")
    let process = Process()
    let output = Pipe()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/sha256sum")
    process.arguments = [folder + "/bytes"]
    process.standardOutput = output
    try process.run()
    let line = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    return String(line.prefix(64))
  }
}

/// The real CIFAR-10, where `TPSNET_DATA` says it is.
enum RealCIFAR {
  static let directory = DataDirectory.resolve()
  static let isPresent =
    ProcessInfo.processInfo.environment["TPSNET_DATA"] != nil
    && FileManager.default.fileExists(atPath: directory.path + "/cifar-10-batches-bin/test_batch.bin")
}

/// An image set of random pixels whose labels are 0, 1, …, classes − 1 in turn.
func randomSet(_ count: Int, side: Int = 32, classes: Int = 10, seed: UInt64 = 3) throws -> ImageSet {
  try ImageSet(
    pixels: randomBytes(count * 3 * side * side, seed: seed), labels: (0..<count).map { Int32($0 % classes) },
    height: side, width: side, classNames: (0..<classes).map { "class \($0)" })
}

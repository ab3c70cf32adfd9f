// What is fuzzed: the readers of files that come from elsewhere, and the valid files to start from.
import Datasets
import Formats
import Foundation
import Models

/// A reader with its valid files.
struct Subject {
  let name: String
  let files: [[UInt8]]
  /// Makes checksums right, where the format has some.
  var repair: ([UInt8]) -> [UInt8] = { $0 }
  /// Reads the bytes, or throws.
  let read: ([UInt8]) throws -> Void

  /// All of them, from the fixtures of the tests; files that have to lie on a disk are written to `scratch`.
  static func all(fixtures: URL, scratch: URL) throws -> [Subject] {
    func files(_ names: String...) throws -> [[UInt8]] {
      try names.map { [UInt8](try Data(contentsOf: fixtures.appendingPathComponent($0))) }
    }
    return [
      Subject(
        name: "safetensors",
        files: try files("safetensors/python.safetensors", "torch/tensors.safetensors").map(unchecked),
        read: readWeights),
      Subject(
        name: "pt", files: try files("torch/tensors.pt", "torch/module.pt", "torch/scripted.pt", "torch/legacy.pt"),
        repair: Repair.zip, read: readWeights),
      Subject(
        name: "png", files: try files("pictures/picture.png", "pictures/turned-6.png"), repair: Repair.png,
        read: readPicture),
      Subject(name: "jpeg", files: try files("pictures/turned-6.jpg"), read: readPicture),
      Subject(
        name: "webp",
        files: try files(
          "pictures/lossless.webp", "pictures/lossy.webp", "pictures/transparent.webp", "pictures/animated.webp",
          "pictures/turned-6.webp"),
        read: readPicture),
      try dataset("cifar", in: scratch, files: files("datasets/data_batch_1.bin"), names: batches.map { $0 + ".bin" }) {
        _ = try CIFAR10.load(from: DataDirectory(path: $0))
      },
      try dataset("cifar-python", in: scratch, files: files("datasets/data_batch_1"), names: batches) {
        _ = try CIFAR10.load(from: DataDirectory(path: $0))
      },
      try idx("images-idx3", "", fixtures, scratch), try idx("images-idx3", ".gz", fixtures, scratch),
      try idx("labels-idx1", "", fixtures, scratch), try idx("labels-idx1", ".gz", fixtures, scratch),
    ]
  }

  private static let batches = (1...5).map { "data_batch_\($0)" } + ["test_batch"]

  /// A checksum would catch all damage before anything else saw it.
  private static func unchecked(_ file: [UInt8]) throws -> [UInt8] {
    var copy = SafetensorsFile()
    for tensor in try SafetensorsFile(Data(file)).tensors {
      try copy.add(tensor.name, type: tensor.type, shape: tensor.shape, bytes: tensor.bytes)
    }
    var data = copy.serialized()
    let key = Data("\"\(SafetensorsFile.checksumKey)\":\"".utf8)
    if let start = data.range(of: key), let end = data[start.upperBound...].firstIndex(of: UInt8(ascii: "\"")) {
      data.replaceSubrange(
        start.lowerBound...end, with: repeatElement(UInt8(ascii: " "), count: end - start.lowerBound + 1))
    }
    return [UInt8](data)
  }

  /// Weights, and the network that they describe.
  private static func readWeights(_ bytes: [UInt8]) throws {
    let file = try SafetensorsFile(weights: Data(bytes))
    for tensor in file.tensors { _ = try? file.floats(named: tensor.name) }
    _ = try? ResNetSpec(shapes: Dictionary(file.tensors.map { ($0.name, $0.shape) }) { $1 }).graph()
  }

  private static func readPicture(_ bytes: [UInt8]) throws {
    _ = try ImageDecoder.decode(bytes: bytes).fitted(toSide: 32)
  }

  /// A data set whose first file is the damaged one.
  private static func dataset(
    _ name: String, in scratch: URL, files: [[UInt8]], names: [String], load: @escaping (String) throws -> Void
  ) throws -> Subject {
    let folder = scratch.appendingPathComponent(name)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    for other in names { try Data(files[0]).write(to: folder.appendingPathComponent(other)) }
    try load(folder.path)
    return Subject(name: name, files: files) { bytes in
      try Data(bytes).write(to: folder.appendingPathComponent(names[0]))
      try load(folder.path)
    }
  }

  /// Fashion-MNIST, of which one file is damaged.
  private static func idx(_ part: String, _ suffix: String, _ fixtures: URL, _ scratch: URL) throws -> Subject {
    let name = "idx-\(part)\(suffix)"
    let folder = scratch.appendingPathComponent(name)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    for file in ["train-images-idx3", "train-labels-idx1", "t10k-images-idx3", "t10k-labels-idx1"] {
      try FileManager.default.copyItem(
        at: fixtures.appendingPathComponent("datasets/\(file)-ubyte\(suffix)"),
        to: folder.appendingPathComponent("\(file)-ubyte\(suffix)"))
    }
    let damaged = folder.appendingPathComponent("train-\(part)-ubyte\(suffix)")
    return Subject(name: name, files: [[UInt8](try Data(contentsOf: damaged))]) { bytes in
      try Data(bytes).write(to: damaged)
      _ = try FashionMNIST.load(fromFolder: folder.path)
    }
  }
}

// Writers of what the readers under test are given: the plainest valid form of each format,
// so that single bytes can be damaged on purpose.
import Formats
import Foundation

func ascii(_ text: String) -> [UInt8] { Array(text.utf8) }

func little(_ value: Int, _ count: Int) -> [UInt8] {
  (0..<count).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
}

/// A ZIP file of stored entries.
struct ZIPWriter {
  private var bytes: [UInt8] = []
  private var directory: [UInt8] = []
  private var count = 0
  /// Whether sizes and places are written as 64-bit numbers.
  let isLarge: Bool

  init(isLarge: Bool = false) {
    self.isLarge = isLarge
  }

  mutating func add(_ name: String, _ content: [UInt8], method: Int = 0) {
    let header = bytes.count
    let check = little(Int(CRC32(.ethernet, of: content).value), 4)
    let size = little(content.count, 4)
    let common = little(20, 2) + little(0, 2) + little(method, 2) + little(0, 4) + check
    bytes += ascii("PK\u{3}\u{4}") + common + size + size + little(name.utf8.count, 2) + little(3, 2) + ascii(name)
    bytes += [0, 0, 0] + content
    let large =
      isLarge ? little(1, 2) + little(24, 2) + [content.count, content.count, header].flatMap { little($0, 8) } : []
    let all = [UInt8](repeating: 0xFF, count: 4)
    directory += ascii("PK\u{1}\u{2}") + little(20, 2) + common + (isLarge ? all + all : size + size)
    directory += little(name.utf8.count, 2) + little(large.count, 2) + little(0, 10)
    directory += (isLarge ? all : little(header, 4)) + ascii(name) + large
    count += 1
  }

  var data: Data {
    var end: [UInt8] = []
    if isLarge {
      end += ascii("PK\u{6}\u{6}") + little(44, 8) + little(0, 12) + little(count, 8) + little(count, 8)
      end += little(directory.count, 8) + little(bytes.count, 8)
      end += ascii("PK\u{6}\u{7}") + little(0, 4) + little(bytes.count + directory.count, 8) + little(1, 4)
    }
    let counts = isLarge ? [UInt8](repeating: 0xFF, count: 4) : little(count, 2) + little(count, 2)
    end += ascii("PK\u{5}\u{6}") + little(0, 4) + counts
    end += isLarge ? [UInt8](repeating: 0xFF, count: 8) : little(directory.count, 4) + little(bytes.count, 4)
    return Data(bytes + directory + end + little(0, 2))
  }
}

/// A file as `torch.save` writes it, of one tensor "w" unless told otherwise.
struct TorchWriter {
  /// The code of a float tensor of one storage; numbers are below 256 or given as code.
  static func tensor(
    type: String = "FloatStorage", key: String = "0", count: [UInt8] = [0x4B, 4], offset: [UInt8] = [0x4B, 0],
    shape: [UInt8] = [0x28, 0x4B, 2, 0x4B, 2, 0x74], strides: [UInt8] = [0x28, 0x4B, 2, 0x4B, 1, 0x74]
  ) -> [UInt8] {
    ascii("ctorch._utils\n_rebuild_tensor_v2\n((U\u{7}storagectorch\n\(type)\nU\u{1}\(key)U\u{3}cpu") + count
      + ascii("tQ") + offset + shape + strides + [0x89] + ascii("ccollections\nOrderedDict\n)RtR")
  }

  /// The code of a dictionary of tensors.
  static func dictionary(_ values: [(String, [UInt8])]) -> [UInt8] {
    ascii("}(") + values.flatMap { ascii("U") + [UInt8($0.0.utf8.count)] + ascii($0.0) + $0.1 } + ascii("u")
  }

  /// The file with the pickle `code` and the storages given.
  static func file(_ code: [UInt8], storages: [String: [UInt8]] = ["0": values], isLarge: Bool = false) -> Data {
    var zip = ZIPWriter(isLarge: isLarge)
    zip.add("w/data.pkl", [0x80, 2] + code + ascii("."))
    zip.add("w/byteorder", ascii("little"))
    for (key, bytes) in storages.sorted(by: { $0.key < $1.key }) { zip.add("w/data/\(key)", bytes) }
    return zip.data
  }

  /// 1, 2, 3, 4 as floats.
  static let values = [1, 2, 3, 4].flatMap { little(Int(Float($0).bitPattern), 4) }
}

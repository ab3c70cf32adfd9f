// The entries of a ZIP file that lie in it uncompressed, as `torch.save` writes them, in place: a general reader of
// archives would copy them. The directory at the file's end alone is trusted to say what there is, after checks.
import Foundation

/// What is wrong with an archive.
struct ZIPError: Error {
  let reason: String
}

/// A ZIP file in memory (with the 64-bit extensions; without compression and encryption).
struct ZIPArchive {
  private struct Entry {
    let header: Int
    let size: Int
    let checksum: UInt32
    let isStored: Bool
  }

  private let data: Data
  private var entries: [String: Entry] = [:]

  /// Whether `data` starts as a ZIP file does.
  static func isOne(_ data: Data) -> Bool { data.starts(with: [0x50, 0x4B, 0x03, 0x04]) }

  /// The names of the entries.
  var names: some Collection<String> { entries.keys }

  /// Reads the directory. Throws `ZIPError` where it is damaged, points out of the file or names an entry twice.
  init(_ data: Data) throws(ZIPError) {
    self.data = data
    var (position, count) = try directory()
    while count > 0 {
      guard number(position, UInt32.self) == 0x0201_4B50, let flags = number(position + 8, UInt16.self),
        let method = number(position + 10, UInt16.self), let checksum = number(position + 16, UInt32.self),
        let nameLength = length(position + 28), let extraLength = length(position + 30),
        let commentLength = length(position + 32),
        let name = bytes(position + 46, nameLength).flatMap({ String(validating: $0, as: UTF8.self) })
      else { throw ZIPError(reason: "its directory of entries is damaged") }
      let (header, size) = try place(of: name, position, extra: position + 46 + nameLength, extraLength)
      let entry = Entry(
        header: header, size: size, checksum: checksum, isStored: method == 0 && flags & 1 == 0)
      guard entries.updateValue(entry, forKey: name) == nil else {
        throw ZIPError(reason: "it has two entries \(name.debugDescription)")
      }
      position += 46 + nameLength + extraLength + commentLength
      count -= 1
    }
  }

  /// The content of the entry `name`, nil where there is none, checked against its checksum. It shares the archive's
  /// memory.
  func content(of name: String) throws(ZIPError) -> Data? {
    guard let entry = entries[name] else { return nil }
    let quoted = name.debugDescription
    guard entry.isStored else { throw ZIPError(reason: "its entry \(quoted) is compressed or encrypted") }
    guard number(entry.header, UInt32.self) == 0x0403_4B50, let nameLength = length(entry.header + 26),
      let extraLength = length(entry.header + 28),
      let content = bytes(entry.header + 30 + nameLength + extraLength, entry.size)
    else { throw ZIPError(reason: "its entry \(quoted) is cut off") }
    // PyTorch writes 0 where it was told not to compute checksums.
    guard entry.checksum != 0 else { return content }
    var crc = CRC32(.ethernet)
    content.withUnsafeBytes { crc.update($0) }
    guard crc.value == entry.checksum else { throw ZIPError(reason: "its entry \(quoted) fails its checksum") }
    return content
  }

  // MARK: The directory

  /// Where the directory starts and how many entries it has: told at the end of the file, before a comment.
  private func directory() throws(ZIPError) -> (position: Int, count: Int) {
    let last = data.count - 22
    let end = stride(from: last, through: max(0, last - 0xFFFF), by: -1).first {
      number($0, UInt32.self) == 0x0605_4B50 && length($0 + 20) == last - $0
    }
    guard let end, let count = number(end + 10, UInt16.self), let offset = number(end + 16, UInt32.self) else {
      throw ZIPError(reason: "it has no directory of entries: it is cut off")
    }
    guard count == .max || offset == .max else { return (Int(offset), Int(count)) }
    guard number(end - 20, UInt32.self) == 0x0706_4B50, let large = offset64(end - 12),
      number(large, UInt32.self) == 0x0606_4B50, let count = offset64(large + 32), let offset = offset64(large + 48)
    else { throw ZIPError(reason: "its directory of entries is damaged") }
    return (offset, count)
  }

  /// Where the local header of an entry is and how long its content; what needs 64 bits is in the extra fields.
  private func place(
    of name: String, _ position: Int, extra: Int, _ extraLength: Int
  ) throws(ZIPError) -> (header: Int, size: Int) {
    guard let stored = number(position + 20, UInt32.self), let size = number(position + 24, UInt32.self),
      let header = number(position + 42, UInt32.self), bytes(extra, extraLength) != nil
    else { throw ZIPError(reason: "its directory of entries is damaged") }
    var large: [Int?] = []
    var field = extra
    while field + 4 <= extra + extraLength, let kind = number(field, UInt16.self), let size = length(field + 2) {
      let end = field + 4 + size
      if kind == 1, end <= extra + extraLength {
        large = stride(from: field + 4, through: end - 8, by: 8).map(offset64)
      }
      field = end
    }
    var values: [Int] = []
    for value in [size, stored, header] {
      guard value == .max else {
        values.append(Int(value))
        continue
      }
      guard let first = large.first, let first else {
        throw ZIPError(reason: "its entry \(name.debugDescription) has no place in the file")
      }
      values.append(first)
      large.removeFirst()
    }
    return (values[2], values[0])
  }

  // MARK: Numbers in the file

  private func bytes(_ offset: Int, _ count: Int) -> Data? {
    guard offset >= 0, count >= 0, offset <= data.count, count <= data.count - offset else { return nil }
    return data[data.startIndex + offset..<data.startIndex + offset + count]
  }

  private func number<T: FixedWidthInteger & BitwiseCopyable>(_ offset: Int, _ type: T.Type) -> T? {
    guard offset >= 0, offset <= data.count - MemoryLayout<T>.size else { return nil }
    return data.withUnsafeBytes { T(littleEndian: $0.loadUnaligned(fromByteOffset: offset, as: T.self)) }
  }

  private func length(_ offset: Int) -> Int? { number(offset, UInt16.self).map(Int.init) }

  /// A 64-bit number that is at most the size of the file, as all are that can be right.
  private func offset64(_ offset: Int) -> Int? {
    number(offset, UInt64.self).flatMap { $0 <= UInt64(data.count) ? Int($0) : nil }
  }
}

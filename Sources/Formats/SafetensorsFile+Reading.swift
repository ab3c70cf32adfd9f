// Bytes to a safetensors file. Nothing in the bytes is trusted: every length, offset and shape is checked before
// use, and the tensors must cover the data exactly, each byte once.
public import Foundation

extension SafetensorsFile {
  /// The longest header that is read, as in the reference implementation.
  static let longestHeader = 100_000_000

  /// Reads the file at `url`.
  public init(contentsOf url: URL) throws(SafetensorsError) {
    let data: Data
    do throws(FileError) {
      data = try AtomicFile.read(url)
    } catch {
      throw SafetensorsError(.file(error), path: url.path)
    }
    do throws(SafetensorsError) {
      try self.init(data)
    } catch {
      throw SafetensorsError(error.problem, path: url.path)
    }
  }

  /// Reads the bytes of a file; the tensors share them rather than copy them.
  public init(_ data: Data) throws(SafetensorsError) {
    let header = try Self.header(of: data)
    let content = data.dropFirst(8 + header.byteCount)
    self.init(metadata: header.metadata)

    try Self.checkCoverage(of: content.count, by: header.entries)
    for entry in header.entries {
      let begin = content.startIndex + entry.begin
      try add(entry.name, type: entry.type, shape: entry.shape, bytes: content[begin..<begin + entry.byteCount])
    }
    if let expected = metadata.removeValue(forKey: Self.checksumKey) {
      let found = checksum
      guard expected == found else { throw SafetensorsError(.corrupt(expected: expected, found: found)) }
    }
  }

  private static func header(of data: Data) throws(SafetensorsError) -> SafetensorsHeader {
    guard data.count >= 8 else { throw malformed("it has \(data.count) bytes, fewer than the eight of a length") }
    let length = data.withUnsafeBytes { UInt64(littleEndian: $0.loadUnaligned(as: UInt64.self)) }
    guard length <= longestHeader else {
      throw malformed("its header would have \(length) bytes: no weights, or damaged ones")
    }
    guard length <= data.count - 8 else {
      throw malformed("it ends within its header of \(length) bytes: \(data.count) bytes in all")
    }
    return try SafetensorsHeader([UInt8](data.dropFirst(8).prefix(Int(length))))
  }

  /// Tensors may be listed in any order, but together cover the data without gaps and overlaps.
  private static func checkCoverage(
    of count: Int, by entries: [SafetensorsHeader.Entry]
  ) throws(SafetensorsError) {
    var end = 0
    for entry in entries.sorted(by: { ($0.begin, $0.end) < ($1.begin, $1.end) }) {
      guard entry.begin == end else {
        throw malformed(
          "tensor \(entry.name.debugDescription) starts at byte \(entry.begin) of the data where \(end) is due")
      }
      end = entry.end
    }
    guard end == count else { throw malformed("its tensors take \(end) bytes, but \(count) follow the header") }
  }

  static func malformed(_ reason: String) -> SafetensorsError { SafetensorsError(.malformed(reason)) }
}

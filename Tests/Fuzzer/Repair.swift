// Checksums made right again after the damage, so that it reaches the code behind them.
import Formats

enum Repair {
  /// A PNG whose chunks have the checks of what is in them.
  static func png(_ bytes: [UInt8]) -> [UInt8] {
    var bytes = bytes
    var position = 8
    while position + 12 <= bytes.count {
      let length = bytes[position..<position + 4].reduce(0) { $0 << 8 | Int($1) }
      guard length <= bytes.count - position - 12 else { break }
      let end = position + 8 + length
      write(CRC32(.ethernet, of: bytes[position + 4..<end]).value.bigEndian, at: end, &bytes)
      position = end + 4
    }
    return bytes
  }

  /// A ZIP file whose directory has the checks of what the entries hold.
  static func zip(_ bytes: [UInt8]) -> [UInt8] {
    var bytes = bytes
    func number(_ position: Int, _ count: Int) -> Int {
      guard position >= 0, position + count <= bytes.count else { return 0 }
      return bytes[position..<position + count].reversed().reduce(0) { $0 << 8 | Int($1) }
    }
    for position in stride(from: 0, to: bytes.count - 46, by: 1) where number(position, 4) == 0x0201_4B50 {
      let header = number(position + 42, 4)
      let start = header + 30 + number(header + 26, 2) + number(header + 28, 2)
      let size = number(position + 24, 4)
      guard start <= bytes.count, size <= bytes.count - start else { continue }
      write(CRC32(.ethernet, of: bytes[start..<start + size]).value.littleEndian, at: position + 16, &bytes)
    }
    return bytes
  }

  private static func write(_ value: UInt32, at position: Int, _ bytes: inout [UInt8]) {
    withUnsafeBytes(of: value) { bytes.replaceSubrange(position..<position + 4, with: $0) }
  }
}

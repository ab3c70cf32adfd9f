// Cyclic redundancy checks of 32 bits, eight bytes a step: of weight files, of TensorBoard's records and of ZIP entries.
// The tables follow Kounavis and Berry, "A systematic approach to building high performance, software-based CRC".

/// A running check of the bytes given so far.
package struct CRC32: Sendable {
  /// A generator polynomial.
  package enum Polynomial: Sendable {
    /// CRC-32C: weight files, TensorBoard.
    case castagnoli
    /// CRC-32: ZIP, PNG.
    case ethernet

    fileprivate var tables: [UInt32] { self == .castagnoli ? CRC32.castagnoli : CRC32.ethernet }
  }

  private static let castagnoli = tables(reversed: 0x82F6_3B78)
  private static let ethernet = tables(reversed: 0xEDB8_8320)

  /// Eight tables of 256: entry `256·k + b` is the effect of byte `b` followed by `k` zero bytes.
  private static func tables(reversed polynomial: UInt32) -> [UInt32] {
    var tables = [UInt32](repeating: 0, count: 8 * 256)
    for byte in 0..<256 {
      var remainder = UInt32(byte)
      for _ in 0..<8 { remainder = (remainder >> 1) ^ (remainder & 1 == 1 ? polynomial : 0) }
      tables[byte] = remainder
    }
    for index in 256..<tables.count {
      let shorter = tables[index - 256]
      tables[index] = (shorter >> 8) ^ tables[Int(shorter & 0xFF)]
    }
    return tables
  }

  private let tables: [UInt32]
  private var state: UInt32 = .max

  /// The check of no bytes.
  package init(_ polynomial: Polynomial) {
    tables = polynomial.tables
  }

  /// The check of `bytes`.
  package init(_ polynomial: Polynomial, of bytes: some Sequence<UInt8>) {
    self.init(polynomial)
    update(bytes)
  }

  /// The CRC of the bytes so far.
  package var value: UInt32 { ~state }

  /// The CRC as weights and checkpoints note it; of the polynomial `castagnoli`.
  package var text: String { "crc32c:" + String(value, radix: 16) }

  /// Takes in the next `bytes`.
  package mutating func update(_ bytes: some Sequence<UInt8>) {
    let contiguous: Void? = bytes.withContiguousStorageIfAvailable { update(UnsafeRawBufferPointer($0)) }
    if contiguous == nil { Array(bytes).withUnsafeBytes { update($0) } }
  }

  /// Takes in the next `bytes`, read where they are.
  package mutating func update(_ bytes: UnsafeRawBufferPointer) {
    var state = state
    tables.withUnsafeBufferPointer { tables in
      var offset = 0
      while offset + 8 <= bytes.count {
        let word = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self)) ^ UInt64(state)
        state = 0
        for byte in 0..<8 { state ^= tables[256 * (7 - byte) + Int((word >> (8 * UInt64(byte))) & 0xFF)] }
        offset += 8
      }
      for byte in bytes[offset...] { state = (state >> 8) ^ tables[Int(UInt8(truncatingIfNeeded: state) ^ byte)] }
    }
    self.state = state
  }
}

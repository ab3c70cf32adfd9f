// CRC-32C (Castagnoli), eight bytes a step: the check of weight files and of TensorBoard's records.
// The tables follow Kounavis and Berry, "A systematic approach to building high performance, software-based CRC".

/// A running CRC-32C of the bytes given so far.
public struct CRC32C: Sendable {
  /// Eight tables of 256: entry `256·k + b` is the effect of byte `b` followed by `k` zero bytes.
  private static let tables: [UInt32] = {
    var tables = [UInt32](repeating: 0, count: 8 * 256)
    for byte in 0..<256 {
      var remainder = UInt32(byte)
      for _ in 0..<8 { remainder = (remainder >> 1) ^ (remainder & 1 == 1 ? 0x82F6_3B78 : 0) }
      tables[byte] = remainder
    }
    for index in 256..<tables.count {
      let shorter = tables[index - 256]
      tables[index] = (shorter >> 8) ^ tables[Int(shorter & 0xFF)]
    }
    return tables
  }()

  private var state: UInt32 = .max

  /// The check of no bytes.
  public init() {}

  /// The check of `bytes`.
  public init(_ bytes: some Sequence<UInt8>) {
    update(bytes)
  }

  /// The CRC of the bytes so far.
  public var value: UInt32 { ~state }

  /// Takes in the next `bytes`.
  public mutating func update(_ bytes: some Sequence<UInt8>) {
    let contiguous: Void? = bytes.withContiguousStorageIfAvailable { update(UnsafeRawBufferPointer($0)) }
    if contiguous == nil { Array(bytes).withUnsafeBytes { update($0) } }
  }

  /// Takes in the next `bytes`, read where they are.
  public mutating func update(_ bytes: UnsafeRawBufferPointer) {
    var state = state
    Self.tables.withUnsafeBufferPointer { tables in
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

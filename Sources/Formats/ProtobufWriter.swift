// Protocol Buffers' wire format, as far as ONNX models and TensorBoard's events need it:
// <https://protobuf.dev/programming-guides/encoding/>.
import Foundation

/// The bytes of a message, field by field.
struct ProtobufWriter {
  private(set) var data = Data()

  /// The message that `body` writes.
  static func message(_ body: (inout ProtobufWriter) -> Void) -> Data {
    var writer = ProtobufWriter()
    body(&writer)
    return writer.data
  }

  /// A whole number, or an enumeration's.
  mutating func integer(_ field: Int, _ value: Int) {
    key(field, type: 0)
    varint(UInt64(bitPattern: Int64(value)))
  }

  mutating func float(_ field: Int, _ value: Float) {
    key(field, type: 5)
    withUnsafeBytes(of: value.bitPattern.littleEndian) { data.append(contentsOf: $0) }
  }

  mutating func double(_ field: Int, _ value: Double) {
    key(field, type: 1)
    withUnsafeBytes(of: value.bitPattern.littleEndian) { data.append(contentsOf: $0) }
  }

  mutating func string(_ field: Int, _ value: String) { bytes(field, Data(value.utf8)) }

  mutating func bytes(_ field: Int, _ value: Data) {
    key(field, type: 2)
    varint(UInt64(value.count))
    data.append(value)
  }

  /// A message inside this one.
  mutating func message(_ field: Int, _ body: (inout ProtobufWriter) -> Void) { bytes(field, Self.message(body)) }

  private mutating func key(_ field: Int, type: Int) { varint(UInt64(field << 3 | type)) }

  private mutating func varint(_ value: UInt64) {
    var rest = value
    while rest >= 0x80 {
      data.append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    data.append(UInt8(rest))
  }
}

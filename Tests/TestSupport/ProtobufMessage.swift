// A reader of protobuf messages, apart from the writer under test: fields by number, without a schema.
public import Foundation

/// The fields of a message.
public struct ProtobufMessage {
  /// A field's value as it is on the wire.
  public enum Value {
    case integer(UInt64)
    case fixed(UInt64)
    case bytes(Data)
  }

  /// What is no message.
  public struct Malformed: Error {}

  private var fields: [(number: Int, value: Value)] = []

  /// Reads all of `data`.
  public init(_ data: Data) throws {
    var rest = [UInt8](data)[...]
    func take(_ count: Int) throws -> ArraySlice<UInt8> {
      guard count <= rest.count else { throw Malformed() }
      defer { rest = rest.dropFirst(count) }
      return rest.prefix(count)
    }
    func varint() throws -> UInt64 {
      var (value, shift) = (UInt64(0), UInt64(0))
      while let byte = try take(1).first {
        guard shift < 64 else { throw Malformed() }
        value |= UInt64(byte & 0x7F) << shift
        shift += 7
        if byte < 0x80 { break }
      }
      return value
    }
    func fixed(_ count: Int) throws -> UInt64 { try take(count).reversed().reduce(0) { $0 << 8 | UInt64($1) } }
    while !rest.isEmpty {
      let key = try varint()
      let value: Value
      switch key & 7 {
      case 0: value = .integer(try varint())
      case 1: value = .fixed(try fixed(8))
      case 2: value = .bytes(Data(try take(Int(varint()))))
      case 5: value = .fixed(try fixed(4))
      default: throw Malformed()
      }
      fields.append((Int(key >> 3), value))
    }
  }

  /// All whole numbers of a field.
  public func integers(_ field: Int) -> [Int] {
    values(field).compactMap { if case .integer(let value) = $0 { Int(truncatingIfNeeded: value) } else { nil } }
  }

  /// All contents of a field.
  public func data(_ field: Int) -> [Data] {
    values(field).compactMap { if case .bytes(let value) = $0 { value } else { nil } }
  }

  /// All texts of a field.
  public func strings(_ field: Int) -> [String] { data(field).map { String(decoding: $0, as: UTF8.self) } }

  /// All messages of a field.
  public func messages(_ field: Int) throws -> [ProtobufMessage] { try data(field).map { try ProtobufMessage($0) } }

  /// The first message of a field.
  public func message(_ field: Int) throws -> ProtobufMessage? { try messages(field).first }

  /// The first number of a field of four bytes.
  public func float(_ field: Int) -> Float? { bits(field).map { Float(bitPattern: UInt32(truncatingIfNeeded: $0)) } }

  /// The first number of a field of eight bytes.
  public func double(_ field: Int) -> Double? { bits(field).map { Double(bitPattern: $0) } }

  private func bits(_ field: Int) -> UInt64? {
    if case .fixed(let bits)? = values(field).first { bits } else { nil }
  }

  private func values(_ field: Int) -> [Value] { fields.filter { $0.number == field }.map(\.value) }
}

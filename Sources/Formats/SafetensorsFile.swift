// A safetensors file as a value: named tensors of raw little-endian bytes, and a map of strings.
// Reading and writing are in the extensions beside this file.
public import Foundation

/// The content of a safetensors file: <https://github.com/huggingface/safetensors#format>.
///
/// Invariants: names are unique, and every tensor has exactly the bytes that its type and shape call for.
public struct SafetensorsFile: Equatable, Sendable {
  /// The types of elements, under the names of the format.
  public enum DataType: String, CaseIterable, Sendable {
    case bool = "BOOL"
    case uint8 = "U8"
    case int8 = "I8"
    case float8e5m2 = "F8_E5M2"
    case float8e4m3 = "F8_E4M3"
    case int16 = "I16"
    case uint16 = "U16"
    case float16 = "F16"
    case bfloat16 = "BF16"
    case int32 = "I32"
    case uint32 = "U32"
    case float32 = "F32"
    case int64 = "I64"
    case uint64 = "U64"
    case float64 = "F64"

    /// The bytes of one element.
    public var size: Int {
      switch self {
      case .bool, .uint8, .int8, .float8e5m2, .float8e4m3: 1
      case .int16, .uint16, .float16, .bfloat16: 2
      case .int32, .uint32, .float32: 4
      case .int64, .uint64, .float64: 8
      }
    }

    /// The bytes of a tensor of `shape`, or nil where a dimension is negative or the product overflows.
    func byteCount(of shape: [Int]) -> Int? {
      var count = size
      for dimension in shape {
        let (product, overflow) = count.multipliedReportingOverflow(by: dimension)
        guard dimension >= 0, !overflow else { return nil }
        count = product
      }
      return count
    }
  }

  /// One tensor, elements in row-major order.
  public struct Tensor: Equatable, Sendable {
    /// The name, such as "layer1.0.conv1.weight".
    public let name: String
    /// The type of the elements.
    public let type: DataType
    /// The dimensions, outermost first; none for a scalar.
    public let shape: [Int]
    /// The elements' little-endian bytes.
    public let bytes: Data
  }

  /// The metadata key of the checksum, which this type writes, verifies and keeps out of `metadata`.
  public static let checksumKey = "tpsnet.checksum"
  /// The name that the format keeps for the metadata.
  static let metadataName = "__metadata__"

  /// The tensors, in the order in which they were added or are listed in the file's header.
  public private(set) var tensors: [Tensor] = []
  /// Whatever else the file tells, as strings.
  public var metadata: [String: String]
  private var positions: [String: Int] = [:]

  /// A file without tensors.
  public init(metadata: [String: String] = [:]) {
    self.metadata = metadata
  }

  /// Files are equal that have the same tensors in the same order, and the same metadata.
  public static func == (left: Self, right: Self) -> Bool {
    left.tensors == right.tensors && left.metadata == right.metadata
  }

  /// The tensor called `name`, if there is one.
  public subscript(name: String) -> Tensor? {
    positions[name].map { tensors[$0] }
  }

  /// Adds a tensor of raw bytes.
  public mutating func add(_ name: String, type: DataType, shape: [Int], bytes: Data) throws(SafetensorsError) {
    guard name != Self.metadataName else { throw invalid(name, "the format keeps this name for its metadata") }
    guard positions[name] == nil else { throw invalid(name, "the name is taken already") }
    guard let expected = type.byteCount(of: shape) else { throw invalid(name, "shape \(shape) is impossible") }
    guard expected == bytes.count else {
      throw invalid(name, "\(type.rawValue) of shape \(shape) takes \(expected) bytes, not \(bytes.count)")
    }
    positions[name] = tensors.count
    tensors.append(Tensor(name: name, type: type, shape: shape, bytes: bytes))
  }

  private func invalid(_ name: String, _ reason: String) -> SafetensorsError {
    SafetensorsError(.invalid(name: name, reason: reason))
  }

  /// The order in which tensors are laid out: larger elements first, so that all are aligned to their size.
  var layout: [Int] {
    tensors.indices.sorted { left, right in
      let sizes = (tensors[left].type.size, tensors[right].type.size)
      return sizes.0 != sizes.1 ? sizes.0 > sizes.1 : left < right
    }
  }

  /// The checksum recorded in files: CRC-32C of names, types, shapes, bytes and metadata, in the order of the
  /// names, so that it survives programs that reorder tensors without changing them.
  var checksum: String {
    var crc = CRC32(.castagnoli)
    for tensor in tensors.sorted(by: { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }) {
      crc.update("\(tensor.name)\0\(tensor.type.rawValue)\(tensor.shape)\0".utf8)
      tensor.bytes.withUnsafeBytes { crc.update($0) }
    }
    for (key, value) in sortedMetadata { crc.update("\(key)\0\(value)\0".utf8) }
    return crc.text
  }

  /// The metadata but for the checksum, in the order of the keys.
  var sortedMetadata: [(key: String, value: String)] {
    metadata.filter { $0.key != Self.checksumKey }.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
  }
}

// Tensors as arrays of numbers: the conversions that weights, optimizer state and logits need.
// Elements are copied as blocks of memory, which relies on a little-endian machine (all that Swift runs on are).
import Foundation

extension SafetensorsFile {
  /// The elements of the F32, F64, F16 or BF16 tensor called `name`, as Float.
  public func floats(named name: String) throws(SafetensorsError) -> [Float] {
    let tensor = try existing(name)
    return switch tensor.type {
    case .float32: elements(of: tensor)
    case .float64: (elements(of: tensor) as [Double]).map { Float($0) }
    case .float16: (elements(of: tensor) as [UInt16]).map { Float(Float16(bitPattern: $0)) }
    case .bfloat16: (elements(of: tensor) as [UInt16]).map { Float(bfloat16: $0) }
    default: throw SafetensorsError(.type(name: name, found: tensor.type, expected: "F32, F64, F16 or BF16"))
    }
  }

  /// The elements of the I64 tensor called `name`.
  public func int64s(named name: String) throws(SafetensorsError) -> [Int64] {
    let tensor = try existing(name)
    guard tensor.type == .int64 else {
      throw SafetensorsError(.type(name: name, found: tensor.type, expected: "I64"))
    }
    return elements(of: tensor)
  }

  /// Adds an F32 tensor.
  public mutating func add(_ name: String, shape: [Int], floats: [Float]) throws(SafetensorsError) {
    try add(name, type: .float32, shape: shape, bytes: floats.withUnsafeBytes { Data($0) })
  }

  /// Adds an F32 tensor that is part of a larger buffer.
  public mutating func add(
    _ name: String, shape: [Int], floats: UnsafeBufferPointer<Float>
  ) throws(SafetensorsError) {
    try add(name, type: .float32, shape: shape, bytes: Data(buffer: floats))
  }

  /// Adds a BF16 tensor of the bit patterns `bfloat16s`.
  public mutating func add(_ name: String, shape: [Int], bfloat16s: [UInt16]) throws(SafetensorsError) {
    try add(name, type: .bfloat16, shape: shape, bytes: bfloat16s.withUnsafeBytes { Data($0) })
  }

  /// Adds an I64 tensor.
  public mutating func add(_ name: String, shape: [Int], int64s: [Int64]) throws(SafetensorsError) {
    try add(name, type: .int64, shape: shape, bytes: int64s.withUnsafeBytes { Data($0) })
  }

  private func existing(_ name: String) throws(SafetensorsError) -> Tensor {
    guard let tensor = self[name] else { throw SafetensorsError(.missing(name)) }
    return tensor
  }

  private func elements<Element: BitwiseCopyable>(of tensor: Tensor) -> [Element] {
    let count = tensor.bytes.count / MemoryLayout<Element>.stride
    return Array(unsafeUninitializedCapacity: count) { buffer, initialized in
      tensor.bytes.copyBytes(to: UnsafeMutableRawBufferPointer(buffer))
      initialized = count
    }
  }
}

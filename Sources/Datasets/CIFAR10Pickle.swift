// A file of CIFAR-10's Python version: a pickled dictionary of lists and of one numpy array of bytes,
// as Python 2 wrote it.
import Formats

/// The values under the keys of such a file.
struct CIFAR10Pickle {
  /// A numpy array of unsigned bytes.
  struct Array {
    let shape: [Int]
    /// Whether the first index runs fastest.
    let isColumnMajor: Bool
    let bytes: ArraySlice<UInt8>

    /// The bytes with the last index running fastest (arrays here have one or two dimensions).
    var rowMajorBytes: [UInt8] {
      guard isColumnMajor, shape.count == 2 else { return [UInt8](bytes) }
      let (rows, columns) = (shape[0], shape[1])
      return [UInt8](unsafeUninitializedCapacity: rows * columns) { buffer, filled in
        for row in 0..<rows {
          for column in 0..<columns { buffer[row * columns + column] = bytes[bytes.startIndex + column * rows + row] }
        }
        filled = rows * columns
      }
    }
  }

  private static let reconstruct = "numpy.core.multiarray._reconstruct"
  private static let dtype = "numpy.dtype"
  private static let ndarray = "numpy.ndarray"

  private let path: String
  private let pickle: Pickle
  private let items: [(key: String, value: Pickle.Value)]

  /// Reads a pickle; `path` is for messages. Throws `DatasetError` for anything but the pickles described above.
  init(_ bytes: [UInt8], path: String) throws {
    self.path = path
    do throws(PickleError) {
      pickle = try Pickle(bytes, allowing: [Self.reconstruct, Self.dtype, Self.ndarray])
    } catch {
      throw Self.refusal(error.reason, path)
    }
    guard let items = pickle.items(of: pickle.root) else {
      throw Self.refusal("the pickle is not a dictionary of strings", path)
    }
    self.items = items
  }

  /// The numbers of the list under `key`.
  func integers(_ key: String) throws -> [Int] {
    try list(key).map { value in
      guard case .integer(let number) = value else { throw refusal("'\(key)' holds something else than numbers") }
      return number
    }
  }

  /// The strings of the list under `key`.
  func strings(_ key: String) throws -> [String] {
    try list(key).map { value in
      guard let text = pickle.string(value) else { throw refusal("'\(key)' holds something else than strings") }
      return text
    }
  }

  /// The array under `key`: `_reconstruct(ndarray, …)` with the state (version, shape, dtype, is Fortran, bytes).
  func array(_ key: String) throws -> Array {
    guard let value = value(key), let call = pickle.call(value), call.name == Self.reconstruct,
      case .name(Self.ndarray)? = call.arguments.first
    else { throw refusal("'\(key)' is not an array") }
    guard let parts = call.state.flatMap(pickle.elements), parts.count == 5,
      let shape = pickle.elements(of: parts[1])?.map(Self.extent), case .bool(let isColumnMajor) = parts[3],
      let bytes = pickle.bytes(of: parts[4])
    else { throw refusal("'\(key)' is an array in an unknown state") }
    guard let dtype = pickle.call(parts[2]), dtype.name == Self.dtype,
      dtype.arguments.first.flatMap(pickle.string) == "u1"
    else { throw refusal("'\(key)' is an array of something else than unsigned bytes") }
    guard (1...2).contains(shape.count), shape.allSatisfy({ (0...bytes.count).contains($0) }),
      shape.reduce(1, *) == bytes.count
    else { throw refusal("'\(key)' is an array of shape \(shape) in \(bytes.count) bytes") }
    return Array(shape: shape, isColumnMajor: isColumnMajor, bytes: bytes)
  }

  private static func extent(_ value: Pickle.Value) -> Int {
    if case .integer(let extent) = value { extent } else { -1 }
  }

  private func list(_ key: String) throws -> [Pickle.Value] {
    guard let value = value(key), case .list = value, let elements = pickle.elements(of: value) else {
      throw refusal("'\(key)' is not a list")
    }
    return elements
  }

  private func value(_ key: String) -> Pickle.Value? { items.first { $0.key == key }?.value }

  private func refusal(_ problem: String) -> DatasetError { Self.refusal(problem, path) }

  private static func refusal(_ problem: String, _ path: String) -> DatasetError {
    DatasetError(.invalid, at: path, "not a file of CIFAR-10's Python version: \(problem)", remedy: CIFAR10.remedy)
  }
}

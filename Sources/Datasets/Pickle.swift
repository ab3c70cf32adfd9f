// The reader of the pickles in which CIFAR-10's Python version lies: protocol 2, as Python 2 wrote it.
// It knows the opcodes and the three names that those files use, executes nothing, and refuses all else.

/// A pickled dictionary of byte strings, numbers, lists and numpy arrays of bytes.
///
/// Values refer to lists by number instead of holding them, so no input can nest values deeply, and what is kept is
/// proportional to the size of the file.
struct Pickle {
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

  /// The names that may occur.
  enum Global: String {
    case reconstruct = "numpy.core.multiarray._reconstruct"
    case ndarray = "numpy.ndarray"
    case dtype = "numpy.dtype"
  }

  enum Value {
    case none
    case bool(Bool)
    case integer(Int)
    case string(Range<Int>)
    case global(Global)
    case dtype
    /// Elements, or keys and values in turn, at an index of `elements`.
    case list(Int), tuple(Int), dictionary(Int)
    /// An index of `arrays`.
    case array(Int)
  }

  let path: String
  let bytes: [UInt8]
  var elements: [[Value]] = []
  /// The arrays; nil until their state has been seen.
  var arrays: [Array?] = []
  private var root: Value = .none

  /// Reads a pickle; `path` is for messages. Throws `DatasetError` for anything but the pickles described above.
  init(_ bytes: [UInt8], path: String) throws {
    self.bytes = bytes
    self.path = path
    var machine = PickleMachine()
    root = try machine.run(&self)
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
      guard case .string(let range) = value else { throw refusal("'\(key)' holds something else than strings") }
      return String(decoding: bytes[range], as: UTF8.self)
    }
  }

  /// The array under `key`.
  func array(_ key: String) throws -> Array {
    guard case .array(let index)? = try value(key), let array = arrays[index] else {
      throw refusal("'\(key)' is not an array")
    }
    return array
  }

  private func list(_ key: String) throws -> [Value] {
    guard case .list(let index)? = try value(key) else { throw refusal("'\(key)' is not a list") }
    return elements[index]
  }

  private func value(_ key: String) throws -> Value? {
    guard case .dictionary(let index) = root else { throw refusal("the pickle is not a dictionary") }
    let pairs = elements[index]
    for position in stride(from: 0, to: pairs.count - 1, by: 2) {
      if case .string(let range) = pairs[position], bytes[range].elementsEqual(key.utf8) { return pairs[position + 1] }
    }
    return nil
  }

  func refusal(_ problem: String) -> DatasetError {
    DatasetError(
      .invalid, at: path, "not a file of CIFAR-10's Python version: \(problem)", remedy: CIFAR10.remedy)
  }
}

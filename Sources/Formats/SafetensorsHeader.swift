// The JSON header of a safetensors file, read by its own grammar: a general JSON reader would silently keep one of
// two entries of the same name, and would take numbers that are not whole.

/// What the header lists, checked entry by entry.
struct SafetensorsHeader {
  /// One tensor's place in the data.
  struct Entry {
    let name: String
    let type: SafetensorsFile.DataType
    let shape: [Int]
    let begin: Int
    let end: Int
    var byteCount: Int { end - begin }
  }

  /// The length of the header itself.
  let byteCount: Int
  private(set) var metadata: [String: String] = [:]
  private(set) var entries: [Entry] = []

  /// Reads the header from its bytes.
  init(_ bytes: [UInt8]) throws(SafetensorsError) {
    byteCount = bytes.count
    var scanner = JSONScanner(bytes)
    var names: Set<String> = []
    try scanner.object { scanner, name throws(SafetensorsError) in
      guard names.insert(name).inserted else { throw Self.malformed(name, "is listed twice") }
      if name == SafetensorsFile.metadataName {
        try scanner.object { scanner, key throws(SafetensorsError) in
          let value = try scanner.string()
          guard metadata.updateValue(value, forKey: key) == nil else { throw Self.malformed(key, "is given twice") }
        }
      } else {
        entries.append(try Self.entry(name, from: &scanner))
      }
    }
    try scanner.end()
  }

  private static func entry(_ name: String, from scanner: inout JSONScanner) throws(SafetensorsError) -> Entry {
    var typeName: String?
    var shape: [Int]?
    var offsets: [Int]?
    try scanner.object { scanner, key throws(SafetensorsError) in
      switch key {
      case "dtype" where typeName == nil: typeName = try scanner.string()
      case "shape" where shape == nil: shape = try scanner.integers()
      case "data_offsets" where offsets == nil: offsets = try scanner.integers()
      default: throw malformed(name, "has \(key.debugDescription) unexpectedly")
      }
    }
    guard let typeName, let shape, let offsets else { throw malformed(name, "lacks dtype, shape or data_offsets") }
    guard let type = SafetensorsFile.DataType(rawValue: typeName) else {
      throw malformed(name, "has the unknown type \(typeName.debugDescription)")
    }
    guard offsets.count == 2, offsets[0] <= offsets[1] else { throw malformed(name, "has offsets \(offsets)") }
    guard let size = type.byteCount(of: shape) else { throw malformed(name, "has an impossible shape") }
    guard size == offsets[1] - offsets[0] else {
      throw malformed(name, "takes \(size) bytes by its type and shape, but \(offsets[1] - offsets[0]) by its offsets")
    }
    return Entry(name: name, type: type, shape: shape, begin: offsets[0], end: offsets[1])
  }

  private static func malformed(_ name: String, _ reason: String) -> SafetensorsError {
    SafetensorsFile.malformed("\(name.debugDescription) \(reason)")
  }
}

// A forward-only reader of the JSON that safetensors headers may hold: objects of known depth, strings, and lists of
// whole numbers. It never recurses on its input's account, so no input can exhaust the stack.

/// A position in JSON text, and the tokens that can be taken from there.
struct JSONScanner {
  private let bytes: [UInt8]
  private var position = 0

  /// A scanner at the start of `bytes`.
  init(_ bytes: [UInt8]) {
    self.bytes = bytes
  }

  /// Takes an object; `member` is called after each key to take its value.
  mutating func object(
    _ member: (inout JSONScanner, String) throws(SafetensorsError) -> Void
  ) throws(SafetensorsError) {
    try take("{")
    if accept("}") { return }
    repeat {
      let key = try string()
      try take(":")
      try member(&self, key)
    } while accept(",")
    try take("}")
  }

  /// Takes a list of whole numbers from 0 to Int.max.
  mutating func integers() throws(SafetensorsError) -> [Int] {
    try take("[")
    var numbers: [Int] = []
    if accept("]") { return numbers }
    repeat { numbers.append(try integer()) } while accept(",")
    try take("]")
    return numbers
  }

  /// Takes a string.
  mutating func string() throws(SafetensorsError) -> String {
    try take("\"")
    var content: [UInt8] = []
    while let byte = nextByte() {
      switch byte {
      case UInt8(ascii: "\""):
        guard let text = String(validating: content, as: UTF8.self) else { throw failure("a string is not UTF-8") }
        return text
      case UInt8(ascii: "\\"): content += Array(String(try escape()).utf8)
      case 0..<0x20: throw failure("a string has a control character")
      default: content.append(byte)
      }
    }
    throw failure("a string does not end")
  }

  /// Makes sure that only the padding is left.
  mutating func end() throws(SafetensorsError) {
    skipSpace()
    guard position == bytes.count else { throw failure("something follows the object") }
  }

  private mutating func integer() throws(SafetensorsError) -> Int {
    skipSpace()
    let start = position
    var value = 0
    while position < bytes.count, case let digit = bytes[position] &- UInt8(ascii: "0"), digit < 10 {
      let (tens, first) = value.multipliedReportingOverflow(by: 10)
      let (sum, second) = tens.addingReportingOverflow(Int(digit))
      guard !first, !second else { throw failure("a number is too large") }
      value = sum
      position += 1
    }
    guard position > start else { throw failure("a whole number is expected") }
    guard bytes[start] != UInt8(ascii: "0") || position == start + 1 else { throw failure("a number starts with 0") }
    return value
  }

  /// Takes what follows a backslash.
  private mutating func escape() throws(SafetensorsError) -> Unicode.Scalar {
    switch nextByte().map(Unicode.Scalar.init) {
    case "\"": return "\""
    case "\\": return "\\"
    case "/": return "/"
    case "b": return "\u{8}"
    case "f": return "\u{C}"
    case "n": return "\n"
    case "r": return "\r"
    case "t": return "\t"
    case "u": return try unicodeEscape()
    default: throw failure("a string has an unknown escape")
    }
  }

  private mutating func unicodeEscape() throws(SafetensorsError) -> Unicode.Scalar {
    let first = try hexadecimal()
    if let scalar = Unicode.Scalar(first) { return scalar }
    if UTF16.isLeadSurrogate(UInt16(first)), nextByte() == UInt8(ascii: "\\"), nextByte() == UInt8(ascii: "u") {
      let second = try hexadecimal()
      if UTF16.isTrailSurrogate(UInt16(second)),
        let scalar = Unicode.Scalar(0x10000 + (first - 0xD800) << 10 + (second - 0xDC00))
      {
        return scalar
      }
    }
    throw failure("a string has half a surrogate pair")
  }

  /// Takes four hexadecimal digits.
  private mutating func hexadecimal() throws(SafetensorsError) -> UInt32 {
    var value: UInt32 = 0
    for _ in 0..<4 {
      guard let byte = nextByte(), let digit = Character(Unicode.Scalar(byte)).hexDigitValue else {
        throw failure("an escape lacks its four digits")
      }
      value = value << 4 | UInt32(digit)
    }
    return value
  }

  private mutating func nextByte() -> UInt8? {
    guard position < bytes.count else { return nil }
    defer { position += 1 }
    return bytes[position]
  }

  private mutating func skipSpace() {
    while position < bytes.count, [0x20, 0x09, 0x0A, 0x0D].contains(bytes[position]) { position += 1 }
  }

  private mutating func accept(_ symbol: Unicode.Scalar) -> Bool {
    skipSpace()
    guard position < bytes.count, Unicode.Scalar(bytes[position]) == symbol else { return false }
    position += 1
    return true
  }

  private mutating func take(_ symbol: Unicode.Scalar) throws(SafetensorsError) {
    guard accept(symbol) else { throw failure("\(String(symbol).debugDescription) is expected") }
  }

  private func failure(_ reason: String) -> SafetensorsError {
    SafetensorsFile.malformed("header, byte \(position): \(reason)")
  }
}

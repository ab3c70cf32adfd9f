// Text as a JSON string, in the form that every program of ours writes: whatever can stand for itself does,
// so that equal texts give equal bytes.

extension String {
  /// The text in quotes, with escapes for quotes, backslashes and control characters (RFC 8259, section 7).
  package var jsonQuoted: String {
    var result = "\""
    for scalar in unicodeScalars {
      switch scalar {
      case "\"", "\\": result += "\\\(scalar)"
      case "\0"..<" ": result += "\\u00" + (scalar.value < 16 ? "0" : "") + String(scalar.value, radix: 16)
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result + "\""
  }
}

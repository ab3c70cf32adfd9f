// `key=value`, as command lines have it: what stands before the first sign, and everything behind it.

/// A key and its value.
package struct Assignment: Equatable {
  /// What stands before the first `=`; not empty.
  package let key: String
  /// What stands behind it; may be empty.
  package let value: String

  /// The halves of `text`; nil where it has no sign, or nothing before it.
  package init?(_ text: String) {
    guard let sign = text.firstIndex(of: "="), sign > text.startIndex else { return nil }
    key = String(text[..<sign])
    value = String(text[text.index(after: sign)...])
  }
}

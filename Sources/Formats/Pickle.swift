// Python's pickles, protocol 2, read as values: calls are recorded for the reader to interpret, never made.
// It knows the opcodes that weights and CIFAR-10's Python version use, and refuses all others.

/// A pickle that is not what it should be.
package enum PickleError: Error, Equatable, Sendable {
  /// It calls for a class or function that was not allowed.
  case forbidden(name: String)
  /// Anything else, in words.
  case malformed(String)

  /// What is wrong, in words.
  package var reason: String {
    switch self {
    case .forbidden(let name): "the name '\(name)' is not allowed"
    case .malformed(let reason): reason
    }
  }
}

/// The values of a pickle.
///
/// Values refer to lists by number instead of holding them, so no input can nest values deeply or make them circular,
/// and a pickle holds 2²⁰ values, 2¹⁶ lists and 2¹⁶ calls at most.
package struct Pickle: Sendable {
  /// A value of Python's.
  package enum Value: Hashable, Sendable {
    case none
    case bool(Bool)
    case integer(Int)
    case real(Double)
    /// A string, as the range of its bytes in the pickle.
    case string(Range<Int>)
    /// A class or function by its full name.
    case name(String)
    /// Elements, or keys and values in turn, under a number.
    case list(Int), tuple(Int), dictionary(Int)
    /// A call, under a number.
    case call(Int)
    /// Something kept outside of the pickle, by the number of the tuple that says what.
    case external(Int)
  }

  /// The result of a call that was not made.
  package struct Call: Sendable {
    /// The full name of the class or function.
    package let name: String
    /// The arguments.
    package let arguments: [Value]
    /// What `__setstate__` would be given.
    package internal(set) var state: Value?
    /// The number of the list of keys and values that were set on it.
    let items: Int
  }

  /// The bytes that strings are ranges of.
  let bytes: [UInt8]
  var lists: [[Value]] = []
  var calls: [Call] = []
  /// What the pickle stands for.
  package private(set) var root: Value = .none

  /// Reads a pickle in which the classes and functions called `names` may occur.
  package init(_ bytes: [UInt8], allowing names: Set<String>) throws(PickleError) {
    self.bytes = bytes
    var machine = PickleMachine(names: names)
    root = try machine.run(&self)
  }

  /// The bytes of a string.
  package func bytes(of value: Value) -> ArraySlice<UInt8>? {
    if case .string(let range) = value { bytes[range] } else { nil }
  }

  /// A string, where it is UTF-8.
  package func string(_ value: Value) -> String? {
    bytes(of: value).flatMap { String(validating: $0, as: UTF8.self) }
  }

  /// The elements of a list or tuple.
  package func elements(of value: Value) -> [Value]? {
    switch value {
    case .list(let index), .tuple(let index): lists[index]
    default: nil
    }
  }

  /// The call that `value` is the result of.
  package func call(_ value: Value) -> Call? {
    if case .call(let index) = value { calls[index] } else { nil }
  }

  /// What says which thing outside of the pickle `value` is.
  package func external(_ value: Value) -> [Value]? {
    if case .external(let index) = value { lists[index] } else { nil }
  }

  /// Keys and values of a dictionary, or of what was called and then filled like one, where all keys are strings.
  package func items(of value: Value) -> [(key: String, value: Value)]? {
    let pairs: [Value]
    switch value {
    case .dictionary(let index): pairs = lists[index]
    case .call(let index): pairs = lists[calls[index].items]
    default: return nil
    }
    var items: [(key: String, value: Value)] = []
    items.reserveCapacity(pairs.count / 2)
    for position in stride(from: 0, to: pairs.count - 1, by: 2) {
      guard let key = string(pairs[position]) else { return nil }
      items.append((key, pairs[position + 1]))
    }
    return items
  }
}

// The stack machine that reads a pickle: one case an allowed opcode.
// Calls are limited to numpy's own three steps of rebuilding an array of bytes.

struct PickleMachine {
  /// Python writes lists in groups of a thousand; no genuine file needs a stack or a number of lists beyond these.
  private static let stackLimit = 1 << 16
  private static let listLimit = 1 << 12

  private var position = 0
  private var stack: [Pickle.Value] = []
  private var marks: [Int] = []
  private var memo: [Int: Pickle.Value] = [:]

  /// Runs the program to its end and returns the value it leaves.
  mutating func run(_ pickle: inout Pickle) throws -> Pickle.Value {
    while true {
      let start = position
      let opcode = try unsigned(1, pickle)
      switch UInt8(opcode) {
      case 0x80:  // PROTO
        let version = try unsigned(1, pickle)
        guard version == 2 else { throw pickle.refusal("protocol \(version) instead of 2") }
      case UInt8(ascii: "N"): stack.append(.none)
      case 0x88: stack.append(.bool(true))
      case 0x89: stack.append(.bool(false))
      case UInt8(ascii: "K"): stack.append(.integer(try unsigned(1, pickle)))
      case UInt8(ascii: "M"): stack.append(.integer(try unsigned(2, pickle)))
      case UInt8(ascii: "J"):  // BININT, signed
        stack.append(.integer(Int(Int32(truncatingIfNeeded: try unsigned(4, pickle)))))
      case UInt8(ascii: "U"): stack.append(.string(try take(unsigned(1, pickle), pickle)))
      case UInt8(ascii: "T"): stack.append(.string(try take(unsigned(4, pickle), pickle)))
      case UInt8(ascii: "("): marks.append(stack.count)
      case UInt8(ascii: "}"): stack.append(.dictionary(try add([], to: &pickle)))
      case UInt8(ascii: "]"): stack.append(.list(try add([], to: &pickle)))
      case UInt8(ascii: ")"): stack.append(.tuple(try add([], to: &pickle)))
      case 0x85...0x87:  // TUPLE1, TUPLE2, TUPLE3
        let values = try popLast(opcode - 0x84, pickle)
        stack.append(.tuple(try add(values, to: &pickle)))
      case UInt8(ascii: "t"):
        let values = try popToMark(pickle)
        stack.append(.tuple(try add(values, to: &pickle)))
      case UInt8(ascii: "a"):
        let value = try popLast(1, pickle)
        try extend(with: value, &pickle)
      case UInt8(ascii: "e"):
        let values = try popToMark(pickle)
        try extend(with: values, &pickle)
      case UInt8(ascii: "s"):
        let pair = try popLast(2, pickle)
        try update(with: pair, &pickle)
      case UInt8(ascii: "u"):
        let pairs = try popToMark(pickle)
        try update(with: pairs, &pickle)
      case UInt8(ascii: "q"): memo[try unsigned(1, pickle)] = try top(pickle)
      case UInt8(ascii: "r"): memo[try unsigned(4, pickle)] = try top(pickle)
      case UInt8(ascii: "h"): stack.append(try recall(unsigned(1, pickle), pickle))
      case UInt8(ascii: "j"): stack.append(try recall(unsigned(4, pickle), pickle))
      case UInt8(ascii: "c"): stack.append(.global(try global(pickle)))
      case UInt8(ascii: "R"): try call(&pickle)
      case UInt8(ascii: "b"): try build(&pickle)
      case UInt8(ascii: "."):
        guard stack.count == 1 else { throw pickle.refusal("\(stack.count) values at its end") }
        return stack[0]
      default: throw pickle.refusal("opcode \(opcode) at byte \(start) is not allowed")
      }
      guard max(stack.count, marks.count) <= Self.stackLimit else { throw pickle.refusal("too many values at once") }
    }
  }

  // MARK: Reading the program

  private mutating func take(_ count: Int, _ pickle: Pickle) throws -> Range<Int> {
    guard count <= pickle.bytes.count - position else { throw pickle.refusal("cut off at byte \(pickle.bytes.count)") }
    defer { position += count }
    return position..<position + count
  }

  /// A little-endian number of up to four bytes.
  private mutating func unsigned(_ count: Int, _ pickle: Pickle) throws -> Int {
    try take(count, pickle).reversed().reduce(0) { $0 << 8 | Int(pickle.bytes[$1]) }
  }

  private mutating func global(_ pickle: Pickle) throws -> Pickle.Global {
    let name = try "\(line(pickle)).\(line(pickle))"
    guard let global = Pickle.Global(rawValue: name) else { throw pickle.refusal("the name '\(name)' is not allowed") }
    return global
  }

  private mutating func line(_ pickle: Pickle) throws -> String {
    let rest = pickle.bytes[position...].prefix(64)
    guard let end = rest.firstIndex(of: UInt8(ascii: "\n")) else { throw pickle.refusal("a name without an end") }
    defer { position = end + 1 }
    return String(decoding: rest[..<end], as: UTF8.self)
  }

  // MARK: The stack

  private func top(_ pickle: Pickle) throws -> Pickle.Value {
    guard let value = stack.last, stack.count > marks.last ?? 0 else { throw pickle.refusal("an empty stack") }
    return value
  }

  private mutating func popLast(_ count: Int, _ pickle: Pickle) throws -> [Pickle.Value] {
    guard stack.count - count >= marks.last ?? 0 else { throw pickle.refusal("an empty stack") }
    defer { stack.removeLast(count) }
    return Array(stack.suffix(count))
  }

  private mutating func popToMark(_ pickle: Pickle) throws -> [Pickle.Value] {
    guard let mark = marks.popLast() else { throw pickle.refusal("a missing mark") }
    defer { stack.removeSubrange(mark...) }
    return Array(stack[mark...])
  }

  private func recall(_ key: Int, _ pickle: Pickle) throws -> Pickle.Value {
    guard let value = memo[key] else { throw pickle.refusal("nothing stored as \(key)") }
    return value
  }

  private func add(_ values: [Pickle.Value], to pickle: inout Pickle) throws -> Int {
    guard pickle.elements.count < Self.listLimit else { throw pickle.refusal("too many lists") }
    pickle.elements.append(values)
    return pickle.elements.count - 1
  }

  private func extend(with values: [Pickle.Value], _ pickle: inout Pickle) throws {
    guard case .list(let index) = try top(pickle) else { throw pickle.refusal("appending to no list") }
    pickle.elements[index] += values
  }

  private func update(with pairs: [Pickle.Value], _ pickle: inout Pickle) throws {
    guard case .dictionary(let index) = try top(pickle), pairs.count % 2 == 0 else {
      throw pickle.refusal("setting items of no dictionary")
    }
    pickle.elements[index] += pairs
  }

  // MARK: Arrays

  /// `_reconstruct(ndarray, (0,), 'b')` is an array still to be filled, `dtype('u1', …)` the type of bytes.
  private mutating func call(_ pickle: inout Pickle) throws {
    let operands = try popLast(2, pickle)
    guard case .global(let function) = operands[0], case .tuple(let index) = operands[1] else {
      throw pickle.refusal("a call of something else than numpy's")
    }
    let arguments = pickle.elements[index]
    switch function {
    case .reconstruct:
      guard arguments.count == 3, case .global(.ndarray) = arguments[0] else {
        throw pickle.refusal("an array of an unknown class")
      }
      guard pickle.arrays.count < Self.listLimit else { throw pickle.refusal("too many arrays") }
      pickle.arrays.append(nil)
      stack.append(.array(pickle.arrays.count - 1))
    case .dtype:
      guard case .string(let name)? = arguments.first, pickle.bytes[name].elementsEqual("u1".utf8) else {
        throw pickle.refusal("an array of something else than unsigned bytes")
      }
      stack.append(.dtype)
    case .ndarray: throw pickle.refusal("a call of numpy.ndarray")
    }
  }

  /// Fills an array from (version, shape, dtype, is Fortran, bytes); the state of the type of bytes says nothing.
  private mutating func build(_ pickle: inout Pickle) throws {
    let state = try popLast(1, pickle)[0]
    guard case .tuple(let index) = state else { throw pickle.refusal("a state that is no tuple") }
    let parts = pickle.elements[index]
    switch try top(pickle) {
    case .dtype: return
    case .array(let array):
      guard parts.count == 5, case .tuple(let shapeIndex) = parts[1], case .dtype = parts[2],
        case .bool(let isColumnMajor) = parts[3], case .string(let data) = parts[4]
      else { throw pickle.refusal("an array in an unknown state") }
      let shape = pickle.elements[shapeIndex].map { value in
        if case .integer(let length) = value { length } else { -1 }
      }
      guard (1...2).contains(shape.count), shape.allSatisfy({ (0...data.count).contains($0) }),
        shape.reduce(1, *) == data.count
      else { throw pickle.refusal("an array of shape \(shape) in \(data.count) bytes") }
      pickle.arrays[array] = Pickle.Array(
        shape: shape, isColumnMajor: isColumnMajor, bytes: pickle.bytes[data])
    default: throw pickle.refusal("a state for something else than an array")
    }
  }
}

// The stack machine that reads a pickle: one case an allowed opcode.
// Nothing is called: a call becomes a value that says what was to be called, and with what.

struct PickleMachine {
  /// Python writes lists in groups of a thousand; no genuine file needs numbers beyond these.
  private static let stackLimit = 1 << 16
  private static let listLimit = 1 << 16
  private static let valueLimit = 1 << 20

  private let names: Set<String>
  private var position = 0
  private var values = 0
  private var stack: [Pickle.Value] = []
  private var marks: [Int] = []
  private var memo: [Int: Pickle.Value] = [:]

  /// A machine that knows the classes and functions called `names`.
  init(names: Set<String>) {
    self.names = names
  }

  /// Runs the program to its end and returns the value it leaves.
  mutating func run(_ pickle: inout Pickle) throws(PickleError) -> Pickle.Value {
    while true {
      let start = position
      let opcode = try unsigned(1, pickle)
      switch UInt8(opcode) {
      case 0x80:  // PROTO
        let version = try unsigned(1, pickle)
        guard version == 2 else { throw .malformed("protocol \(version) instead of 2") }
      case UInt8(ascii: "N"): stack.append(.none)
      case 0x88: stack.append(.bool(true))
      case 0x89: stack.append(.bool(false))
      case UInt8(ascii: "K"): stack.append(.integer(try unsigned(1, pickle)))
      case UInt8(ascii: "M"): stack.append(.integer(try unsigned(2, pickle)))
      case UInt8(ascii: "J"): stack.append(.integer(try signed(4, pickle)))
      case 0x8A: stack.append(.integer(try signed(unsigned(1, pickle), pickle)))
      case UInt8(ascii: "G"): stack.append(.real(try real(pickle)))
      case UInt8(ascii: "U"): stack.append(.string(try take(unsigned(1, pickle), pickle)))
      case UInt8(ascii: "T"), UInt8(ascii: "X"): stack.append(.string(try take(unsigned(4, pickle), pickle)))
      case UInt8(ascii: "("): marks.append(stack.count)
      case UInt8(ascii: "}"): stack.append(.dictionary(try add([], to: &pickle)))
      case UInt8(ascii: "]"): stack.append(.list(try add([], to: &pickle)))
      case UInt8(ascii: ")"): stack.append(.tuple(try add([], to: &pickle)))
      case 0x85...0x87:  // TUPLE1, TUPLE2, TUPLE3
        let values = try popLast(opcode - 0x84)
        stack.append(.tuple(try add(values, to: &pickle)))
      case UInt8(ascii: "t"):
        let values = try popToMark()
        stack.append(.tuple(try add(values, to: &pickle)))
      case UInt8(ascii: "a"):
        let value = try popLast(1)
        try extend(with: value, &pickle)
      case UInt8(ascii: "e"):
        let values = try popToMark()
        try extend(with: values, &pickle)
      case UInt8(ascii: "s"):
        let pair = try popLast(2)
        try update(with: pair, &pickle)
      case UInt8(ascii: "u"):
        let pairs = try popToMark()
        try update(with: pairs, &pickle)
      case UInt8(ascii: "q"): try remember(as: unsigned(1, pickle))
      case UInt8(ascii: "r"): try remember(as: unsigned(4, pickle))
      case UInt8(ascii: "h"): stack.append(try recall(unsigned(1, pickle)))
      case UInt8(ascii: "j"): stack.append(try recall(unsigned(4, pickle)))
      case UInt8(ascii: "c"): stack.append(.name(try name(pickle)))
      case UInt8(ascii: "Q"): try refer()
      case UInt8(ascii: "R"): try call(&pickle)
      case UInt8(ascii: "b"): try build(&pickle)
      case UInt8(ascii: "."):
        guard stack.count == 1 else { throw .malformed("\(stack.count) values at its end") }
        return stack[0]
      default: throw .malformed("opcode \(opcode) at byte \(start) is not allowed")
      }
      guard max(stack.count, marks.count) <= Self.stackLimit else { throw .malformed("too many values at once") }
    }
  }

  // MARK: Reading the program

  private mutating func take(_ count: Int, _ pickle: Pickle) throws(PickleError) -> Range<Int> {
    guard count <= pickle.bytes.count - position else { throw .malformed("cut off at byte \(pickle.bytes.count)") }
    defer { position += count }
    return position..<position + count
  }

  /// A little-endian number of up to four bytes.
  private mutating func unsigned(_ count: Int, _ pickle: Pickle) throws(PickleError) -> Int {
    try take(count, pickle).reversed().reduce(0) { $0 << 8 | Int(pickle.bytes[$1]) }
  }

  /// A little-endian number of up to eight bytes, the last of which holds the sign.
  private mutating func signed(_ count: Int, _ pickle: Pickle) throws(PickleError) -> Int {
    guard count <= 8 else { throw .malformed("a number of \(count) bytes") }
    let range = try take(count, pickle)
    guard let last = range.last else { return 0 }
    return range.dropLast().reversed().reduce(Int(Int8(bitPattern: pickle.bytes[last]))) {
      $0 << 8 | Int(pickle.bytes[$1])
    }
  }

  private mutating func real(_ pickle: Pickle) throws(PickleError) -> Double {
    Double(bitPattern: try take(8, pickle).reduce(UInt64(0)) { $0 << 8 | UInt64(pickle.bytes[$1]) })
  }

  private mutating func name(_ pickle: Pickle) throws(PickleError) -> String {
    let (module, name) = (try line(pickle), try line(pickle))
    guard names.contains("\(module).\(name)") else { throw .forbidden(name: "\(module).\(name)") }
    return "\(module).\(name)"
  }

  private mutating func line(_ pickle: Pickle) throws(PickleError) -> String {
    let rest = pickle.bytes[position...].prefix(256)
    guard let end = rest.firstIndex(of: UInt8(ascii: "\n")) else { throw .malformed("a name without an end") }
    guard rest[..<end].allSatisfy({ (0x21...0x7E).contains($0) }) else { throw .malformed("an unreadable name") }
    position = end + 1
    return String(decoding: rest[..<end], as: UTF8.self)
  }

  // MARK: The stack

  private func top() throws(PickleError) -> Pickle.Value {
    guard let value = stack.last, stack.count > marks.last ?? 0 else { throw .malformed("an empty stack") }
    return value
  }

  private mutating func popLast(_ count: Int) throws(PickleError) -> [Pickle.Value] {
    guard stack.count - count >= marks.last ?? 0 else { throw .malformed("an empty stack") }
    defer { stack.removeLast(count) }
    return Array(stack.suffix(count))
  }

  private mutating func popToMark() throws(PickleError) -> [Pickle.Value] {
    guard let mark = marks.popLast() else { throw .malformed("a missing mark") }
    defer { stack.removeSubrange(mark...) }
    return Array(stack[mark...])
  }

  private mutating func remember(as key: Int) throws(PickleError) {
    memo[key] = try top()
    guard memo.count <= Self.valueLimit else { throw .malformed("too many values to remember") }
  }

  private func recall(_ key: Int) throws(PickleError) -> Pickle.Value {
    guard let value = memo[key] else { throw .malformed("nothing stored as \(key)") }
    return value
  }

  // MARK: What is built

  private mutating func count(_ more: Int) throws(PickleError) {
    values += more
    guard values <= Self.valueLimit else { throw .malformed("too many values") }
  }

  private mutating func add(_ values: [Pickle.Value], to pickle: inout Pickle) throws(PickleError) -> Int {
    guard pickle.lists.count < Self.listLimit else { throw .malformed("too many lists") }
    try count(values.count)
    pickle.lists.append(values)
    return pickle.lists.count - 1
  }

  private mutating func extend(with values: [Pickle.Value], _ pickle: inout Pickle) throws(PickleError) {
    guard case .list(let index) = try top() else { throw .malformed("appending to no list") }
    try count(values.count)
    pickle.lists[index] += values
  }

  private mutating func update(with pairs: [Pickle.Value], _ pickle: inout Pickle) throws(PickleError) {
    guard pairs.count % 2 == 0 else { throw .malformed("a key without a value") }
    try count(pairs.count)
    switch try top() {
    case .dictionary(let index): pickle.lists[index] += pairs
    case .call(let index): pickle.lists[pickle.calls[index].items] += pairs
    default: throw .malformed("setting items of no dictionary")
    }
  }

  private mutating func refer() throws(PickleError) {
    guard case .tuple(let index) = try popLast(1)[0] else { throw .malformed("a reference that is no tuple") }
    stack.append(.external(index))
  }

  private mutating func call(_ pickle: inout Pickle) throws(PickleError) {
    let operands = try popLast(2)
    guard case .name(let name) = operands[0], case .tuple(let index) = operands[1] else {
      throw .malformed("a call of something that is no function")
    }
    let items = try add([], to: &pickle)
    pickle.calls.append(Pickle.Call(name: name, arguments: pickle.lists[index], items: items))
    stack.append(.call(pickle.calls.count - 1))
  }

  private mutating func build(_ pickle: inout Pickle) throws(PickleError) {
    let state = try popLast(1)[0]
    guard case .call(let index) = try top() else { throw .malformed("a state for something that has none") }
    pickle.calls[index].state = state
  }
}

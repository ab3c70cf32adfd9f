// Damage to valid files: what falls on them by accident, and what somebody would try.
// All of it follows from a random stream, so that every input can be made again.
import Foundation
import Randomness

/// A source of damaged files.
struct Mutator {
  private var random: CounterRandom
  /// Numbers at the edges of what a length, count or size can be.
  private static let edges: [UInt64] = [
    0, 1, 2, 7, 8, 0x7F, 0x80, 0xFF, 0x100, 0x3FFF, 0x4000, 0x7FFF, 0x8000, 0xFFFF, 0x1_0000, 0x7FFF_FFFF, 0x8000_0000,
    0xFFFF_FFFF, 0x1_0000_0000, 0x7FFF_FFFF_FFFF_FFFF, 0x8000_0000_0000_0000, .max,
  ]

  /// The source of the input `number` of a run with `seed`.
  init(seed: UInt64, input number: Int) {
    random = CounterRandom(seed: seed, UInt64(number))
  }

  /// A number of 0 ..< `bound`.
  mutating func below(_ bound: Int) -> Int { random.integer(below: max(1, bound)) }

  /// One of `files`, changed once or up to six times; `files` are also what pieces are spliced in from.
  mutating func mutate(_ files: [[UInt8]]) -> [UInt8] {
    var bytes = files[below(files.count)]
    for _ in 0...(below(2) == 0 ? 0 : below(6)) { change(&bytes, files) }
    return bytes
  }

  private mutating func change(_ bytes: inout [UInt8], _ files: [[UInt8]]) {
    guard !bytes.isEmpty else {
      bytes = [UInt8(below(256))]
      return
    }
    let place = self.place(in: bytes)
    switch below(10) {
    case 0: bytes[place] ^= 1 << UInt8(below(8))
    case 1: bytes[place] = UInt8(below(256))
    case 2, 3: overwrite(&bytes, at: place)
    case 4: bytes.removeSubrange(place..<min(bytes.count, place + 1 + below(16)))
    case 5: bytes.removeLast(below(bytes.count))
    case 6: bytes.insert(contentsOf: piece(of: bytes), at: place)
    case 7: bytes.insert(contentsOf: piece(of: files[below(files.count)]), at: place)
    case 8:
      let piece = piece(of: files[below(files.count)])
      bytes.replaceSubrange(place..<min(bytes.count, place + piece.count), with: piece)
    default: rewriteDigits(&bytes, near: place)
    }
  }

  /// A position; the first and last bytes, where formats keep their structure, are as likely as all others together.
  private mutating func place(in bytes: [UInt8]) -> Int {
    switch below(4) {
    case 0: below(min(64, bytes.count))
    case 1: bytes.count - 1 - below(min(256, bytes.count))
    default: below(bytes.count)
    }
  }

  private mutating func piece(of bytes: [UInt8]) -> ArraySlice<UInt8> {
    let start = below(bytes.count)
    return bytes[start...].prefix(1 + below(below(2) == 0 ? 8 : 200))
  }

  /// A number of one to eight bytes, in either order: an edge, or what was there and a little more or less.
  private mutating func overwrite(_ bytes: inout [UInt8], at place: Int) {
    let count = min(1 << below(4), bytes.count - place)
    let isLittle = below(2) == 0
    let positions = isLittle ? Array(place..<place + count) : Array((place..<place + count).reversed())
    let old = positions.reversed().reduce(UInt64(0)) { $0 << 8 | UInt64(bytes[$1]) }
    let new: UInt64 =
      switch below(3) {
      case 0: Self.edges[below(Self.edges.count)]
      case 1: UInt64(bytes.count) &+ UInt64(below(17)) &- 8
      default: old &+ UInt64(below(65)) &- 32
      }
    for (index, position) in positions.enumerated() { bytes[position] = UInt8(truncatingIfNeeded: new >> (8 * index)) }
  }

  /// Replaces the next decimal number in text.
  private mutating func rewriteDigits(_ bytes: inout [UInt8], near place: Int) {
    let isDigit = { (byte: UInt8) in (0x30...0x39).contains(byte) }
    guard let start = bytes[place...].firstIndex(where: isDigit) else { return }
    let end = bytes[start...].firstIndex { !isDigit($0) } ?? bytes.endIndex
    let edge = Self.edges[below(Self.edges.count)]
    let number = below(4) == 0 ? "-\(edge)" : below(4) == 0 ? "\(edge)\(edge)" : "\(edge)"
    bytes.replaceSubrange(start..<end, with: number.utf8)
  }
}

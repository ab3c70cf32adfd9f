// Dropout against its definition by the random stream, for any number of values, with guards behind them.
// Which masks a step's key gives must not depend on instruction set or threads: resumed runs draw them again.
import CKernels
import Randomness
import Testing

@Suite struct DropoutTests {
  /// Fewer than a vector, whole ones, a rest of every kind of draw, and more than every thread has.
  static let counts = [1, 3, 4, 15, 16, 17, 33, 46, 64, 1000, 4096, 4099]

  @Test(arguments: counts, [UInt16(0), 1, 6554, 32768, 65535])
  func masksAreTheStreams(count: Int, threshold: UInt16) {
    let random = CounterRandom(seed: 9, UInt64(count), UInt64(threshold))
    let scale = 1 / (1 - Float(threshold) / 65_536)
    let given = randoms(count, seed: 3).enumerated().map { $0 % 29 == 7 ? .nan : $1 }
    let keeps = given.indices.map { place in
      UInt16(truncatingIfNeeded: random[UInt64(place / 4)] >> UInt64(place % 4 * 16)) >= threshold
    }
    onAllKernels { set, threads, comment in
      let memory = Memory(byteCount: count * (set.isBF16 ? 2 : 4))
      for (place, value) in given.enumerated() {
        if set.isBF16 {
          let bits = value.isNaN ? 0x7FC0 : UInt16(value.bitPattern >> 16)
          memory.base.storeBytes(of: bits, toByteOffset: place * 2, as: UInt16.self)
        } else {
          memory.floatBase[place] = value
        }
      }
      func value(_ place: Int) -> Float {
        set.isBF16
          ? Float(bitPattern: UInt32(memory.base.load(fromByteOffset: place * 2, as: UInt16.self)) << 16)
          : memory.floatBase[place]
      }
      let before = given.indices.map(value)
      tps_dropout(count, set.isa, threads, random.key, threshold, scale, memory.base)
      expectIntact(memory)
      for place in given.indices {
        let (found, expected) = (value(place), keeps[place] ? before[place] * scale : 0)
        let isRight =
          expected.isNaN ? found.isNaN : abs(found - expected) <= Float(set.rounding) * abs(expected)
        #expect(isRight, "\(comment), place \(place): \(found) instead of \(expected)")
      }
    }
  }
}

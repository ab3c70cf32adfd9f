// bfloat16 keeps eight bits of significand: the nearest, ties to even.
import Formats
import Testing

@Suite struct BFloat16Tests {
  @Test func roundsToTheNearest() {
    let ulp = Float(0x1p-7)
    // Exact, tie to even below, tie to even above, just above a tie, sign, overflow, infinity.
    let numbers: [Float] = [
      1, 1 + ulp / 2, 1 + 1.5 * ulp, 1 + 0.51 * ulp, -0.0, .greatestFiniteMagnitude, -.infinity,
    ]
    let rounded = numbers.map { Float(bfloat16: $0.bfloat16) }
    #expect(rounded == [1, 1, 1 + 2 * ulp, 1 + ulp, -0.0, .infinity, -.infinity])
    #expect(rounded[4].sign == .minus)
    #expect(Float(bfloat16: Float(bitPattern: 0x7f80_0001).bfloat16).isNaN)
  }

  @Test func everyPatternComesBack() {
    for bits in UInt16.min...UInt16.max where !Float(bfloat16: bits).isNaN {
      #expect(Float(bfloat16: bits).bfloat16 == bits)
    }
  }
}

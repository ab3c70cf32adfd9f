// bfloat16: the upper half of an IEEE single, as bit patterns.

extension Float {
  /// The number that a bfloat16 stands for.
  @inlinable package init(bfloat16 bits: UInt16) {
    self.init(bitPattern: UInt32(bits) << 16)
  }

  /// The nearest bfloat16, ties to even. What is no number stays one, whichever bits of it are cut off.
  @inlinable package var bfloat16: UInt16 {
    let upper = UInt16(truncatingIfNeeded: bitPattern >> 16)
    guard !isNaN else { return upper | 0x40 }
    return UInt16(truncatingIfNeeded: (bitPattern &+ 0x7FFF &+ UInt32(upper & 1)) >> 16)
  }
}

// Dropout on memory in whatever layout it has: the mask is a hash of (step, node, position),
// so the backward pass draws it again instead of keeping it.
internal import COneDNN
internal import Compute
internal import Randomness

/// Zeroes a share of a tensor's values and scales the rest, in place.
struct DropoutKernel {
  let rate: Float
  let node: Int
  let type: dnnl_data_type_t

  /// Applies the mask of `seed` to `bytes` bytes at `memory`; padding is zero and stays so.
  func apply(to memory: UnsafeMutableRawPointer, bytes: Int, seed: UInt64) {
    let random = CounterRandom(seed: seed, UInt64(node))
    let threshold = UInt16(min(65_535, (rate * 65_536).rounded()))
    let scale = 1 / (1 - Float(threshold) / 65_536)
    if type == dnnl_bf16 {
      let values = memory.assumingMemoryBound(to: UInt16.self)
      mask(random, threshold, count: bytes / 2) { index, keeps in
        values[index] = keeps ? (Float(bfloat16: values[index]) * scale).bfloat16 : 0
      }
    } else {
      let values = memory.assumingMemoryBound(to: Float.self)
      mask(random, threshold, count: bytes / 4) { index, keeps in
        values[index] = keeps ? values[index] * scale : 0
      }
    }
  }

  /// Calls `body` for each position; one 64-bit draw decides four of them.
  @inline(__always)
  private func mask(_ random: CounterRandom, _ threshold: UInt16, count: Int, _ body: (Int, Bool) -> Void) {
    var index = 0
    while index < count {
      var bits = random[UInt64(index / 4)]
      for position in index..<min(index + 4, count) {
        body(position, UInt16(truncatingIfNeeded: bits) >= threshold)
        bits >>= 16
      }
      index += 4
    }
  }
}

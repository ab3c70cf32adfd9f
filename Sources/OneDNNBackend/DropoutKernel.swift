// Dropout on memory in whatever layout it has: the mask is a hash of (step, node, position),
// so the backward pass draws it again instead of keeping it.
internal import CKernels
internal import COneDNN
internal import Randomness

/// Zeroes a share of a tensor's values and scales the rest, in place.
struct DropoutKernel {
  private let node: Int
  private let isa: tps_isa
  private let threads: Int32
  private let valueBytes: Int
  private let threshold: UInt16

  init(rate: Float, node: Int, type: dnnl_data_type_t, _ kernels: Kernels) {
    self.node = node
    // A plan in bf16 may hold some values in fp32.
    isa = kernels.isa == TPS_AVX512_BF16 && type != dnnl_bf16 ? TPS_AVX512 : kernels.isa
    threads = kernels.threads
    valueBytes = type == dnnl_bf16 ? 2 : 4
    threshold = UInt16(min(65_535, (rate * 65_536).rounded()))
  }

  /// Applies the mask of `seed` to `bytes` bytes at `memory`; padding is zero and stays so.
  func apply(to memory: UnsafeMutableRawPointer, bytes: Int, seed: UInt64) {
    tps_dropout(
      bytes / valueBytes, isa, threads, CounterRandom(seed: seed, UInt64(node)).key, threshold,
      1 / (1 - Float(threshold) / 65_536), memory)
  }
}

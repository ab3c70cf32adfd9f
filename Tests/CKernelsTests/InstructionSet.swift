// The instruction sets that the kernels are compiled for: every test runs on all that this CPU has.
import CKernels
import Testing

/// An instruction set, and with it a number format of the activations.
struct InstructionSet: Sendable, CustomTestStringConvertible {
  let isa: tps_isa
  let testDescription: String

  static let baseline = InstructionSet(isa: TPS_BASELINE, testDescription: "baseline")
  static let avx2 = InstructionSet(isa: TPS_AVX2, testDescription: "AVX2")
  static let avx512 = InstructionSet(isa: TPS_AVX512, testDescription: "AVX-512")
  static let avx512BF16 = InstructionSet(isa: TPS_AVX512_BF16, testDescription: "AVX-512 bf16")

  /// Those of this CPU.
  static let available = [baseline, avx2, avx512, avx512BF16].filter(\.isSupported)

  var isSupported: Bool { tps_supports(isa) != 0 }
  var isBF16: Bool { isa == TPS_AVX512_BF16 }

  /// What the format can be wrong by, as a share of a value: nothing in fp32, a step of its significand in bf16.
  var rounding: Double { isBF16 ? 0x1p-8 : 0 }
}

@Suite struct InstructionSetTests {
  private let geometry = Geometry(2, 17, 34, 7, 5)

  // Where one is missing, its skipped test says so.
  @Test(.enabled(if: InstructionSet.avx2.isSupported, "this CPU has no AVX2: those kernels are not tested"))
  func avx2ComputesWhatEveryCPUDoes() { expectTheBaselines(.avx2) }

  @Test(.enabled(if: InstructionSet.avx512.isSupported, "this CPU has no AVX-512: those kernels are not tested"))
  func avx512ComputesWhatEveryCPUDoes() { expectTheBaselines(.avx512) }

  @Test(
    .enabled(if: InstructionSet.avx512BF16.isSupported, "this CPU has no AVX-512 bf16: those kernels are not tested"))
  func avx512BF16ComputesWhatEveryCPUDoes() { expectTheBaselines(.avx512BF16) }

  private func expectTheBaselines(_ set: InstructionSet) {
    let (input, weights) = (geometry.input, geometry.weights)
    let expected = geometry.forward(.baseline, 1, input, weights).values.map(Double.init)
    let bounds = Bounds.winograd(set)
    expectNear(geometry.forward(set, 2, input, weights).values, expected, bounds)
  }

  @Test(arguments: [0, 1, 2, 3, 17]) func aParallelLoopVisitsEachIndexOnce(count: Int) {
    let visits = Memory(floats: [Float](repeating: 0, count: 20))
    tps_parallel(
      Int32(count),
      { visits, index in
        visits?.assumingMemoryBound(to: Float.self)[Int(index)] += 1
      }, visits.base)
    expectIntact(visits)
    #expect(visits.floats == (0..<20).map { $0 < count ? 1 : 0 })
  }
}

// bf16 on PyTorch's networks: by direct sums no further from the exact gradients than PyTorch's own bf16, by
// Winograd's algorithm a few times as far; and close to them where no ReLU switches.
import Compute
import Models
import OneDNNBackend
import TestSupport
import Testing

@Suite(.enabled(if: OneDNNBackend.hasFastBF16, "this CPU has no bf16")) struct BF16ParityTests {
  /// Cosines of the gradients of `torch.autocast("cpu", torch.bfloat16)` (torch 2.15.0) with the exact ones: the lowest
  /// of all tensors, and that of all tensors as one vector (Scripts/pytorch/autocast.py prints them).
  ///
  /// They are below 0.99 for many tensors because rounding to bf16 switches 0.1 to 0.3 % of the ReLUs, those with
  /// inputs near zero; on eight images of noise the gradient is a random sum to which these few contribute their share.
  /// With the exact run's ReLU decisions, every tensor of every network is above 0.9997 although all maps and
  /// gradients are rounded.
  static let autocast: [String: (lowest: Double, whole: Double)] = [
    "tpsnet-shape": (0.9833, 0.9927), "odd-widths": (0.9928, 0.9974), "kernels-5-and-1": (0.9904, 0.9979),
    "skip-kernel-3": (0.9865, 0.9975), "two-layers-pool-4": (0.9882, 0.9984), "four-layers-strided": (0.9602, 0.9873),
    "three-blocks-stem-5": (0.8733, 0.9788), "gelu": (0.9997, 0.9999), "silu": (0.9994, 0.9999),
    "whitened-groups": (0.9656, 0.9814), "padded-whitening": (0.9990, 0.9996),
    "pre-activation": (0.9996, 0.9999), "squeeze-excitation": (0.9991, 0.9999),
  ]

  /// How many times as far as PyTorch's a gradient may be: that of each tensor from PyTorch's worst, and all as one.
  ///
  /// Which ReLUs switch is chance: by direct sums, as PyTorch's, half as far again. Winograd's transforms round about six
  /// times as much as a map's storage does and switch more ReLUs; what these few add shows most in the shortest
  /// tensors, such as the scale of sixteen channels that comes 6 times as far. All as one come 2 to 3 times as far.
  /// Without ReLUs PyTorch's distance is next to nothing; then `always` is allowed, what rounding leaves where none
  /// switches (see below).
  static let allowances: [ConvolutionAlgorithms: (lowest: Double, whole: Double, always: Double)] = [
    .direct: (1.5, 1.5, 1e-3), .fastest: (8, 4, 5e-3),
  ]

  @Test(arguments: Fixture.names, ConvolutionAlgorithms.allCases)
  func gradientsAreAsNearAsPyTorchs(of name: String, convolutions: ConvolutionAlgorithms) throws {
    let fixture = try Fixture(name)
    let expected = try fixture.step()
    let store = fixture.store
    let outcome = try OneDNNBackend(threads: 2, convolutions: convolutions).compileTraining(
      fixture.graph, batchSize: Fixture.batchSize, precision: .bf16, parameters: store
    ).outcome(fixture.graph, store, fixture.images, fixture.labels)
    let bound = try #require(Self.autocast[name])
    let allowance = try #require(Self.allowances[convolutions])
    #expect(relativeError([outcome.result.loss], [expected.result.loss]) <= 0.02)
    var whole: (found: [Float], expected: [Float]) = ([], [])
    for (name, gradient) in expected.gradients {
      let found = outcome.gradients[name] ?? []
      // A multiple of a distance that is large itself would let anything pass.
      let distance = min(max(allowance.lowest * (1 - bound.lowest), allowance.always), 0.2)
      #expect(1 - cosine(found, gradient) <= distance, "gradient of \(name)")
      whole.found += found
      whole.expected += gradient
    }
    let distance = max(allowance.whole * (1 - bound.whole), allowance.always)
    #expect(1 - cosine(whole.found, whole.expected) <= distance)
  }

  // Every normalisation is shifted by 6 deviations, so that all ReLUs pass all values: what is left is rounding.
  // Networks with a small pool, since the average of a whole normalised map is constant and has no gradient.
  @Test(arguments: ["projection and identity", "identity first", "wide kernels"], ConvolutionAlgorithms.allCases)
  func gradientsAlignWhereNoReLUSwitches(network: String, convolutions: ConvolutionAlgorithms) throws {
    let backend = try OneDNNBackend(threads: 2, convolutions: convolutions)
    let graph = try #require(Networks.all[network]).graph()
    let outcomes = try [Precision.fp32, .bf16].map { precision in
      let store = graph.store(seed: 11)
      for spec in graph.tensors where spec.role == .bias && spec.name != "linear.bias" {
        let values = store.values(of: spec.name)
        for index in values.indices { values[index] += 6 }
      }
      return try backend.step(graph, batchSize: 16, precision: precision, store: store)
    }
    for (name, gradient) in outcomes[0].gradients {
      let bound = convolutions == .direct ? 0.999 : 0.995
      #expect(cosine(outcomes[1].gradients[name] ?? [], gradient) >= bound, "gradient of \(name)")
    }
  }
}

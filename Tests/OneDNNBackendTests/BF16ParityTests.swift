// bf16 on PyTorch's seven networks: no further from the exact gradients than PyTorch's own bf16,
// and close to them where no ReLU switches.
import Compute
import Models
import OneDNNBackend
import TestSupport
import Testing

@Suite(.enabled(if: OneDNNBackend.hasFastBF16, "this CPU has no bf16")) struct BF16ParityTests {
  let backend: OneDNNBackend

  init() throws { backend = try OneDNNBackend(threads: 2) }

  private func step(_ fixture: Fixture, _ store: ParameterStore, _ precision: Precision) throws -> Outcome {
    try backend.compileTraining(
      fixture.graph, batchSize: Fixture.batchSize, precision: precision, parameters: store
    ).outcome(fixture.graph, store, fixture.images, fixture.labels)
  }

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
    "three-blocks-stem-5": (0.8733, 0.9788),
  ]

  // Which ReLUs switch is chance, so the distance from 1 may be half as large again as PyTorch's.
  @Test(arguments: Fixture.names) func gradientsAreAsNearAsPyTorchs(of name: String) throws {
    let fixture = try Fixture(name)
    let expected = try fixture.step()
    let outcome = try step(fixture, fixture.store, .bf16)
    let bound = try #require(Self.autocast[name])
    #expect(relativeError([outcome.result.loss], [expected.result.loss]) <= 0.02)
    var whole: (found: [Float], expected: [Float]) = ([], [])
    for (name, gradient) in expected.gradients {
      let found = outcome.gradients[name] ?? []
      #expect(1 - cosine(found, gradient) <= 1.5 * (1 - bound.lowest), "gradient of \(name)")
      whole.found += found
      whole.expected += gradient
    }
    #expect(1 - cosine(whole.found, whole.expected) <= 1.5 * (1 - bound.whole))
  }

  // Every normalisation is shifted by 6 deviations, so that all ReLUs pass all values: what is left is rounding.
  // Networks with a small pool, since the average of a whole normalised map is constant and has no gradient.
  @Test(arguments: ["projection and identity", "identity first", "wide kernels"])
  func gradientsAlignWhereNoReLUSwitches(network: String) throws {
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
      #expect(cosine(outcomes[1].gradients[name] ?? [], gradient) >= 0.999, "gradient of \(name)")
    }
  }
}

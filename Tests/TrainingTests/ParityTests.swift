// Ten steps of training as PyTorch takes them: forward, backward, SGD and schedule together,
// against losses and logits that PyTorch computed in float64 (Scripts/pytorch/fixtures.py).
import Compute
import OneDNNBackend
import TestSupport
import Testing
import Training

@Suite struct ParityTests {
  // Most networks follow PyTorch to the last digit. In some an input of a ReLU comes so near to zero that rounding,
  // which differs between processors, decides whether its gradient passes: from there on they stray a little. The
  // losses fall by orders of magnitude in some networks, so they are measured against the largest.
  private func expectParity(
    _ name: String, _ convolutions: ConvolutionAlgorithms, finally: String? = nil,
    _ change: (inout Configuration.OptimizerSettings) -> Void
  ) throws {
    let backend = try OneDNNBackend(threads: 1, convolutions: convolutions)
    var errors: [Float] = []
    for network in Fixture.names {
      let fixture = try Fixture(network)
      let store = fixture.store
      let (losses, expected) = try (train(fixture, store, backend, change), fixture.expected(name))
      #expect(relativeError(Array(losses.prefix(2)), Array(expected.prefix(2))) < 1e-6, "\(network): \(losses)")
      let error = relativeError(losses, expected)
      #expect(error < 1e-3, "\(network): \(losses)")
      errors.append(error)
      guard let finally else { continue }
      for folds in [false, true] {
        let logits = try backend.compileInference(
          fixture.graph, batchSize: Fixture.batchSize, precision: .fp32, foldsBatchNorm: folds, parameters: store
        ).run(fixture.images)
        #expect(try relativeError(logits, fixture.expected(finally)) < 1e-2, "\(network), folds: \(folds)")
      }
    }
    #expect(errors.filter { $0 < 1e-5 }.count >= 3, "\(errors)")
  }

  /// The losses before each of ten steps on the fixture's batch; the weights in `store` are trained.
  private func train(
    _ fixture: Fixture, _ store: ParameterStore, _ backend: OneDNNBackend,
    _ change: (inout Configuration.OptimizerSettings) -> Void
  ) throws -> [Float] {
    var settings = Configuration(model: Tiny.model).optimizer
    (settings.learningRate, settings.momentum, settings.weightDecay) = (0.05, 0.9, 5e-4)
    change(&settings)
    let optimizer = Optimizer(store, settings: settings, backend: backend)
    let plan = try backend.compileTraining(
      fixture.graph, batchSize: Fixture.batchSize, precision: .fp32, parameters: store)
    return try (0..<10).map { step in
      let loss = try plan.run(fixture.images, fixture.labels).loss
      try optimizer.step(learningRate: settings.learningRate * Schedule(.cosine).factor(at: Double(step), of: 10))
      return loss
    }
  }

  @Test(arguments: ConvolutionAlgorithms.allCases)
  func momentumFollowsPyTorch(convolutions: ConvolutionAlgorithms) throws {
    try expectParity("losses", convolutions, finally: "logits.final") { ($0.nesterov, $0.decay) = (false, .all) }
  }

  @Test(arguments: ConvolutionAlgorithms.allCases)
  func nesterovWithoutDecayOfBiasesFollowsPyTorch(convolutions: ConvolutionAlgorithms) throws {
    try expectParity("losses.nesterov", convolutions) { ($0.nesterov, $0.decay) = (true, .weights) }
  }
}

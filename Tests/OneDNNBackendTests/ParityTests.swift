// Parity with PyTorch in fp32: networks whose every number PyTorch computed in float64,
// to be met to 1e-4 in a step or a pass (ten steps: TrainingTests).
import Compute
import Models
import OneDNNBackend
import TestSupport
import Testing

@Suite struct ParityTests {
  // Per tensor, without a floor, and by one thread and two, which sum in another order.
  @Test(arguments: Fixture.names, ConvolutionAlgorithms.allCases)
  func aStepIsPyTorchs(of name: String, convolutions: ConvolutionAlgorithms) throws {
    let fixture = try Fixture(name)
    let expected = try fixture.step()
    for threads in [1, 2] {
      let store = fixture.store
      let outcome = try OneDNNBackend(threads: threads, convolutions: convolutions).compileTraining(
        fixture.graph, batchSize: Fixture.batchSize, precision: .fp32, parameters: store
      ).outcome(fixture.graph, store, fixture.images, fixture.labels)
      #expect(relativeError(outcome.logits, expected.logits) <= 1e-4, "\(threads) threads")
      #expect(relativeError([outcome.result.loss], [expected.result.loss]) <= 1e-4, "\(threads) threads")
      #expect(outcome.gradients.count == expected.gradients.count)
      for (name, gradient) in expected.gradients {
        let error = relativeError(outcome.gradients[name] ?? [], gradient)
        #expect(error <= 1e-4, "gradient of \(name), \(threads) threads")
      }
      for (name, statistic) in expected.statistics {
        #expect(relativeError(outcome.statistics[name] ?? [], statistic) <= 1e-4, "\(name), \(threads) threads")
      }
    }
  }

  @Test(arguments: Fixture.names) func labelSmoothingIsPyTorchs(of name: String) throws {
    let fixture = try Fixture(name)
    let loss = try OneDNNBackend(threads: 2).compileTraining(
      fixture.graph, batchSize: Fixture.batchSize, precision: .fp32, parameters: fixture.store
    ).run(fixture.images, fixture.labels, StepOptions(labelSmoothing: 0.1)).loss
    #expect(try relativeError([loss], fixture.expected("loss.smoothed")) <= 1e-4)
  }

  @Test(arguments: Fixture.names, ConvolutionAlgorithms.allCases)
  func inferenceIsPyTorchs(of name: String, convolutions: ConvolutionAlgorithms) throws {
    let fixture = try Fixture(name)
    let backend = try OneDNNBackend(threads: 2, convolutions: convolutions)
    for folds in [false, true] {
      let logits = try backend.compileInference(
        fixture.graph, batchSize: Fixture.batchSize, precision: .fp32, foldsBatchNorm: folds, parameters: fixture.store
      ).run(fixture.images)
      #expect(try relativeError(logits, fixture.expected("logits.eval")) <= 1e-4, "folds: \(folds)")
    }
  }
}

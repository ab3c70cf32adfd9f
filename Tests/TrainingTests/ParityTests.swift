// Ten steps of training as PyTorch takes them: forward, backward, SGD and schedule together,
// against losses and logits that PyTorch computed in float64 (Scripts/pytorch/fixtures.py).
import Compute
import Formats
import Foundation
import Models
import OneDNNBackend
import Randomness
import Testing
import Training

@Suite struct ParityTests {
  static let names = [
    "four-layers-strided", "kernels-5-and-1", "odd-widths", "skip-kernel-3", "three-blocks-stem-5", "tpsnet-shape",
    "two-layers-pool-4",
  ]

  // Most networks follow PyTorch to the last digit. In some an input of a ReLU comes so near to zero that rounding,
  // which differs between processors, decides whether its gradient passes: from there on they stray a little.
  private func expectParity(
    _ name: String, finally: String? = nil, _ change: (inout Configuration.OptimizerSettings) -> Void
  ) throws {
    var errors: [Float] = []
    for network in Self.names {
      let fixture = try Fixture(network)
      let losses = try fixture.train(change)
      let differences = try fixture.errors(losses, name)
      #expect(differences.prefix(2).allSatisfy { $0 < 1e-6 }, "\(network): \(differences)")
      let worst = differences.max() ?? .infinity
      #expect(worst < 1e-3, "\(network): \(differences)")
      errors.append(worst)
      if let finally {
        let differences = try fixture.errors(fixture.logits(), finally)
        #expect(differences.allSatisfy { $0 < 1e-2 }, "\(network): \(differences)")
      }
    }
    #expect(errors.filter { $0 < 1e-5 }.count >= 3, "\(errors)")
  }

  @Test func momentumFollowsPyTorch() throws {
    try expectParity("losses", finally: "logits.final") { ($0.nesterov, $0.decay) = (false, .all) }
  }

  @Test func nesterovWithoutDecayOfBiasesFollowsPyTorch() throws {
    try expectParity("losses.nesterov") { ($0.nesterov, $0.decay) = (true, .weights) }
  }
}

/// A fixture with its network, weights and images.
private struct Fixture {
  let file: SafetensorsFile
  let graph: Graph
  let store: ParameterStore
  let images: [Float]
  let labels: [Int32]
  let backend: OneDNNBackend

  init(_ name: String) throws {
    file = try SafetensorsFile(contentsOf: fixtures.appendingPathComponent("parity/\(name).safetensors"))
    let description = try #require(file.metadata["model"])
    // The description leaves out the images' shape, which a configuration has by default.
    var spec = try Configuration.resolve([.text("{\"model\": \(description)}", origin: name)]).model
    spec.input = Shape(channels: 3, height: 32, width: 32)
    graph = try spec.graph()
    store = ParameterStore(graph)
    store.fill(graph, seed: try #require(UInt64(file.metadata["seed"] ?? "")))
    var random = CounterRandom(seed: try #require(UInt64(file.metadata["imageSeed"] ?? "")), 0)
    images = (0..<8 * graph.inputShape.count).map { _ in 4 * random.uniform() - 2 }
    labels = (0..<8).map { [classes = graph.classes] in Int32((7 * $0 + 3) % classes) }
    backend = try OneDNNBackend(threads: 1)
  }

  /// The losses before each of ten steps on the one batch.
  func train(_ change: (inout Configuration.OptimizerSettings) -> Void) throws -> [Float] {
    var settings = Configuration(model: Tiny.model).optimizer
    (settings.learningRate, settings.momentum, settings.weightDecay) = (0.05, 0.9, 5e-4)
    change(&settings)
    let optimizer = SGD(store, settings: settings)
    let plan = try backend.compileTraining(graph, batchSize: 8, precision: .fp32, parameters: store)
    return try (0..<10).map { step in
      let result = try images.withUnsafeBufferPointer { images in
        try labels.withUnsafeBufferPointer { try plan.step(images: images, labels: $0, options: StepOptions()) }
      }
      optimizer.step(learningRate: settings.learningRate * Schedule(.cosine).factor(at: Double(step), of: 10))
      return result.loss
    }
  }

  /// The logits of the weights as they are now.
  func logits() throws -> [Float] {
    let plan = try backend.compileInference(
      graph, batchSize: 8, precision: .fp32, foldsBatchNorm: true, parameters: store)
    return try images.withUnsafeBufferPointer { try Array(plan.logits(images: $0)) }
  }

  /// The differences to the fixture's tensor `name`, relative to its largest number.
  func errors(_ values: [Float], _ name: String) throws -> [Float] {
    let expected = try file.floats(named: name)
    try #require(values.count == expected.count)
    let scale = expected.map(abs).max() ?? 1
    return zip(values, expected).map { abs($0 - $1) / scale }
  }
}

// What observed plans say of their steps: each once, in order, with a kind,
// and with the graph's multiply-adds in the passes that multiply.
import Compute
import Models
import OneDNNBackend
import TestSupport
import Testing

@Suite struct ObservationTests {
  static let batchSize = 4

  /// The steps of `plan` that `body` runs.
  private func ran(_ plan: any ObservablePlan, _ body: () throws -> Void) throws -> [PlanStep] {
    var numbers: [Int] = []
    var end: ContinuousClock.Instant?
    plan.observer = { step, time in
      numbers.append(step)
      #expect(end.map { $0 <= time.lowerBound } ?? true)
      end = time.upperBound
    }
    try body()
    plan.observer = nil
    let count = numbers.count
    try body()
    #expect(numbers.count == count && Set(numbers).count == count)
    return numbers.map { plan.steps[$0] }
  }

  private func operations(_ steps: [PlanStep], _ kinds: StepKind...) -> Int {
    steps.reduce(0) { $0 + (kinds.contains($1.kind) ? $1.operations : 0) }
  }

  @Test(arguments: ["dropout", "projection and identity"]) func aStepIsAccountedFor(name: String) throws {
    let graph = try #require(Networks.all[name]).graph()
    let plan = try OneDNNBackend(threads: 1).compileTraining(
      graph, batchSize: Self.batchSize, precision: .fp32, parameters: graph.store(seed: 1))
    let (images, labels) = (graph.images(Self.batchSize, seed: 2), graph.labels(Self.batchSize))
    let steps = try ran(try #require(plan as? any ObservablePlan)) {
      _ = try plan.run(images, labels, StepOptions())
    }
    #expect(steps.allSatisfy { $0.kind != .other && $0.bytes > 0 && !$0.implementation.isEmpty })
    #expect(steps.filter { $0.kind == .loss }.count == 1)
    #expect(steps.contains { $0.kind == .dropout } == (name == "dropout"))
    let all = 2 * Self.batchSize * graph.multiplyAdds
    let linear = try 2 * Self.batchSize * #require(graph.nodes.last).multiplyAdds
    // Nobody needs the gradient of the images.
    let stem = 2 * Self.batchSize * graph.nodes[1].multiplyAdds
    #expect(operations(steps, .convolutionForward) == all - linear)
    #expect(operations(steps, .convolutionBackwardData) == all - linear - stem)
    #expect(operations(steps, .convolutionBackwardWeights) == all - linear)
    #expect(operations(steps, .linear) == 3 * linear)
  }

  @Test(arguments: [true, false]) func aPassIsAccountedFor(folds: Bool) throws {
    let graph = try #require(Networks.all["projection and identity"]).graph()
    let plan = try OneDNNBackend(threads: 1).compileInference(
      graph, batchSize: Self.batchSize, precision: .fp32, foldsBatchNorm: folds, parameters: graph.store(seed: 1))
    let images = graph.images(Self.batchSize, seed: 2)
    let steps = try ran(try #require(plan as? any ObservablePlan)) { _ = try plan.run(images) }
    #expect(steps.contains { $0.kind == .batchNorm } == !folds)
    #expect(steps.allSatisfy { $0.kind != .other })
    #expect(operations(steps, .convolutionForward, .linear) == 2 * Self.batchSize * graph.multiplyAdds)
  }
}

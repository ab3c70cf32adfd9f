// The closed form of a network's cost: the graph's counts, for any network.
import Models
import Randomness
import Testing

@Suite struct CostTests {
  @Test func theClosedFormIsTheGraphs() throws {
    var random = CounterRandom(seed: 5)
    func pick(_ values: [Int]) -> Int { values[random.integer(below: values.count)] }
    var valid = 0
    for round in 0..<800 {
      var spec = ResNetSpec(
        input: Shape(channels: pick([1, 3]), height: pick([8, 17, 28, 32]), width: pick([8, 28, 31])),
        stem: .init(channels: pick([1, 8, 13]), kernel: pick([1, 3, 5])),
        layers: (0..<pick([1, 2, 3, 4])).map { _ in
          .init(
            blocks: pick([1, 2, 3, 7]), channels: pick([8, 13, 24]), kernel: pick([1, 3, 5]),
            skipKernel: pick([1, 3]), stride: pick([1, 2, 3]))
        },
        pool: pick([1, 2, 4]), blockDropout: Double(pick([0, 1])) / 4, dropout: Double(pick([0, 1])) / 4,
        classes: pick([2, 10, 100]))
      if round % 2 == 1 {
        spec.preActivation = pick([0, 1, 1]) == 1
        spec.squeezeExcitation = pick([0, 4, 100])
        spec.stem.padded = pick([0, 1]) == 1
        if pick([0, 1]) == 1 {
          spec.stem = .init(channels: 6, kernel: pick([2, 3]), whitening: true, padded: spec.stem.padded)
        }
        spec.pooling = pick([0, 1]) == 1 ? .max : .average
        spec.classifierBias = pick([0, 1]) == 1
        spec.batchNorm.trainsScale = pick([0, 1]) == 1
        for index in spec.layers.indices where !spec.preActivation && pick([0, 1]) == 1 {
          spec.layers[index].entry = .convPool
          spec.layers[index].blocks = pick([0, 1, 3])
        }
      }
      guard let graph = try? spec.graph() else { continue }
      valid += 1
      let (cost, summary) = (ModelCost(spec), ModelSummary(graph))
      #expect(cost.parameters == summary.parameters, "\(spec)")
      #expect(cost.multiplyAdds == summary.multiplyAdds, "\(spec)")
      #expect(cost.activations == summary.activations, "\(spec)")
    }
    #expect(valid > 400)
  }
}

// The budget before training: what is over it never becomes a trial, and the rest is as likely as before.
import Models
import Search
import Testing
import Training

/// 3 × 4 × 2 networks, some over the budget that the tests set.
private let small = """
  model.layers: [1, 2, 3]
  model.layers[*].channels: [8, 16, 24, 32]
  model.stem.channels: [8, 16]
  model.pool: 1
  """

/// The exact parameters of each network of `small`.
private func counts() throws -> [Int] {
  try [1, 2, 3].flatMap { layers in
    try [8, 16, 24, 32].flatMap { channels in
      try [8, 16].map { stem in
        var model = try Preset.named("model-1").configuration.model
        model.stem.channels = stem
        model.pool = 1
        model.layers = model.layers.prefix(layers).map { layer in
          .init(blocks: layer.blocks, channels: channels, stride: layer.stride)
        }
        return try model.graph().parameterCount
      }
    }
  }
}

@Suite struct BudgetTests {
  @Test func theShareOfACountableSpaceIsExact() throws {
    let all = try counts().sorted()
    let budget = Budget(parameters: all[9])
    let share = try study(small, budget: budget).proposer().feasibleShare()
    #expect(share.isExact && share.points == 24 && share.feasible == 10 && share.over == ["parameters": 14])
    #expect(share.uncertainty == 0)
  }

  @Test func theShareOfAContinuumIsEstimated() throws {
    let all = try counts().sorted()
    let budget = Budget(parameters: all[9])
    let share = try study(small + "\nmodel.dropout: { low: 0, high: 0.5 }", budget: budget).proposer().feasibleShare()
    #expect(!share.isExact && share.points == 10_000)
    #expect(abs(share.share - 10.0 / 24) < 1.5 * share.uncertainty, "three standard deviations and no less")
    #expect(share.uncertainty < 0.01)
  }

  @Test func whatKeepsTheBudgetIsEquallyLikely() throws {
    let all = try counts().sorted()
    let proposer = try study(small, budget: Budget(parameters: all[9])).proposer()
    var frequencies: [[String: ParameterValue]: Int] = [:]
    for number in 0..<2000 {
      let proposal = try proposer.propose(number: number, history: { [] }) { _ in false }
      frequencies[try #require(proposal).parameters, default: 0] += 1
    }
    #expect(frequencies.count == 10)
    let chiSquare = frequencies.values.reduce(0.0) { $0 + (Double($1) - 200) * (Double($1) - 200) / 200 }
    #expect(chiSquare < 27.9, "1 in 1000 at 9 degrees of freedom")
  }

  @Test func aSmallShareIsFoundAllTheSame() throws {
    let proposer = try study(budget: Budget(parameters: 100_000)).proposer()
    let share = proposer.feasibleShare()
    #expect(share.share < 0.01 && share.feasible > 0)
    for trial in try trials(20, of: proposer) {
      #expect(try proposer.configuration(of: trial).model.graph().parameterCount <= 100_000)
    }
  }

  @Test func aStepTakesNoMoreImagesThanThereAre() throws {
    let proposer = try study("training.batchSize: [32, 256]", settings: ["data.limitTrain=100"]).proposer()
    #expect(proposer.feasibleShare().impossible == 1)
    #expect(try trials(3, of: proposer).map { $0.parameters["training.batchSize"]?.value } == [.integer(32)])
  }

  static let impossible: [(String, Budget, String)] = [
    (
      small, Budget(parameters: 1000),
      "no point of the space keeps the budget: the closest has 16,178 parameters, 1,000 parameters are allowed"
    ),
    (small, Budget(parameters: nil, multiplyAdds: 5), "multiply-adds, 5 multiply-adds are allowed; raise the budget"),
    (
      "model.stem.channels: { low: 512, high: 1024 }\nmodel.dropout: { low: 0, high: 0.5 }",
      Budget(parameters: 100_000),
      "no point that was found in the space keeps the budget: the closest has "
    ),
  ]

  @Test(arguments: impossible) func aSpaceWithNothingToTryIsAnError(text: String, budget: Budget, message: String)
    throws
  {
    let definition = try study(text, budget: budget)
    let error = #expect(throws: SearchError.self) { try definition.proposer() }
    #expect(error?.description.contains(message) == true, "\(error?.description ?? "")")
  }

  @Test func secondsAndMemoryArePredicted() throws {
    let (one, two) = (
      ResNetSpec(stem: 16, widthFactor: 2, blocks: [1, 1, 1]), ResNetSpec(stem: 16, widthFactor: 2, blocks: [9, 9, 9])
    )
    let (a, b, c, d) = (3e-12, 2e-9, 2.5, 20.0)
    func measured(_ model: ResNetSpec, _ batch: Int) -> MachineRates.Measurement {
      let cost = ModelCost(model)
      return MachineRates.Measurement(
        model: model, batchSize: batch,
        secondsPerStep: Double(batch) * (a * Double(cost.multiplyAdds) + b * Double(cost.activations)),
        memoryBytes: Int(Double(batch) * c * Double(cost.activations) + d * Double(cost.parameters)))
    }
    let calibration = try MachineRates(images: 1000, measurements: [measured(one, 128), measured(two, 128)])
    let other = ResNetSpec(stem: 32, widthFactor: 1, blocks: [3, 5, 2])
    let seconds = 1000 * (a * Double(ModelCost(other).multiplyAdds) + b * Double(ModelCost(other).activations))
    #expect(abs(calibration.secondsPerEpoch(other) / seconds - 1) < 1e-6)
    // Kernels compute sixteen channels at a time.
    let narrow = ResNetSpec(stem: 25, widthFactor: 1, blocks: [3, 5, 2])
    let widths = narrow.layers.map(\.channels)
    #expect(widths == [25, 50, 100] && calibration.secondsPerEpoch(narrow) < calibration.secondsPerEpoch(other))
    var filled = narrow
    filled.stem.channels = 32
    for (index, channels) in [32, 64, 112].enumerated() { filled.layers[index].channels = channels }
    #expect(calibration.secondsPerEpoch(narrow) == calibration.secondsPerEpoch(filled))
    #expect(calibration.memoryBytes(narrow, batchSize: 64) == calibration.memoryBytes(filled, batchSize: 64))
    #expect(
      abs(Double(calibration.memoryBytes(other, batchSize: 64)) / Double(measured(other, 64).memoryBytes) - 1) < 1e-3)
    let single = try MachineRates(images: 1000, measurements: [measured(one, 128)])
    #expect(single.secondsPerActivation == 0 && single.secondsPerMultiplyAdd > a)
    #expect(throws: SearchError.self) { try MachineRates(images: 1000, measurements: []) }

    var definition = try study("training.batchSize: [32, 512]", budget: Budget(memoryBytes: 300 << 20))
    #expect(throws: SearchError.self, "there is no calibration") { try definition.proposer() }
    definition.calibration = calibration
    let proposer = try definition.proposer()
    #expect(proposer.feasibleShare().over == ["memoryBytes": 1])
    let trial = try #require(trials(3, of: proposer).first)
    #expect(trial.parameters["training.batchSize"]?.value == .integer(32))
    #expect(trial.userAttributes["predictedMemoryBytes"] != nil)
  }
}

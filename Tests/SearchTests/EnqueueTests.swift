// Values that a person or another program gives: checked against the space, and completed where some are missing.
import Models
import Search
import Testing
import Training

@Suite struct EnqueueTests {
  private let proposer: Proposer
  init() throws { proposer = try study(settings: ["training.epochs=3"], seed: 2).proposer() }

  private func enqueue(_ values: [String: Choice], taken: Set<String> = []) throws -> TrialProposal {
    try proposer.enqueue(values, number: 5, isTaken: taken.contains)
  }

  @Test func missingValuesAreDrawn() throws {
    let proposal = try enqueue(["model.layers[3].blocks": .integer(2), "training.batchSize": .integer(64)])
    #expect(proposal.parameters["model.layers"]?.stored == 4, "there is a fourth layer, so there are four")
    #expect(proposal.parameters["model.layers[3].blocks"]?.stored == 2)
    #expect(proposal.parameters["training.batchSize"]?.value == .integer(64))
    #expect(proposal.parameters["optimizer.learningRate"] != nil)
    let trial = Trial(id: 9, number: 5, state: .waiting, parameters: proposal.parameters)
    let configuration = try proposer.configuration(of: trial)
    #expect(configuration.training.batchSize == 64 && configuration.model.layers[3].blocks == 2)
  }

  @Test func aTrialIsNotEnqueuedTwice() throws {
    let proposal = try enqueue(["model.pool": .integer(2)])
    let fingerprint = try #require(proposal.fingerprint)
    let values = proposal.parameters.compactMapValues(\.value)
    let error = #expect(throws: SearchError.self) { try enqueue(values, taken: [fingerprint]) }
    #expect(error?.description == "the given values make no trial: the study has a trial with these values already")
    // Others may be free where not all values are given.
    let other = try enqueue(["model.pool": .integer(2)], taken: [fingerprint])
    #expect(other.fingerprint != fingerprint && other.parameters["model.pool"]?.value == .integer(2))
  }

  static let mistakes: [([String: Choice], String)] = [
    (["model.poll": .integer(2)], "model.poll is not a variable of the study; there are model.layers, "),
    (["model.pool": .integer(3)], "model.pool: 3 is not one of the study's values: one of 2, 4, 8"),
    (
      ["optimizer.learningRate": .number(1)],
      "optimizer.learningRate: 1.0 is not one of the study's values: 0.0001 to 0.1 (log)"
    ),
    (["optimizer.learningRate": .text("high")], "optimizer.learningRate: high is not one of the study's values"),
    (
      ["model.layers": .integer(2), "model.layers[3].blocks": .integer(2)],
      "the given values make no trial: its conditions exclude one another"
    ),
    (
      ["model.layers": .integer(4), "model.pool": .integer(8)],
      "the given values make no trial: model.pool: 8 is larger than"
    ),
    (
      [
        "model.stem.channels": .integer(64), "model.widthFactor": .integer(2), "model.layers": .integer(4),
        "model.pool": .integer(2),
      ],
      "parameters are over the budget of 5,000,000 parameters"
    ),
  ]

  /// What cannot be trained is drawn again, as for trials of which nothing is given.
  @Test func missingValuesAreDrawnUntilTheyCanBeTrained() throws {
    let proposer = try StudyDefinition(
      space: "schedule.warmup: { low: 0, high: 8 }\noptimizer.learningRate: { low: 0.01, high: 1, log: true }",
      origin: "s.yaml", settings: [], epochs: 3, sampler: .random, pruner: .none, horizon: .trial, seed: 1,
      budget: Budget()
    ).proposer()
    for number in 0..<20 {
      let proposal = try proposer.enqueue(["optimizer.learningRate": .number(0.05)], number: number) { _ in false }
      #expect(try #require(proposal.parameters["schedule.warmup"]?.stored) < 3)
    }
  }

  @Test(arguments: mistakes) func mistakesAreNamed(values: [String: Choice], message: String) throws {
    let error = #expect(throws: SearchError.self) { try enqueue(values) }
    #expect(error?.description.contains(message) == true, "\(error?.description ?? "")")
  }

  @Test func trialsOfOptunaAreUnderstood() throws {
    // `enqueue_trial({"model.pool": 4, "optimizer.learningRate": 0.05})` from Python: a wish, and no values yet.
    let wish = Trial(
      id: 1, number: 3, state: .waiting,
      systemAttributes: ["fixed_params": #"{"model.pool": 4, "optimizer.learningRate": 0.05}"#])
    let configuration = try proposer.configuration(of: wish)
    #expect(configuration.model.pool == 4 && configuration.optimizer.learningRate == 0.05)
    #expect(configuration.training.seed == proposer.trainingSeed(ofTrial: 3))
    let complete = Trial(id: 1, number: 3, state: .running, parameters: try proposer.complete(wish).parameters)
    #expect(try proposer.configuration(of: complete) == configuration, "what was drawn is stored and says the same")

    // A trial suggested from Python, its choices in another order.
    let suggested = Trial(
      id: 2, number: 4, state: .running,
      parameters: ["model.pool": ParameterValue(stored: 0, distribution: .categorical([.integer(8), .integer(2)]))])
    #expect(throws: Never.self) { try proposer.configuration(of: suggested) }
    #expect(try proposer.configuration(of: suggested).model.pool == 8)
    let unknown = Trial(
      id: 3, number: 6, state: .running,
      parameters: ["lr": ParameterValue(stored: 0.1, distribution: .float(low: 0, high: 1, step: nil, log: false))])
    #expect(throws: SearchError.self) { try proposer.configuration(of: unknown) }
  }
}

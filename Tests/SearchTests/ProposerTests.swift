// What a study proposes: the same whoever asks, nothing twice, nothing over budget, and the configuration of each
// from its stored values alone.
import Models
import Search
import Testing
import Training

/// A study of a shipped space or of a text, over a network that sets no limits of its own.
func study(
  _ space: String = "tpsnet", settings: [String] = [], sampler: Sampler = .random, pruner: Pruner = .default,
  horizon: Horizon = .trial, epochs: Int? = nil, seed: UInt64 = 0, budget: Budget = Budget()
) throws -> StudyDefinition {
  try StudyDefinition(
    space: SearchSpace.shipped(named: space) ?? "preset: model-1\n" + space, origin: "space.yaml", settings: settings,
    epochs: epochs, sampler: sampler, pruner: pruner, horizon: horizon, seed: seed, budget: budget)
}

/// The trials that a proposer makes one after the other.
func trials(_ count: Int, of proposer: Proposer) throws -> [Trial] {
  var taken: Set<String> = []
  var trials: [Trial] = []
  while trials.count < count,
    let proposal = try proposer.propose(number: trials.count, history: { trials }, isTaken: taken.contains)
  {
    if let fingerprint = proposal.fingerprint { taken.insert(fingerprint) }
    trials.append(
      Trial(
        id: trials.count, number: trials.count, state: .waiting, parameters: proposal.parameters,
        userAttributes: proposal.userAttributes))
  }
  return trials
}

@Suite struct ProposerTests {
  @Test(arguments: SearchSpace.shipped.map(\.name)) func shippedSpacesMakeTrials(name: String) throws {
    let proposer = try study(name).proposer()
    for trial in try trials(20, of: proposer) {
      let configuration = try proposer.configuration(of: trial)
      let parameters = try configuration.model.graph().parameterCount
      #expect(parameters <= 5_000_000)
      #expect(trial.userAttributes["parameters"] == "\(parameters)")
    }
  }

  @Test func aWorkerNeedsTheDefinitionAlone() throws {
    let definition = try study(settings: ["model.layers=3"], seed: 3)
    let read = try StudyDefinition(json: definition.json())
    #expect(read == definition)
    #expect(try trials(5, of: read.proposer()) == trials(5, of: definition.proposer()))
    #expect(try trials(5, of: read.proposer()) != trials(5, of: study(settings: ["model.layers=3"]).proposer()))
  }

  @Test func aStudyOutlivesNewSettings() throws {
    var definition = try study(settings: ["augmentation.cutout=7"])
    let before = try definition.proposer()
    definition.base = definition.base.split(separator: "\n").filter { !$0.contains("labelSmoothing") }
      .joined(separator: "\n")
    #expect(try definition.proposer().space.base == before.space.base)
  }

  /// Also where no variable has to do with it.
  @Test func impossibleTrainingsAreNoStudies() throws {
    let space = "model.pool: [1, 2]"
    for (settings, epochs, part) in [
      (["schedule.warmup=5", "schedule.period=3"], 8, "schedule.period: must be longer"),
      (["schedule.warmup=8"], 8, "schedule.warmup: 8.0 epochs leave nothing of 8"),
    ] {
      let error = #expect(throws: ConfigurationError.self) {
        _ = try study(space, settings: settings, epochs: epochs).proposer().trainableConfiguration()
      }
      #expect(error?.description.hasPrefix(part) == true, "\(error?.description ?? "")")
    }
    // Of another number of epochs than the base's, and where possible points are rare.
    _ = try study(space, settings: ["schedule.warmup=400"], epochs: 500).proposer().trainableConfiguration()
    _ = try study("schedule.warmup: { low: 0, high: 299 }", epochs: 4).proposer().trainableConfiguration()
  }

  /// Workers may run in other folders than the one in which the study was made.
  @Test(arguments: [true, false]) func aFolderOfImagesHasItsWholePath(isSetting: Bool) throws {
    let definition =
      isSetting
      ? try study("model.pool: [2, 4]", settings: ["data.dataset=folder:some pictures"])
      : try study("model.pool: [2, 4]\ndata.dataset: folder:some pictures")
    let path = try #require(definition.settings.last)
    #expect(path.hasPrefix("data.dataset=folder:/") && path.hasSuffix("/some pictures"), "\(path)")
    #expect(try definition.proposer().space.base.data.dataset == String(path.dropFirst("data.dataset=".count)))
    #expect(
      try StudyDefinition(space: definition.space, origin: "", settings: definition.settings).settings
        == definition.settings)
  }

  @Test func aTrialsSeedIsItsOwn() throws {
    let proposer = try study().proposer()
    let all = try trials(3, of: proposer)
    let seeds = try all.map { try proposer.configuration(of: $0).training.seed }
    #expect(Set(seeds).count == 3)
    #expect(seeds == (0..<3).map(proposer.trainingSeed(ofTrial:)))
  }

  @Test func layersBeyondTheLastDoNotExist() throws {
    let proposer = try study().proposer()
    for trial in try trials(30, of: proposer) {
      let layers = Int(try #require(trial.parameters["model.layers"]).stored)
      #expect((2...4).contains(layers))
      for index in 0..<4 {
        #expect((trial.parameters["model.layers[\(index)].blocks"] != nil) == (index < layers))
      }
      let model = try proposer.configuration(of: trial).model
      let factor = Int(try #require(trial.parameters["model.widthFactor"]?.value?.number))
      #expect(model.layers.map(\.channels) == (0..<layers).map { factor * model.stem.channels << $0 })
    }
  }
}

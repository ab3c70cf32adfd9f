// Where settings come from and which of them wins, and that a configuration survives being written down:
// a run is resumed from what its folder says.
import Datasets
import Foundation
import Models
import TestSupport
import Testing
import Training

@Suite struct ConfigurationTests {
  private func resolve(_ layers: Configuration.Layer...) throws -> Configuration { try Configuration.resolve(layers) }

  private func text(_ yaml: String) -> Configuration.Layer { .text(yaml, origin: "test") }

  @Test(arguments: [("tpsnet", 4_959_770, 13, 16), ("model-1", 4_865_580, 3, 34), ("model-2", 4_971_680, 7, 22)])
  func presetsAreTheStudys(name: String, parameters: Int, blocks: Int, stem: Int) throws {
    let configuration = try resolve(.preset(name))
    #expect(try configuration.model.graph().parameterCount == parameters)
    #expect(configuration.model.layers.map(\.blocks) == [blocks, blocks, blocks])
    #expect(configuration.model.layers.map(\.channels) == [2 * stem, 4 * stem, 8 * stem])
    #expect(configuration.model.layers.map(\.stride) == [1, 2, 2])
    #expect(configuration.model.stem == .init(channels: stem) && configuration.model.pool == 8)
    #expect(configuration.augmentation == Augmentation(cropPadding: 4, flip: .random, rotation: 5))
    let optimizer = configuration.optimizer
    #expect(optimizer.learningRate == 0.01 && optimizer.momentum == 0.9 && optimizer.weightDecay == 5e-4)
    #expect(!optimizer.nesterov && optimizer.decay == .all && optimizer.clipNorm == 0)
    #expect(configuration.schedule == Schedule(.cosine))
    #expect(configuration.training.epochs == 300 && configuration.training.batchSize == 128)
    #expect(configuration.training.labelSmoothing == 0 && configuration.training.ema == 0)
  }

  @Test func everyPresetIsValidWithinFiveMillion() throws {
    #expect(Set(Preset.all.map(\.name)).count == Preset.all.count)
    for preset in Preset.all {
      #expect(throws: Never.self, "\(preset.name)") { try preset.configuration.validate() }
      #expect(try preset.configuration.model.graph().parameterCount <= 5_000_000, "\(preset.name)")
      #expect(try resolve(.preset(preset.name)) == preset.configuration, "\(preset.name)")
    }
    #expect(try resolve() == Preset.default.configuration)
  }

  /// The counts that the documents state.
  @Test func presetsAreWhatTheDocumentsSay() throws {
    for (name, parameters, multiplyAdds) in [
      ("sprint", 3_707_704, 178_720_192), ("compact", 4_463_800, 234_163_648), ("best", 4_710_392, 370_706_944),
      ("tiny", 273_940, 48_664_320), ("tpsnet-fast", 4_959_770, 723_961_088),
    ] {
      let graph = try resolve(.preset(name)).model.graph()
      #expect(
        graph.parameterCount == parameters && graph.multiplyAdds == multiplyAdds, "\(name): \(graph.multiplyAdds)")
    }
  }

  /// Shipped weights are those of the recipes that bear their names.
  @Test func shippedWeightsAreOfTheirPresets() throws {
    let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().appendingPathComponent("Weights")
    for file in try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil) {
      guard file.pathExtension == "safetensors" else { continue }
      let info = try Checkpoint.describe(file)
      var own = try #require(try info.configuration())
      var preset = try resolve(.preset(file.deletingPathExtension().lastPathComponent))
      (own.data.mean, own.data.std) = ([], [])
      (own.training.threads, preset.training.threads) = (0, 0)
      (own.training.seed, preset.training.seed) = (0, 0)
      #expect(own == preset, "\(file.lastPathComponent)")
    }
  }

  @Test func strongerSourcesWin() throws {
    let folder = try TemporaryFolder()
    let file = folder.url.appendingPathComponent("a.yaml")
    try Data("optimizer: {momentum: 0.5, weightDecay: 0.25}".utf8).write(to: file)
    let preset = try resolve(.preset("tpsnet"))
    let configuration = try resolve(.preset("tpsnet"), .file(file), .assignment("optimizer.momentum=0.75"))
    #expect(preset.optimizer.momentum == 0.9)
    #expect(configuration.optimizer.momentum == 0.75)
    #expect(configuration.optimizer.weightDecay == 0.25)
    #expect(configuration.optimizer.learningRate == preset.optimizer.learningRate)
    #expect(configuration.training.epochs == 300 && Preset.default.configuration.training.epochs != 300)
    #expect(try resolve(.assignment("training.epochs=1"), .assignment("training.epochs=2")).training.epochs == 2)
  }

  @Test func JSONReadsAsYAMLDoes() throws {
    let yaml = """
      # a comment
      model:
        stem: { channels: 24 }
        layers:
          - { blocks: 2, channels: 24, stride: 1 }
          - { blocks: 1, channels: 48, kernel: 5, skipKernel: 3, stride: 2 }
        pool: 16
      schedule: { kind: steps, milestones: [5, 7.5] }
      """
    let json = """
      {"model": {"stem": {"channels": 24}, "pool": 16, "layers": [
        {"blocks": 2, "channels": 24, "stride": 1},
        {"blocks": 1, "channels": 48, "kernel": 5, "skipKernel": 3, "stride": 2}]},
       "schedule": {"kind": "steps", "milestones": [5, 7.5]}}
      """
    let configuration = try resolve(text(yaml))
    #expect(try resolve(text(json)) == configuration)
    #expect(configuration.model.stem == .init(channels: 24, kernel: 3))
    #expect(
      configuration.model.layers == [
        .init(blocks: 2, channels: 24, stride: 1),
        .init(blocks: 1, channels: 48, kernel: 5, skipKernel: 3, stride: 2),
      ])
    #expect(configuration.schedule.milestones == [5, 7.5])
  }

  // Whatever the default preset is: a file of today means tomorrow what it means today.
  @Test func aDescribedNetworkTakesItsDefaultsForWhatItLeavesOut() throws {
    let changes = [
      "model.activation=gelu", "model.pooling=max", "model.initialization=dirac", "model.stem.whitening=true",
      "model.logitScale=0.5", "model.classifierBias=false", "model.batchNorm.momentum=0.4",
    ].map { Configuration.Layer.assignment($0) }
    let network = "model: {stem: {channels: 8}, layers: [{blocks: 1, channels: 8, stride: 1}], pool: 32}"
    let described = text(network)
    let expected = ResNetSpec(
      stem: .init(channels: 8), layers: [.init(blocks: 1, channels: 8, stride: 1)], pool: 32)
    #expect(try Configuration.resolve(changes + [described]).model == expected)
    // Training settings are plain too, unless a preset was chosen for them.
    #expect(try resolve(described) == Configuration(model: expected))
    let chosen = try resolve(.preset("tpsnet"), described)
    #expect(chosen.model == expected && chosen.training.epochs == 300 && chosen.optimizer.learningRate == 0.01)
    // So are they where a file before it has some, and the last file wins.
    let folder = try TemporaryFolder()
    let files = try [
      "training: {epochs: 7, seed: 1}", "\(network)\ntraining: {seed: 2}", "training: {seed: 3}",
    ].enumerated().map { Configuration.Layer.file(URL(fileURLWithPath: try folder.write("\($0).yaml", Data($1.utf8)))) }
    let laid = try Configuration.resolve(files)
    #expect(laid.model == expected && laid.training.epochs == 7 && laid.training.seed == 3)
    // One that only changes a number keeps the rest.
    let configuration = try Configuration.resolve(changes + [text("model: {pool: 2}")])
    #expect(configuration.model.activation == .gelu && configuration.model.pool == 2)
  }

  @Test func pooledLayersAndWhiteningAreDescribed() throws {
    let yaml = """
      model:
        activation: silu
        stem: { channels: 24, kernel: 2, whitening: true, padded: false }
        layers: [{ blocks: 1, channels: 64, entry: convPool }, { blocks: 0, channels: 96, entry: convPool, stride: 3 }]
        pool: 5
        pooling: max
        classifierBias: false
        logitScale: 0.25
        batchNorm: { momentum: 0.4, trainsScale: false }
        initialization: dirac
      """
    let configuration = try resolve(text(yaml))
    #expect(
      configuration.model
        == ResNetSpec(
          activation: .silu, batchNorm: BatchNorm(momentum: 0.4, trainsScale: false),
          stem: .init(channels: 24, kernel: 2, whitening: true, padded: false),
          layers: [
            .init(blocks: 1, channels: 64, stride: 2, entry: .convPool),
            .init(blocks: 0, channels: 96, stride: 3, entry: .convPool),
          ], pool: 5, pooling: .max, classifierBias: false, logitScale: 0.25, initialization: .dirac))
    #expect(try resolve(text(configuration.yaml())) == configuration)
  }

  @Test func assignmentsReachIntoLists() throws {
    let configuration = try resolve(
      .assignment("model.layers[0].blocks=5"), .assignment("data.mean=[0.1, 0.2, 0.3]"),
      .assignment("data.std=[1, 1, 1]"), .assignment("data.dataset=folder:/a b/c"))
    #expect(configuration.model.layers[0].blocks == 5)
    #expect(configuration.model.layers[1] == Preset.default.configuration.model.layers[1])
    #expect(configuration.data.mean == [0.1, 0.2, 0.3])
    #expect(configuration.data.dataset == "folder:/a b/c")
  }

  @Test func aKeyWithNothingBehindItChangesNothing() throws {
    #expect(try resolve(text("training:\nmodel:\n")) == Preset.default.configuration)
    #expect(try resolve(text("")) == Preset.default.configuration)
    #expect(try resolve(text("# nothing")) == Preset.default.configuration)
  }

  @Test func writtenDownItIsTheSame() throws {
    var configuration = Tiny.configuration
    configuration.data.dataset = "folder:/it's a \"name\": yes, # 1"
    configuration.data.mean = [0.4914, 0.1 / 3, 1e-7]
    configuration.optimizer.learningRate = 0.1 + 0.2
    configuration.optimizer.weightDecay = 5e-11
    configuration.schedule.milestones = [1, 2.25]
    configuration.training.seed = .max
    configuration.training.precision = .bf16
    configuration.model.blockDropout = 0.3
    let yaml = try configuration.yaml()
    let again = try resolve(text(yaml))
    #expect(again == configuration)
    #expect(try again.yaml() == yaml)
    for preset in Preset.all {
      #expect(try resolve(text(preset.configuration.yaml())) == preset.configuration, "\(preset.name)")
    }
  }

  @Test(arguments: ["yes", "null", "1", "~", "0x1F", "true", "1e3", "- a", "[a]"]) func odderNamesStayTexts(
    name: String
  ) throws {
    var configuration = Tiny.configuration
    configuration.data.dataset = name
    #expect(try resolve(text(configuration.yaml())) == configuration)
  }
}

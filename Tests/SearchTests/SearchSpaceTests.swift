// What a space file means: variables, their conditions and types, and what the command line fixes.
import Foundation
import Models
import Search
import Testing
import Training

private func read(_ text: String, settings: [String] = []) throws -> SearchSpace {
  let base = text.contains("preset: ") ? nil : try Preset.named("model-1").configuration
  return try SearchSpace(yaml: text, origin: "space.yaml", base: base, settings: settings)
}

@Suite struct SearchSpaceTests {
  @Test func whatIsWholeFollowsFromTheSetting() throws {
    let space = try read(
      """
      model.pool: { low: 1, high: 4 }
      model.dropout: { low: 0, high: 0.4, step: 0.1 }
      optimizer.learningRate: { low: 1e-3, high: 1, log: true }
      schedule.kind: [cosine, linear]
      optimizer.nesterov: [true, false]
      """)
    #expect(
      space.parameters.map(\.distribution) == [
        .integer(low: 1, high: 4, step: 1, log: false), .float(low: 0, high: 0.4, step: 0.1, log: false),
        .float(low: 1e-3, high: 1, step: nil, log: true), .categorical([.text("cosine"), .text("linear")]),
        .categorical([.flag(true), .flag(false)]),
      ])
    #expect(try space.base.model == Preset.named("model-1").configuration.model)
  }

  @Test func aMapOfMapsIsThePathsOfItsLeaves() throws {
    let flat = try read("optimizer.momentum: 0.8\noptimizer.learningRate: [0.1, 0.2]\nmodel.stem.kernel: [1, 3]")
    let nested = try read(
      "optimizer: { momentum: 0.8, learningRate: [0.1, 0.2] }\nmodel:\n  stem:\n    kernel: [1, 3]")
    #expect(flat.parameters.map(\.name) == nested.parameters.map(\.name))
    #expect(flat.base == nested.base && flat.base.optimizer.momentum == 0.8)
  }

  @Test func listsOfListsAreValues() throws {
    let space = try read(
      "schedule.kind: steps\nschedule.milestones: [10, 20]\nmodel.pool: [1, 2]\n"
        + "model.layers: [{ blocks: 2, channels: 8, stride: 2 }, { blocks: 3, channels: 16, stride: 2 }]")
    #expect(space.parameters.map(\.name) == ["model.pool"])
    #expect(space.base.schedule.milestones == [10, 20])
    #expect(space.base.model.layers.map(\.blocks) == [2, 3])
  }

  @Test func layersHaveValuesOfTheirOwnOrShareOne() throws {
    let space = try read(
      """
      model.layers: [1, 3]
      model.layers[i].blocks: { low: 1, high: 3 }
      model.layers[1].blocks: 2
      model.layers[*].kernel: [3, 5]
      model.layers[2].kernel: [1, 3]
      """)
    #expect(
      space.parameters.map(\.name) == [
        "model.layers", "model.layers[0].blocks", "model.layers[2].blocks", "model.layers[*].kernel",
        "model.layers[2].kernel",
      ])
    #expect(space.base.model.layers.map(\.blocks)[1] == 2)
    let third = try #require(space.parameter(named: "model.layers[2].blocks"))
    #expect(third.conditions.map(\.values) == [[1]], "the second choice, 3 layers")
    #expect(space.parameter(named: "model.layers[0].blocks")?.conditions.isEmpty == true)
  }

  @Test func moreLayersThanTheBaseGoOnAsItDoes() throws {
    let space = try read("preset: tpsnet\nmodel.pool: 1\nmodel.layers: [3, 5]")
    #expect(space.base.model.layers.map(\.channels) == [32, 64, 128, 256, 512])
    #expect(space.base.model.layers.map(\.stride) == [1, 2, 2, 2, 2])
  }

  @Test func theCommandLineReplacesVariables() throws {
    let text = try #require(SearchSpace.shipped(named: "tpsnet"))
    let names = try read(text).parameters.map(\.name)
    let fixed = try read(
      text,
      settings: ["model.layers=2", "model.widthFactor=2", "model.layers[1].blocks=5", "optimizer.learningRate=0.1"])
    #expect(
      fixed.parameters.map(\.name)
        == names.filter { name in
          name != "model.layers" && name != "model.widthFactor" && name != "model.layers[1].blocks"
            && name != "optimizer.learningRate" && !name.hasPrefix("model.layers[2]")
            && !name.hasPrefix("model.layers[3]")
        })
    #expect(fixed.base.optimizer.learningRate == 0.1 && fixed.base.model.layers.map(\.blocks) == [13, 5])
    let all = try read(
      text, settings: ["model.layers[*].kernel=3", "model.pool=[1, 2]", "model.stem.channels={ low: 4, high: 9 }"])
    #expect(
      all.parameter(named: "model.stem.channels")?.distribution == .integer(low: 4, high: 9, step: 1, log: false))
    #expect(!all.parameters.contains { $0.name.hasSuffix(".kernel") })
    #expect(all.parameter(named: "model.pool")?.distribution == .categorical([.integer(1), .integer(2)]))
  }

  @Test func conditionsAreKept() throws {
    let text = """
      schedule.periodFactor: { choice: [1, 2], when: { schedule.kind: warmRestarts } }
      schedule.kind: [cosine, warmRestarts]
      """
    let space = try read(text)
    #expect(space.parameters.map(\.name) == ["schedule.kind", "schedule.periodFactor"])
    let proposer = try study(text).proposer()
    for trial in try trials(3, of: proposer) {
      let restarts = trial.parameters["schedule.kind"]?.value == .text("warmRestarts")
      #expect((trial.parameters["schedule.periodFactor"] != nil) == restarts)
    }
    let fixed = try read(text + "\nmodel.pool: [2, 4]", settings: ["schedule.kind=cosine"])
    #expect(fixed.parameters.map(\.name) == ["model.pool"])
    #expect(throws: SpaceError.self) { try read(text, settings: ["schedule.kind=cosine"]) }
  }

  @Test func settingsOfLayersBeyondTheStudysAreSearchedToo() throws {
    let text = """
      model.layers: { low: 1, high: 3 }
      model.layers[i].entry: [block, convPool]
      model.layers[i].blocks: { low: 1, high: 3 }
      model.layers[2].entry: convPool
      model.pool: 1
      """
    #expect(try read(text).base.model.layers.map(\.entry) == [.block, .block, .convPool])
    let proposer = try study(text).proposer()
    for trial in try trials(20, of: proposer) {
      let layers = try proposer.configuration(of: trial).model.layers
      #expect(layers.count == trial.parameters["model.layers"].map { Int($0.stored) })
      for (index, layer) in layers.enumerated() {
        let entry = trial.parameters["model.layers[\(index)].entry"]?.value?.description ?? "convPool"
        #expect("\(layer.entry)" == entry)
        #expect(Double(layer.blocks) == trial.parameters["model.layers[\(index)].blocks"]?.stored)
      }
      #expect(
        trial.userAttributes["parameters"] == "\(ModelCost(try proposer.configuration(of: trial).model).parameters)")
    }
  }

  @Test func theReadMesSpaceIsOne() throws {
    let readMe = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("../../README.md")
    let blocks = try String(contentsOf: readMe, encoding: .utf8).components(separatedBy: "```")
    let text = try #require(blocks.first { $0.contains("model.layers[i]") }).replacing(
      "yaml\n", with: "", maxReplacements: 1)
    let space = try SearchSpace(yaml: text, origin: "README.md")
    #expect(space.parameters.count == 12)
    #expect(space.parameter(named: "schedule.period")?.conditions.count == 1)
  }

  @Test func settingsOfTheNetworkBeyondTheStudysAreSearchedToo() throws {
    let proposer = try study("model.activation: [relu, gelu, silu]\nmodel.stem.channels: { low: 8, high: 64 }")
      .proposer()
    for trial in try trials(10, of: proposer) {
      let model = try proposer.configuration(of: trial).model
      #expect("\(model.activation)" == trial.parameters["model.activation"]?.value?.description)
      #expect(Double(model.stem.channels) == trial.parameters["model.stem.channels"]?.stored)
    }
  }
}

// Space files that cannot be used: each error names the place, the key and the remedy, in one line.
import Search
import Testing
import Training

/// The error of a space file, as it is shown.
private func failure(_ text: String, settings: [String] = []) -> String {
  do {
    _ = try SearchSpace(yaml: text, origin: "s.yaml", settings: settings)
    return "no error"
  } catch {
    return "\(error)"
  }
}

@Suite struct SpaceErrorTests {
  static let forms: [(String, String)] = [
    ("optimizer.learnRate: [1, 2]", "s.yaml:1:1: optimizer.learnRate: unknown key; known here: biasFactor, clipNorm, "),
    (
      "model.layers[i].block: [1, 2]",
      "s.yaml:1:1: model.layers[0].block: unknown key; known here: blocks, channels, entry"
    ),
    (
      "model.layers[j].blocks: [1, 2]",
      "s.yaml:1:1: model.layers[j].blocks: write model.layers[i].key (a value for each)"
    ),
    ("data.mean[0]: [1, 2]", "s.yaml:1:1: data.mean[0]: only model.layers has numbered elements"),
    (
      "training.ema: 0\nmodel.pool: { low: 8, high: 4 }",
      "s.yaml:2:20: model.pool.low: 8 is above high, 4: exchange them"
    ),
    ("model.pool: { min: 2, max: 4 }", "s.yaml:1:15: model.pool.min: unknown key; a range has low, high"),
    ("model.pool: { choices: [2, 4] }", "s.yaml:1:15: model.pool.choices: unknown key; a range has low, high"),
    ("model.pool: { low: 2 }", "s.yaml:1:1: model.pool: high is missing: a range has low and high"),
    ("model.pool: { high: 2 }", "s.yaml:1:1: model.pool: low is missing"),
    ("model.pool: { low: 1.5, high: 4 }", "s.yaml:1:20: model.pool.low: 1.5 is not a whole number"),
    (
      "model.pool: { low: 1, high: 9223372036854775807 }",
      "s.yaml:1:29: model.pool.high: 9223372036854775807 is beyond all networks"
    ),
    ("model.pool: [1, 9223372036854775807]", "s.yaml:1:1: model.pool: 9223372036854775807 is beyond all networks"),
    ("model.pool: { low: two, high: 4 }", "s.yaml:1:20: model.pool.low: two is not a number"),
    ("model.pool: { low: 2, high: 4, stepp: 2 }", "s.yaml:1:32: model.pool.stepp: unknown key; a range has low, high"),
    (
      "model.pool: { low: 1, high: 4, step: 2 }",
      "s.yaml:1:29: model.pool.high: not reached from 1 in steps of 2: use 3"
    ),
    ("model.pool: { low: 1, high: 4, step: 0 }", "s.yaml:1:38: model.pool.step: 0 leads nowhere: use a step above 0"),
    ("model.dropout: { low: 0, high: 0.5, log: true }", "s.yaml:1:23: model.dropout.low: 0 has no logarithm"),
    (
      "model.dropout: { low: 0.1, high: 0.5, log: yes }",
      "s.yaml:1:44: model.dropout.log: yes is neither true nor false"
    ),
    (
      "model.dropout: { low: 0.1, high: 0.5, step: 0.1, log: true }",
      "s.yaml:1:45: model.dropout.step: steps and log do not go together"
    ),
    (
      "model.dropout: { low: 0, high: 0.5, step: 0.15 }",
      "s.yaml:1:32: model.dropout.high: not reached from 0 in steps of 0.15: use 0.45"
    ),
    ("model.pool: { choice: [2, 4], low: 1 }", "s.yaml:1:1: model.pool: either a choice or a range, not both"),
    ("model.pool: { choice: 2 }", "s.yaml:1:23: model.pool.choice: a list is expected: [2, …]"),
    ("model.pool: []", "s.yaml:1:1: model.pool: an empty list leaves nothing to choose"),
    ("model.layers[i].blocks: []", "s.yaml:1:1: model.layers[i].blocks: an empty list leaves nothing to choose"),
    ("training..batchSize: [64, 512]", "s.yaml:1:1: training..batchSize: a part of the path is empty"),
    ("model.layers[00].blocks: [1, 2]", "s.yaml:1:1: model.layers[00].blocks: write model.layers[i].key"),
    ("model.pool: [2, 4, 2]", "s.yaml:1:1: model.pool: 2 is listed twice"),
    ("model.pool: [2, [4]]", "s.yaml:1:13: model.pool: choices are plain values"),
    ("model.pool:", "s.yaml:1:12: model.pool: nothing stands behind it: give a value, a list or a range"),
    ("model.pool: [2, 4.5]", "s.yaml:1:1: model.pool: "),
    ("schedule.kind: [cosine, triangle]", "s.yaml:1:1: schedule.kind: triangle is not one of constant, cosine, "),
    ("schedule.kind: triangle\nmodel.pool: [2, 4]", "s.yaml:1:1: schedule.kind: triangle is not one of constant, "),
    ("schedule.kind: { low: 1, high: 2 }", "s.yaml:1:1: schedule.kind: it is no number: give a list of choices"),
    ("optimizer.nesterov: [true, perhaps]", "s.yaml:1:1: optimizer.nesterov: "),
    ("model.pool: [2, 4]\nmodel:\n  pool: 2", "s.yaml:3:3: model.pool: given twice, here and at s.yaml:1:1: leave one"),
    ("model.pool: [2, 4]\nmodel.pool: 2", "s.yaml:"),
    ("model.pool: [2, 4", "s.yaml:"),
    ("- model.pool", "s.yaml:1:1: a space file is a map of configuration paths to what they may be"),
    ("model.pool: &p [2, 4]\nmodel.layers[*].kernel: *p", "s.yaml:"),
    ("preset: tpsnett\nmodel.pool: [2, 4]", "s.yaml:1:9: preset: unknown preset tpsnett; there are sprint, "),
    ("preset: tpsnet", "s.yaml: nothing is searched: give a path a list or a range"),
    ("", "s.yaml: nothing is searched: give a path a list or a range"),
  ]

  @Test(arguments: forms) func formsAreChecked(text: String, expected: String) {
    let failure = failure(text)
    #expect(failure.hasPrefix(expected), "\(failure)")
    #expect(!failure.contains("\n"))
  }

  static let meanings: [(String, String)] = [
    ("training.seed: 3\nmodel.pool: [2, 4]", "s.yaml:1:1: training.seed: each trial's seed follows from the study's"),
    ("training.epochs: [10, 20]", "s.yaml:1:1: training.epochs: trials are compared after equal epochs"),
    ("data.validation: [1000, 5000]", "s.yaml:1:1: data.validation: trials are compared on the same images"),
    ("model.classes: [10, 100]", "s.yaml:1:1: model.classes: the images have one number of classes"),
    ("training.threads: [1, 2]", "s.yaml:1:1: training.threads: it changes no result"),
    ("model.layers: { low: 0, high: 3 }", "s.yaml:1:1: model.layers: the number of residual layers: use 1 to 16"),
    ("model.layers: [2, 99]", "s.yaml:1:1: model.layers: the number of residual layers: use 1 to 16"),
    (
      "model.layers: [2, 3]\nmodel.layers[3].blocks: [1, 2]",
      "s.yaml:2:1: model.layers[3].blocks: there are at most 3 layers: use [0] to [2]"
    ),
    (
      "model.widthFactor: [1, 2]\nmodel.layers[i].channels: [8, 16]",
      "s.yaml:2:1: model.layers[i].channels: the channels follow from model.widthFactor at s.yaml:1:1: leave one"
    ),
    ("model.widthFactor: [0, 2]", "s.yaml:1:1: model.widthFactor: layer i has widthFactor · stem.channels"),
    (
      "model.layers[i].kernel: [3, 5]\nmodel.layers[*].kernel: [3, 5]",
      "s.yaml:2:1: model.layers[*].kernel: model.layers[i].kernel gives each layer its own: leave one of both"
    ),
    // Values that no network has, whatever the others are.
    (
      "model.layers[*].kernel: [3, 4]",
      "s.yaml:1:1: model.layers[*].kernel: 4 is never possible: model.layers[0].kernel: 4 is even"
    ),
    (
      "model.pool: [4, 32]",
      "s.yaml:1:1: model.pool: 32 is never possible: model.pool: 32 is larger than the last layer's map of 4×4"
    ),
    (
      "model.dropout: { low: 0, high: 1 }",
      "s.yaml:1:1: model.dropout: 1.0 is never possible: model.dropout: 1.0 is out of range"
    ),
    (
      "optimizer.momentum: { low: 0.5, high: 1 }",
      "s.yaml:1:1: optimizer.momentum: 1.0 is never possible: optimizer.momentum: use 0 up to, but not, 1"
    ),
    (
      "training.batchSize: [0, 32]",
      "s.yaml:1:1: training.batchSize: 0 is never possible: training.batchSize: 0 is no batch"
    ),
  ]

  @Test(arguments: meanings) func meaningsAreChecked(text: String, expected: String) {
    let failure = failure(text)
    #expect(failure.hasPrefix(expected), "\(failure)")
  }

  static let conditions: [(String, String)] = [
    ("model.pool: { choice: [2, 4], when: kind }", "s.yaml:1:37: model.pool.when: write it as when: { path: value }"),
    (
      "model.pool: { choice: [2, 4], when: { schedule.kind: cosine } }",
      "s.yaml:1:39: model.pool.when: schedule.kind is not in the space: name one of its variables"
    ),
    (
      "schedule.kind: [cosine, linear]\nmodel.pool: { choice: [2, 4], when: { schedule.kind: steps } }",
      "s.yaml:2:39: model.pool.when: schedule.kind is never steps: it is one of cosine, linear"
    ),
    (
      "model.dropout: { low: 0, high: 0.5 }\nmodel.pool: { choice: [2, 4], when: { model.dropout: 0 } }",
      "s.yaml:2:39: model.pool.when: model.dropout is a continuum: depend on a list or on whole numbers"
    ),
    (
      "model.pool: { choice: [2, 4], when: { model.stem.kernel: 3 } }\n"
        + "model.stem.kernel: { choice: [1, 3], when: { model.pool: 2 } }",
      "s.yaml:1:1: model.pool: it depends on itself through its conditions: break the circle"
    ),
    (
      "model.pool: { choice: [2, 4], when: { model.stem.kernel: {} } }",
      "s.yaml:1:58: model.pool.when: a value or a list"
    ),
  ]

  @Test(arguments: conditions) func conditionsAreChecked(text: String, expected: String) {
    let failure = failure(text)
    #expect(failure.hasPrefix(expected), "\(failure)")
  }

  /// Aliases of aliases as keys, whose comparison would not end.
  @Test func aliasesAreCounted() {
    let lines = (1...29).map { "a\($0): &a\($0) [*a\($0 - 1), *a\($0 - 1)]" }
    let text = (["a0: &a0 [x, x]"] + lines + ["? *a29", ": 1", "? *a28", ": 2"]).joined(separator: "\n")
    #expect(failure(text) == "s.yaml: more than 20 aliases: write the values out")
    let flow = "[&a0 [x, x], \(lines.map { $0.drop { $0 != "&" } }.joined(separator: ", ")), {? *a29 : 1, ? *a28 : 2}]"
    let setting = "model.pool=\(flow)"
    #expect(
      failure("model.stem.kernel: [1, 3]", settings: [setting]).hasSuffix(
        "model.pool: more than 20 aliases: write the values out"))
  }

  static let assignments: [(String, String)] = [
    ("model.pool", "--set model.pool: write it as key.path=value"),
    ("model.pool=", "--set model.pool=: model.pool: no value"),
    ("model.poll=3", "--set model.poll=3: model.poll: unknown key; known here: "),
    ("model.layers[7].blocks=3", "--set model.layers[7].blocks=3: model.layers[7].blocks: there are at most 3 layers"),
    ("schedule.kind=triangle", "--set schedule.kind=triangle: schedule.kind: triangle is not one of "),
    ("model.pool=32", "s.yaml:"),
    ("preset=tiny", "--set preset=tiny: preset: choose it by --preset"),
  ]

  @Test func listsThatAreSettingsMayBeEmpty() throws {
    let space = try SearchSpace(
      yaml: "preset: tpsnet-fast\nmodel.activation: [relu, silu]", origin: "s.yaml", settings: ["training.growth=[]"])
    #expect(space.parameters.map(\.name) == ["model.activation"] && space.base.training.growth.isEmpty)
  }

  @Test(arguments: assignments) func theCommandLineIsChecked(setting: String, expected: String) {
    let failure = failure("model.stem.kernel: [1, 3]\nmodel.pool: [2, 4]", settings: [setting])
    #expect(failure.hasPrefix(expected), "\(failure)")
  }
}

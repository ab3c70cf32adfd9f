// Every setting that cannot be, and that its error names the key by its path:
// a slip in a long configuration is to be found from the message alone.
import Foundation
import Testing
import Training

@Suite struct ConfigurationErrorTests {
  private func expectFailure(
    _ layer: Configuration.Layer, _ start: String, _ part: String = "", location: SourceLocation = #_sourceLocation
  ) {
    // Over a network without whitening or pooled entries, which would allow more.
    let text = failure { _ = try Configuration.resolve([.preset("model-1"), layer]) }
    #expect(
      text?.hasPrefix(start) == true && (part.isEmpty || text?.contains(part) == true),
      "\(text ?? "no error") for \(layer)", sourceLocation: location)
    #expect(text?.contains("\n") != true, sourceLocation: location)
  }

  @Test func unknownKeysAreNamed() {
    let layers = "model: {layers: [{blocks: 1, channels: 8, stride: 1}, {blocks: 1, channels: 8, stride: 1, blocs: 2}]}"
    expectFailure(.text("optimiser: {}", origin: "a"), "optimiser: unknown key", "optimizer")
    expectFailure(.text("training: {epoch: 3}", origin: "a"), "training.epoch: unknown key", "epochs")
    expectFailure(.text("model: {stem: {kernal: 3}}", origin: "a"), "model.stem.kernal: unknown key", "kernel")
    expectFailure(.text(layers, origin: "a"), "model.layers[1].blocs: unknown key", "blocks")
    let misspelt = "model: {layers: [{blocks: 1, chanels: 8, stride: 1}]}"
    expectFailure(.text(misspelt, origin: "a"), "model.layers[0].chanels: unknown key", "channels")
    let growth = "training.growth=[{blocks: 1, untill: 0.5}]"
    expectFailure(.assignment(growth), "training.growth[0].untill: unknown key", "until")
    expectFailure(.assignment("training.growth=[{blocks: 1}]"), "training.growth[0].until: is missing")
    expectFailure(.assignment("training.epoch=3"), "training.epoch: unknown key")
    expectFailure(.assignment("model.layers[1].blocs=3"), "model.layers[1].blocs: unknown key")
    expectFailure(.assignment("training.epochs.x=3"), "--set training.epochs.x=3: ")
  }

  @Test func wrongTypesAreNamed() {
    for (assignment, path) in [
      ("training.epochs=many", "training.epochs"), ("training.epochs=1.5", "training.epochs"),
      ("training.epochs=[3]", "training.epochs"), ("training.epochs=99999999999999999999", "training.epochs"),
      ("optimizer.learningRate=fast", "optimizer.learningRate"), ("optimizer.nesterov=3", "optimizer.nesterov"),
      ("training.seed=-1", "training.seed"), ("training=5", "training"), ("data.mean=0.5", "data.mean"),
      ("data.mean=[a, b, c]", "data.mean[0]"), ("model.layers=3", "model.layers"),
      ("model.layers[1].channels=x", "model.layers[1].channels"), ("model.stem.kernel={}", "model.stem.kernel"),
    ] {
      expectFailure(.assignment(assignment), "\(path): ")
    }
    expectFailure(
      .text("model: {layers: [{blocks: 1, stride: 1}]}", origin: "a"), "model.layers[0].channels: is missing")
  }

  @Test func wordsOfAListAreNamed() {
    for (path, word) in [
      ("training.precision", "bf16"), ("schedule.kind", "cosine"), ("optimizer.decay", "weights"),
      ("optimizer.kind", "muon"), ("training.convolutions", "fastest"), ("model.layers[1].entry", "convPool"),
      ("augmentation.flip", "alternating"), ("augmentation.paddingMode", "reflect"),
    ] {
      expectFailure(.assignment("\(path)=other"), "\(path): other is not one of ", word)
    }
    expectFailure(.preset("tpsnett"), "unknown preset tpsnett", "model-1")
  }

  @Test func impossibleValuesAreNamed() {
    for (path, value) in [
      ("training.epochs", "0"), ("training.epochs", "-3"), ("training.epochs", "9223372036854775807"),
      ("training.batchSize", "0"), ("training.batchSize", "9223372036854775807"), ("training.evaluateEvery", "0"),
      ("training.labelSmoothing", "1"), ("training.labelSmoothing", "-0.1"), ("training.ema", "1"),
      ("training.patience", "-1"), ("training.threads", "-1"), ("training.checkpointSeconds", "-1"),
      ("training.checkpointSeconds", ".inf"), ("optimizer.learningRate", "0"), ("optimizer.learningRate", "-0.1"),
      ("optimizer.learningRate", ".inf"), ("optimizer.learningRate", ".nan"), ("optimizer.momentum", "1"),
      ("optimizer.momentum", "-0.1"), ("optimizer.weightDecay", "-1"), ("optimizer.clipNorm", "-1"),
      ("optimizer.clipNorm", ".inf"), ("optimizer.biasFactor", "-1"), ("optimizer.scaleFactor", ".inf"),
      ("optimizer.headFactor", "-0.1"), ("optimizer.muon.momentum", "1"), ("optimizer.muon.steps", "0"),
      ("optimizer.muon.steps", "11"),
      ("optimizer.lookahead.every", "-1"), ("optimizer.lookahead.decay", "1.1"), ("optimizer.lookahead.power", "-1"),
      ("schedule.warmup", "-1"), ("schedule.minimum", "2"), ("data.validation", "-1"),
      ("data.limitTrain", "-1"), ("model.pool", "0"), ("model.pool", "9"), ("model.stem.kernel", "4"),
      ("model.stem.channels", "0"), ("model.layers[2].kernel", "2"), ("model.layers[1].skipKernel", "2"),
      ("model.layers[0].blocks", "0"), ("model.layers[0].stride", "0"), ("model.layers", "[]"), ("model.classes", "1"),
      ("model.dropout", "1"), ("model.blockDropout", "-0.1"), ("model.input.height", "0"),
    ] {
      expectFailure(.assignment("\(path)=\(value)"), "\(path): ")
    }
    expectFailure(.assignment("augmentation.mixUp=1e-9"), "mixUp with a beta parameter of 1e-09")
    expectFailure(.text("training: {patience: 2}\ndata: {validation: 0}", origin: "a"), "training.patience: ")
    expectFailure(.assignment("training.keep=0.5"), "training.keep: unknown key")
    expectFailure(.text("optimizer: {momentum: 0, nesterov: true}", origin: "a"), "optimizer.nesterov: ")
    expectFailure(.assignment("data.mean=[0.5, 0.5]"), "normalisation by mean")
    expectFailure(.assignment("data.std=[0.5, 0.5, 0]"), "normalisation by mean")
    expectFailure(.assignment("augmentation.cropPadding=40"), "crop padding of 40")
    expectFailure(.assignment("augmentation.cutout=33"), "cutout of 33")
    expectFailure(.assignment("augmentation.rotation=181"), "rotation by up to 181")
    expectFailure(.assignment("augmentation.erasing=2"), "erasing with probability 2")
    expectFailure(.assignment("augmentation.mixUp=-1"), "mixUp with a beta parameter of -1", "0 (off)")
  }

  @Test(arguments: ["epochs", "=3", ".=3", "[]=3", ""]) func assignmentsNeedAPath(assignment: String) {
    expectFailure(.assignment(assignment), "--set \(assignment): write it as key.path=value")
  }

  @Test func elementsOfListsMustExist() {
    expectFailure(
      .assignment("model.layers[3].blocks=1"), "--set model.layers[3].blocks=1: there is no element 3", "0 to 2")
    expectFailure(.assignment("model.layers[x].blocks=1"), "--set model.layers[x].blocks=1: there is no element x")
  }

  /// A few lines may stand for more values than memory holds.
  @Test func aliasesOfAliasesAreCounted() {
    func text(_ first: String, levels: Int, of count: Int) -> String {
      let lines = (1...levels).map {
        "a\($0): &a\($0) [\(Array(repeating: "*a\($0 - 1)", count: count).joined(separator: ", "))]"
      }
      return (["a0: &a0 \(first)"] + lines).joined(separator: "\n")
    }
    let thousand = "[\(Array(repeating: "1", count: 1000).joined(separator: ", "))]"
    expectFailure(.text(text(thousand, levels: 4, of: 5), origin: "a.yaml"), "a.yaml: more than 100000 values")
    // As keys, whose comparison comes before anything is counted.
    let keys = text("[x, x]", levels: 29, of: 2) + "\n? *a29\n: 1\n? *a28\n: 2"
    expectFailure(.text(keys, origin: "a.yaml"), "a.yaml: more than 20 aliases: write the values out")
  }

  @Test func starsThatAreNoAliasesAreNone() throws {
    let banner = String(repeating: "# \(String(repeating: "*", count: 60))\n# a*b, 2 * 3\n", count: 30)
    let configuration = try Configuration.resolve([.text(banner + "training: {epochs: 7}", origin: "a.yaml")])
    #expect(configuration.training.epochs == 7)
  }

  /// YAML 1.1 takes them for 8, 90 and 0.
  @Test func numbersOfOtherBasesAreRefused() throws {
    for text in ["010", "1:30", "-00"] {
      expectFailure(
        .assignment("training.seed=\(text)"), "--set training.seed=\(text): \(text): a number of base 8 or 60 in YAML")
    }
    let seed = try Configuration.resolve([.assignment("training.seed=10")]).training.seed
    #expect(seed == 10)
    for rate in ["0.01", "+0.01", "1e-2"] {
      #expect(try Configuration.resolve([.assignment("optimizer.learningRate=\(rate)")]).optimizer.learningRate == 0.01)
    }
  }

  @Test func unreadableTextsAreNamed() {
    expectFailure(.text("training: [", origin: "a.yaml"), "a.yaml: not valid YAML: ")
    expectFailure(.text("training: {epochs: 3, epochs: 4}", origin: "a.yaml"), "a.yaml: not valid YAML: ", "epochs")
    expectFailure(.text("- 1", origin: "a.yaml"), "a.yaml: ", "map of keys")
    expectFailure(.text("? [a]\n: 1", origin: "a.yaml"), "a.yaml: a key is not a plain word")
    let deep = String(repeating: "[", count: 100_000)
    expectFailure(.text(deep, origin: "a.yaml"), "a.yaml: not valid YAML: ")
    #expect(failure { _ = try Configuration.resolve([.text(deep, origin: "a")]) }?.count ?? 0 < 400)
    expectFailure(.file(URL(fileURLWithPath: "/no/such.yaml")), "/no/such.yaml: cannot be read (No such file")
    expectFailure(.file(FileManager.default.temporaryDirectory), "\(FileManager.default.temporaryDirectory.path): ")
  }
}

// What becomes of a whole study by the command line: one that cannot be trained is not made, and a study that nobody
// wants goes, with nothing but its trials' files left.
import Foundation
import Search
import TestSupport
import Testing
import Training

@Suite struct StudyTests {
  let workspace: SearchWorkspace

  init() throws { workspace = try SearchWorkspace(data: Workspace()) }

  /// Its settings could not be changed any more.
  @Test func aStudyWithoutItsImagesIsNotMade() throws {
    for (settings, part) in [
      (["--dataset", "folder:\(workspace.folder.path)"], "no such folder"),
      (["--set", "model.classes=3"], "add --set model.classes=10"),
      (["--set", "data.validation=4000"], "choose data.validation"),
      (["--set", "training.batchSize=90"], "90 is more than the 80 images left"),
      (["--study=-x"], "use a plain folder name"),
    ] {
      let outcome = try tpsnet(workspace.arguments(workers: 1, trials: 1) + settings)
      #expect(outcome.code != 0 && outcome.errors.contains(part), "\(outcome.errors)")
      #expect(!FileManager.default.fileExists(atPath: workspace.storage))
    }
    for (settings, part) in [
      (["--dataset", "cifar99"], "cifar99"), (["--folder", ""], "for '--folder <dir>': Name one"),
      (["--study", String(repeating: "x", count: 513)], "512"),
    ] {
      let outcome = try tpsnet(workspace.arguments(workers: 0, trials: 1) + settings)
      #expect(outcome.code == 2 && outcome.errors.contains(part), "\(outcome.errors)")
      #expect(!FileManager.default.fileExists(atPath: workspace.storage))
    }
    // Other machines may have them.
    let waiting = workspace.arguments(workers: 0, trials: 1) + ["--set", "model.classes=3"]
    let made = try tpsnet(waiting + ["--epochs", "4"])
    #expect(
      made.code == 0 && made.errors.contains("1 trial: too few for one to be trained to its end"), "\(made.errors)")
  }

  @Test func aConfigurationIsLaidOverTheSpacesPreset() throws {
    let folder = try TemporaryFolder()
    let part = try folder.write("part.yaml", Data("augmentation: {cutout: 7}".utf8))
    func make(_ preset: String) throws -> Outcome {
      let space = try folder.write("space.yaml", Data("preset: \(preset)\noptimizer.learningRate: [0.1, 0.2]".utf8))
      return try tpsnet(
        "search", "run", "--study", "tiny", "--storage", workspace.storage, "--folder", folder.path("trials"),
        "--space",
        space, "--config", part, "--workers", "0")
    }
    let unknown = try make("nope")
    #expect(unknown.code == 2 && unknown.errors.contains("unknown preset nope"), "\(unknown.errors)")
    let made = try make("tiny")
    #expect(made.code == 0 && made.errors.hasPrefix("1 variable; "), "\(made.errors)")
    let text = try #require(try workspace.study().record.attributes[StudyDefinition.attribute])
    let definition = try StudyDefinition(json: text)
    #expect(try definition.baseConfiguration().model == Preset.named("tiny").configuration.model)
    #expect(definition.base.contains("cutout: 7"))
  }

  @Test func theEndOfASpaceAndFailedTrialsAreSaid() throws {
    let space = workspace.space + "-small"
    try Data("training.batchSize: [8, 90]".utf8).write(to: URL(fileURLWithPath: space))
    let outcome = try tpsnet(
      workspace.arguments(workers: 1, trials: 3) + ["--space", space, "--pruner", "none", "--epochs", "1"])
    #expect(outcome.code == 0 && outcome.output.contains("2 trials: 1 complete, 1 failed"), "\(outcome.errors)")
    #expect(outcome.errors.contains("1 trial failed; the most frequent reason: "), "\(outcome.errors)")
    #expect(outcome.errors.contains("2 trials instead of 3"), "\(outcome.errors)")
  }

  /// Accuracies on others could not be compared.
  @Test func aStudyKeepsItsImages() throws {
    let batch = URL(fileURLWithPath: workspace.data.data).appendingPathComponent(
      "cifar-10-batches-bin/data_batch_2.bin")
    let bytes = try Data(contentsOf: batch)
    func run(trials: Int) throws -> Outcome {
      try tpsnet(workspace.arguments(workers: 1, trials: trials) + ["--pruner", "none", "--epochs", "1"])
    }
    #expect(try run(trials: 1).code == 0)
    try (Data([bytes[0] ^ 1]) + bytes.dropFirst()).write(to: batch)
    let refused = try run(trials: 2)
    #expect(refused.code == 1 && refused.errors.contains("not those of the study's first trials"), "\(refused.errors)")
    try bytes.write(to: batch)
    let rest = try run(trials: 2)
    #expect(rest.code == 0 && rest.output.contains("2 trials: 2 complete"), "\(rest.errors)")
  }

  @Test func aStudyIsDeleted() throws {
    let run = workspace.arguments(workers: 1, trials: 2) + ["--pruner", "none", "--epochs", "1"]
    #expect(try tpsnet(run).code == 0)
    let deletion = ["search", "delete", "--study", "tiny", "--storage", workspace.storage]
    let (storage, record) = try workspace.study()
    let claim = try #require(
      try storage.createTrial(in: record.id, isClaimed: true, limit: nil) { _, _ in
        .init(parameters: [:], fingerprint: nil)
      })
    let refused = try tpsnet(deletion)
    #expect(refused.code == 2 && refused.errors.contains("1 trial of study tiny at work"), "\(refused.errors)")
    try storage.finish(claim, as: .failed, value: nil)
    let deleted = try tpsnet(deletion)
    #expect(deleted.code == 0 && deleted.errors.contains("of 3 trials"), "\(deleted.errors)")
    #expect(FileManager.default.fileExists(atPath: workspace.folder.appendingPathComponent("trial-00001").path))
    #expect(try tpsnet(deletion).errors.contains("there is no study tiny"))
    // The files belong to no study that could go on with them.
    #expect(try tpsnet(run).errors.contains("holds the trials of another study"))
  }
}

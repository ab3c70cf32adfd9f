// What becomes of a whole study by the command line: one that cannot be trained is not made, and a study that nobody
// wants goes, with nothing but its trials' files left.
import Foundation
import Search
import TestSupport
import Testing

@Suite struct StudyTests {
  let workspace: SearchWorkspace

  init() throws { workspace = try SearchWorkspace(data: Workspace()) }

  /// Its settings could not be changed any more.
  @Test func aStudyWithoutItsImagesIsNotMade() throws {
    for (settings, part) in [
      (["--dataset", "folder:\(workspace.folder.path)"], "no such folder"),
      (["--set", "model.classes=3"], "add --set model.classes=10"),
      (["--set", "data.validation=4000"], "choose data.validation"),
    ] {
      let outcome = try tpsnet(workspace.arguments(workers: 1, trials: 1) + settings)
      #expect(outcome.code != 0 && outcome.errors.contains(part), "\(outcome.errors)")
      #expect(!FileManager.default.fileExists(atPath: workspace.storage))
    }
    // Other machines may have them.
    let waiting = workspace.arguments(workers: 0, trials: 1) + ["--set", "model.classes=3"]
    #expect(try tpsnet(waiting).code == 0)
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

// `training.teacher` on the command line: a file by its path or shipped weights by their name, in runs and in trials,
// found again or missed with a remedy.
import Foundation
import Search
import TestSupport
import Testing
import Training

@Suite struct TaughtRunTests {
  @Test func aRunLearnsFromWeights() throws {
    let workspace = try Workspace()
    #expect(try tpsnet(workspace.training("first", "--epochs", "1")).code == 0)
    let teacher = workspace.file("first", "checkpoints/last.safetensors")
    let copy = workspace.folder.path("teacher.safetensors")
    try FileManager.default.copyItem(at: teacher, to: URL(fileURLWithPath: copy))

    // Written relative to where the program runs, it is found from everywhere.
    let training = workspace.training("taught", "--epochs", "1", "--set", "training.teacher=./teacher.safetensors")
    let command = training.map { "'\($0)'" }.joined(separator: " ")
    let taught = try Program([], shell: "cd \(workspace.folder.url.path) && $TPSNET \(command)").outcome()
    #expect(taught.code == 0, "\(taught.errors)")
    let stored = try String(contentsOf: workspace.file("taught", "config.yaml"), encoding: .utf8)
    #expect(stored.contains("teacher: \"\(URL(fileURLWithPath: copy).standardizedFileURL.path)\""))
    // One epoch of an equal network: six operations a multiply-add, and the teacher's two.
    #expect(try abs(operations("taught", workspace) / operations("first", workspace) - 8.0 / 6) < 1e-9)

    // Trained on, it has learnt from its teacher already.
    let weights = workspace.file("taught", "checkpoints/last.safetensors").path
    let further = try tpsnet([
      "train", "--weights", weights, "--epochs", "1", "--data", workspace.data, "--runs", workspace.runs, "--name",
      "further",
    ])
    #expect(further.code == 0, "\(further.errors)")
    #expect(try abs(operations("further", workspace) / operations("first", workspace) - 1) < 1e-9)

    let unknown = try tpsnet(workspace.training("unknown", "--set", "training.teacher=nobody"))
    #expect(unknown.code == 2 && unknown.errors.contains("training.teacher nobody: no such file, nor shipped weights"))
    #expect(unknown.errors.contains("compact") && !FileManager.default.fileExists(atPath: workspace.runs + "/unknown"))
    // Shipped weights are found by name.
    let shipped = try tpsnet(
      workspace.training(
        "shipped", "--set", "training.teacher=tiny", "--set", "data.mean=[0,0,0]", "--set", "data.std=[1,1,1]"))
    #expect(
      shipped.code == 2 && shipped.errors.contains("training.teacher: it has learnt images of another normalisation"))
  }

  private func operations(_ name: String, _ workspace: Workspace) throws -> Double {
    let summary = try JSONSerialization.jsonObject(with: Data(contentsOf: workspace.file(name, "summary.json")))
    return try #require((summary as? [String: Any])?["trainingPFLOP"] as? Double)
  }

  @Test func trialsLearnFromWeights() throws {
    let workspace = try Workspace()
    #expect(try tpsnet(workspace.training("first", "--epochs", "1", "--precision", "fp32")).code == 0)
    let weights = workspace.file("first", "checkpoints/last.safetensors").path
    let search = try SearchWorkspace(data: workspace)
    try Data("training.teacher: [\"\", \"\(weights)\"]\n".utf8).write(to: URL(fileURLWithPath: search.space))
    let outcome = try tpsnet(search.arguments("--sampler", "grid", "--pruner", "none", workers: 1, trials: 2))
    #expect(outcome.code == 0, "\(outcome.errors)")
    let trials = try search.trials()
    #expect(trials.map(\.state) == [.complete, .complete])
    let runs = try trials.map { try #require(TrialFolder(of: $0.number, in: search.folder).newest) }
    #expect(try runs.map { try $0.storedConfiguration().training.teacher } == ["", weights])
    #expect(try search.weights(0) != search.weights(1))
  }
}

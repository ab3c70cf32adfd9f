// Wrong usage and configurations: exit code 2, nothing on standard output,
// and one line that names what is wrong.
import Foundation
import TestSupport
import Testing
import Training

@Suite struct UsageTests {
  let workspace: Workspace

  init() throws { workspace = try Workspace.shared.get().workspace }

  private func expectRefusal(
    _ arguments: [String], _ parts: String..., location: SourceLocation = #_sourceLocation
  ) throws {
    let outcome = try tpsnet(arguments)
    let comment = Comment("\(arguments.joined(separator: " ")): \(outcome.errors)")
    #expect(outcome.code == 2 && outcome.output.isEmpty, comment, sourceLocation: location)
    #expect(outcome.errorLines.count == 1 && outcome.errors.hasPrefix("tpsnet: "), comment, sourceLocation: location)
    for part in parts { #expect(outcome.errors.contains(part), comment, sourceLocation: location) }
  }

  @Test func wrongFlagsShowTheUsage() throws {
    for arguments in [
      ["train", "--bogus"], ["bogus"], ["train", "--epochs", "many"], ["train", "--epochs"],
      ["train", "--epochs", "-1"],
      ["train", "--precision", "fp8"], ["train", "--threads", "0"], ["train", "--threads", "100000"],
      ["train", "--seed", "-1"], ["train", "--resume", "a", "--epochs", "3"],
      ["train", "--resume", "a", "--name", "b"],
      ["test"], ["test", "--run", "a", "--weights", "b"], ["test", "--run", "a", "--preset", "tpsnet"],
      ["test", "--run", "a", "--split", "all"], ["test", "--run", "a", "--tta", "all"],
      ["test", "--run", "a", "--batch-size", "0"],
      ["bench", "--steps", "0"], ["bench", "--mode", "fly"], ["data", "import"],
      ["summary", "--threads", "2"], ["summary", "--run", "a", "--weights", "b"],
      ["bench", "--run", "a", "--preset", "tpsnet"], ["presets", "sprint", "--preset", "tpsnet"],
    ] {
      let outcome = try tpsnet(arguments)
      #expect(outcome.code == 2 && outcome.output.isEmpty, "\(arguments)")
      #expect(outcome.errorLines.count == 1 && outcome.errors.hasPrefix("tpsnet: "), "\(arguments)")
      #expect(outcome.errors.contains("(see tpsnet ") && outcome.errors.hasSuffix(" --help)\n"), "\(outcome.errors)")
    }
  }

  @Test func anEmptyPathIsNotThePresentFolder() throws {
    for arguments in [
      ["train", "--runs", ""], ["train", "--data", ""], ["report", "a", "--plots", ""],
      ["report", "a", "--output", ""],
      ["test", "--run", "a", "--runs", ""], ["search", "report", "--study", "a", "--plots", ""],
      ["export", "--weights", "sprint", "--to", "onnx", ""], ["import", "a.pt", ""],
    ] {
      try expectRefusal(arguments, "The value '' is invalid", "Name one; the present folder is '.'.")
    }
  }

  @Test func whatCannotBeWrittenIsAnErrorAndAReaderThatLeftIsNone() throws {
    let full = try Program([], shell: "\"$TPSNET\" presets tpsnet > /dev/full").outcome()
    #expect(
      full.code == 1 && full.errors.hasPrefix("tpsnet: standard output: No space left on device"), "\(full.errors)")
    let left = try Program([], shell: "set -o pipefail; \"$TPSNET\" presets tpsnet | true").outcome()
    #expect(left.code == 0 && left.errors.isEmpty, "\(left.errors)")
  }

  @Test func wrongSettingsNameTheirPath() throws {
    func train(_ more: String...) -> [String] { workspace.training("wrong") + more }
    try expectRefusal(train("--set", "training.epoch=3"), "training.epoch: unknown key")
    try expectRefusal(train("--set", "model.layers[1].blocs=3"), "model.layers[1].blocs: unknown key")
    try expectRefusal(train("--set", "model.layers[0].kernel=4"), "model.layers[0].kernel: 4 is even")
    try expectRefusal(train("--set", "model.pool=9"), "model.pool: 9")
    try expectRefusal(train("--set", "training.precision=fp8"), "training.precision: fp8 is not one of", "bf16")
    try expectRefusal(train("--epochs", "0"), "training.epochs: 0", "1 or more")
    try expectRefusal(train("--epochs", "9223372036854775807"), "training.epochs: ")
    try expectRefusal(train("--batch-size", "0"), "training.batchSize: 0")
    try expectRefusal(train("--learning-rate", "0"), "optimizer.learningRate: ")
    try expectRefusal(train("--learning-rate", "nan"), "optimizer.learningRate: ")
    try expectRefusal(train("--learning-rate", "inf"), "optimizer.learningRate: ")
    try expectRefusal(train("--set", "training.checkpointSeconds=.inf"), "training.checkpointSeconds: ")
    try expectRefusal(train("--dataset", "mnist"), "mnist", "folder:PATH")
    try expectRefusal(train("--preset", "tpsnett"), "tpsnett", Preset.all.map(\.name).joined(separator: ", "))
    try expectRefusal(train("--set", "model.classes=7"), "model.classes: ", "--set model.classes=10")
    try expectRefusal(["bench", "--batch-size", "9223372036854775807"], "training.batchSize: ")
    try expectRefusal(["bench", "--batch-size", "0"], "training.batchSize: 0")
    try expectRefusal(["summary", "--weights", "sprint", "--preset", "tpsnet"], "describes its own network")
    #expect(!FileManager.default.fileExists(atPath: workspace.file("wrong", "").path))
  }

  @Test func wrongConfigurationFilesAreNamed() throws {
    let folder = try TemporaryFolder()
    for (name, text, part) in [
      ("a.yaml", "training: {epochs: three}", "training.epochs: a whole number is expected"),
      ("b.yaml", "training: [", "b.yaml: not valid YAML"),
      ("c.json", "{\"training\": {\"epoch\": 3}}", "training.epoch"),
      ("d.yaml", "3", "d.yaml: a configuration is a map of keys"),
    ] {
      try expectRefusal(["summary", "--config", try folder.write(name, Data(text.utf8))], part)
    }
    try expectRefusal(["summary", "--config", folder.path("missing.yaml")], "missing.yaml: cannot be read")
  }

  @Test func aNetworkThatFailsHasItsOwnCode() throws {
    let place = workspace.folder.path("nowhere")
    // Nobody listens at the port of `discard`.
    let outcome = try tpsnet(
      "data", "download", "--data", place, environment: ["TPSNET_DATA_URL": "http://127.0.0.1:9"])
    #expect(outcome.code == 3 && outcome.output.isEmpty && outcome.errorLines.count == 1, "\(outcome.errors)")
    #expect(outcome.errors.contains("check the network and run it again"))
    #expect(!FileManager.default.fileExists(atPath: place))
  }

  @Test func runsMustBeThereOrNot() throws {
    try expectRefusal(workspace.training("shared"), "shared exists", "--resume shared", "--name")
    try expectRefusal(workspace.training("a/b"), "--name a/b")
    try expectRefusal(workspace.resuming("nothing"), "no run nothing")
    try expectRefusal(["test", "--run", "nothing", "--runs", workspace.runs], "no run nothing")
    try expectRefusal(["test", "--weights", workspace.runs + "/nothing"], "no such file")
  }

  @Test func aFailedStartLeavesTheNameFree() throws {
    for size in ["1000", "81"] {
      let outcome = try tpsnet(workspace.training("free", "--batch-size", size))
      #expect(outcome.code == 2 && outcome.output.isEmpty)
      #expect(
        outcome.errors
          == "tpsnet: a batch size of \(size) for 80 images; choose training.batchSize from 1 to 80, or use more images\n"
      )
    }
    #expect(try tpsnet(workspace.training("free", "--batch-size", "80", "--epochs", "1")).code == 0)
  }

  @Test func longIntervalsBetweenCheckpointsAreNoError() throws {
    let outcome = try tpsnet(workspace.training("long", "--epochs", "1", "--set", "training.checkpointSeconds=1e30"))
    #expect(outcome.code == 0, "\(outcome.errors)")
  }
}

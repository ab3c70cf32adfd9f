// Files that are missing, damaged or in the wrong place: exit code 1, no crash,
// and one line that names the file and, where there is one, the remedy.
import Formats
import Foundation
import TestSupport
import Testing

@Suite struct BadFileTests {
  let workspace: Workspace
  let folder: TemporaryFolder
  let weights: Data

  init() throws {
    workspace = try Workspace.shared.get().workspace
    folder = try TemporaryFolder()
    weights = try Data(contentsOf: workspace.file("shared", "checkpoints/best.safetensors"))
  }

  private func expectFailure(
    _ arguments: [String], _ parts: String..., location: SourceLocation = #_sourceLocation
  ) throws {
    let outcome = try tpsnet(arguments)
    let comment = Comment("\(arguments.joined(separator: " ")): \(outcome.errors)")
    #expect(outcome.code == 1 && outcome.output.isEmpty, comment, sourceLocation: location)
    let messages = outcome.errorLines.filter { $0.hasPrefix("tpsnet: ") }
    #expect(messages.count == 1 && messages.first == outcome.errorLines.last, comment, sourceLocation: location)
    for part in parts { #expect(messages.first?.contains(part) == true, comment, sourceLocation: location) }
  }

  /// A training run on the data set `data`.
  private func training(on data: String) -> [String] {
    ["train", "--config", workspace.configuration, "--data", data, "--runs", folder.path("runs")]
  }

  @Test func missingDataHasARemedy() throws {
    let missing = folder.path("missing")
    for arguments in [training(on: missing), ["test", "--run", "shared", "--runs", workspace.runs, "--data", missing]] {
      try expectFailure(arguments, missing, "tpsnet data download", "--data")
    }
    try expectFailure(
      training(on: missing) + ["--dataset", "folder:\(missing)/it's \"there\""], "it's \"there\": no such")
    #expect(!FileManager.default.fileExists(atPath: folder.path("runs")))
  }

  @Test func damagedDataIsNamed() throws {
    let source = URL(fileURLWithPath: workspace.data).appendingPathComponent("cifar-10-batches-bin")
    let target = folder.url.appendingPathComponent("data/cifar-10-batches-bin")
    try FileManager.default.createDirectory(
      at: target.deletingLastPathComponent(), withIntermediateDirectories: true)
    try FileManager.default.copyItem(at: source, to: target)
    let file = target.appendingPathComponent("data_batch_3.bin")
    let bytes = try Data(contentsOf: file)
    for damaged in [bytes.dropLast(100), bytes + Data(count: 1), Data()] {
      try damaged.write(to: file)
      try expectFailure(training(on: folder.path("data")), "data_batch_3.bin: ", "3073", "tpsnet data download")
    }
    try (Data([10]) + bytes.dropFirst()).write(to: file)
    try expectFailure(training(on: folder.path("data")), "data_batch_3.bin: the label of image 0 is 10")
    try FileManager.default.removeItem(at: file)
    try expectFailure(training(on: folder.path("data")), "data_batch_3.bin", "No such file")
  }

  @Test func unreadableImagesAreNamed() throws {
    for place in ["train/a/1.png", "train/b/1.png", "test/a/1.png"] {
      _ = try folder.write("images/\(place)", Data("no image".utf8))
    }
    try expectFailure(
      training(on: workspace.data) + ["--dataset", "folder:\(folder.path("images"))"], "train/a/1.png",
      "PNG, JPEG or WebP")
  }

  @Test func damagedWeightsAreNamed() throws {
    var flipped = weights
    flipped[weights.count - 5] ^= 1
    let text = Data("no weights at all, but long enough".utf8)
    for (name, data, part) in [
      ("flipped", flipped, "corrupt"), ("cut", weights.dropLast(100), "not a usable safetensors file"),
      ("empty", Data(), "not a usable safetensors file"), ("text", text, "not a usable safetensors file"),
    ] {
      let path = try folder.write(name, data)
      for command in [
        ["test", "--weights", path], ["summary", "--weights", path], ["test", "--json", "--weights", path],
      ] {
        try expectFailure(command, path, part)
      }
      try expectFailure(training(on: workspace.data) + ["--weights", path], path, part)
    }
    let missing = try tpsnet("summary", "--weights", folder.path("missing"))
    #expect(missing.code == 2 && missing.errorLines.count == 1 && missing.errors.contains("/missing: no such file"))
    for (place, remedy) in [
      (workspace.runs, "name a file of weights"),
      (workspace.file("shared", "").path, "shared/checkpoints/best.safetensors"),
    ] {
      let outcome = try tpsnet("summary", "--weights", place)
      #expect(outcome.code == 2 && outcome.errors.contains("\(place): a folder: "), "\(outcome.errors)")
      #expect(outcome.errors.contains(remedy), "\(outcome.errors)")
    }
  }

  @Test func othersWeightsAreRefused() throws {
    var file = try SafetensorsFile(weights)
    let model = try #require(file.metadata["model"])
    for (from, to, part) in [
      (
        "\"channels\":8", "\"channels\":16",
        "layer2.0.conv1.weight has shape [8, 4, 3, 3], the network needs [16, 4, 3, 3]"
      ),
      ("\"blocks\":1", "\"blocks\":2", "layer1.1.conv1.weight is missing"),
      ("\"pool\":8", "\"pool\":80", "model.pool: 80"),
      ("{", "{{", "\"model\" cannot be read"),
    ] {
      file.metadata["model"] = model.replacingOccurrences(of: from, with: to)
      let path = try folder.write("other", file.serialized())
      try expectFailure(["test", "--weights", path, "--data", workspace.data], path, part)
    }
    file.metadata = [:]
    let bare = try folder.write("bare", file.serialized())
    for description in [[], ["--config", workspace.configuration]] {
      let outcome = try tpsnet(["test", "--weights", bare, "--data", workspace.data, "--json"] + description)
      #expect(outcome.code == 0, "\(outcome.errors)")
    }
    try expectFailure(
      ["test", "--weights", bare, "--data", workspace.data, "--preset", "model-1"],
      "conv1.weight has shape [4, 3, 3, 3]")
  }

  @Test func foldersThatCannotBeMadeAreNamed() throws {
    let file = try folder.write("file", Data())
    try expectFailure(
      ["train", "--config", workspace.configuration, "--data", workspace.data, "--runs", file + "/runs"],
      "\(file)/runs/tiny-1: Not a directory", "--runs")
    try expectFailure(
      training(on: workspace.data) + ["--name", String(repeating: "a", count: 300)], "choose a shorter --name")
    // What was computed is said all the same.
    let outcome = try tpsnet(
      "test", "--run", "shared", "--runs", workspace.runs, "--data", workspace.data, "--save-logits", file + "/a")
    #expect(outcome.code == 1 && outcome.errors.contains("\(file)/a") && outcome.output.contains("correct, accuracy"))
  }

  @Test func whatWasReadIsNotOverwritten() throws {
    let weights = folder.path("w.safetensors")
    try FileManager.default.copyItem(
      atPath: workspace.file("shared", "checkpoints/best.safetensors").path, toPath: weights)
    let before = try Data(contentsOf: URL(fileURLWithPath: weights))
    let test = try tpsnet("test", "--weights", weights, "--data", workspace.data, "--save-logits", weights)
    #expect(test.code == 2 && test.errors.contains("would overwrite"), "\(test.errors)")
    #expect(try Data(contentsOf: URL(fileURLWithPath: weights)) == before)
    let shared = ["--run", "shared", "--runs", workspace.runs]
    for command in [
      ["export", "--weights", weights, "--to", "onnx", weights],
      ["export", "--to", "pytorch-names", workspace.file("shared", "config.yaml").path] + shared,
      ["import", weights, weights],
      ["report", "shared", "--runs", workspace.runs, "--output", workspace.file("shared", "metrics.csv").path],
    ] {
      let outcome = try tpsnet(command)
      #expect(outcome.code == 2 && outcome.errors.contains("would overwrite"), "\(outcome.errors)")
    }
    #expect(try Data(contentsOf: URL(fileURLWithPath: weights)) == before)
    let configuration = try folder.write("net.yaml", Data(contentsOf: URL(fileURLWithPath: workspace.configuration)))
    for source in [["--config", configuration], shared] {
      let file = source.first == "--config" ? configuration : workspace.file("shared", "config.yaml").path
      let bench = try tpsnet(["bench", "--steps", "1", "--trace", file] + source)
      #expect(bench.code == 2 && bench.errors.contains("would overwrite"), "\(bench.errors)")
    }
    // Nor a run that lost its configuration.
    let run = folder.url.appendingPathComponent("lost/run")
    try FileManager.default.createDirectory(at: run.deletingLastPathComponent(), withIntermediateDirectories: true)
    try FileManager.default.copyItem(at: workspace.file("shared", ""), to: run)
    try FileManager.default.removeItem(at: run.appendingPathComponent("config.yaml"))
    let train = try tpsnet(
      "train", "--config", workspace.configuration, "--data", workspace.data, "--runs", folder.path("lost"), "--name",
      "run")
    #expect(train.code == 2 && train.errors.contains("would be overwritten"), "\(train.errors)")
  }

  @Test func damagedRunsAreNamed() throws {
    let run = folder.url.appendingPathComponent("runs/run")
    try FileManager.default.createDirectory(at: run.deletingLastPathComponent(), withIntermediateDirectories: true)
    try FileManager.default.copyItem(at: workspace.file("shared", ""), to: run)
    let resume = ["train", "--resume", run.path, "--data", workspace.data]
    #expect(try tpsnet(resume).code == 0)
    try FileManager.default.removeItem(at: run.appendingPathComponent("summary.json"))
    let state = run.appendingPathComponent("checkpoints/last.state.safetensors")
    let bytes = try Data(contentsOf: state)
    try bytes.dropLast(9).write(to: state)
    try expectFailure(resume, state.path, "damaged")
    try FileManager.default.removeItem(at: state)
    try expectFailure(resume, "\(state.path): No such file")
    try bytes.write(to: state)
    let configuration = run.appendingPathComponent("config.yaml")
    let yaml = try String(contentsOf: configuration, encoding: .utf8)
    try Data(yaml.replacingOccurrences(of: "momentum: 0.9", with: "momentum: 0.8").utf8).write(to: configuration)
    try expectFailure(resume, state.path, "belongs to another configuration")
    try Data().write(to: configuration)
    let emptied = try tpsnet(resume)
    #expect(emptied.code == 2 && emptied.errors.contains("tpsnet: \(configuration.path): "), "\(emptied.errors)")
    try Data(yaml.utf8).write(to: configuration)
    #expect(try tpsnet(resume).code == 0)
    // The result is that of weights which are no more.
    let best = run.appendingPathComponent("checkpoints/best.safetensors")
    try FileManager.default.removeItem(at: best)
    for command in ["test", "predict", "export"] {
      let rest =
        command == "test"
        ? ["--data", workspace.data] : command == "export" ? ["--to", "onnx", folder.path("a")] : ["-"]
      try expectFailure([command, "--run", run.path] + rest, "\(best.path) is gone", "--weights ")
    }
    let report = try tpsnet("report", run.path, "--data", workspace.data)
    #expect(report.code == 0 && report.errors.contains("without images: \(best.path) is gone"), "\(report.errors)")
    #expect(report.errors.contains("report.html stays as it is"), "\(report.errors)")
  }
}

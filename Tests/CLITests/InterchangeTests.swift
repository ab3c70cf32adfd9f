// Weights in and out: files of PyTorch's become checkpoints that every command takes.
import Formats
import Foundation
import TestSupport
import Testing

@Suite struct InterchangeTests {
  let folder: TemporaryFolder
  let torch = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .appendingPathComponent("Fixtures/torch")

  init() throws {
    folder = try TemporaryFolder()
  }

  @Test func aTrainingCheckpointIsImported() throws {
    let output = folder.path("weights.safetensors")
    let outcome = try tpsnet("import", torch.appendingPathComponent("network.pt").path, output, "--json")
    #expect(outcome.code == 0 && outcome.errors.hasPrefix("the file names no classes: "), "\(outcome.errors)")
    let result = try outcome.json()
    #expect(result["parameters"] as? Int == 12_626)
    #expect((result["classNames"] as? [String])?.first == "airplane")
    let model = try #require(result["model"] as? [String: Any])
    #expect(model["pool"] as? Int == 16 && (model["layers"] as? [Any])?.count == 2)

    let file = try SafetensorsFile(contentsOf: URL(fileURLWithPath: output))
    #expect(file.metadata["source"] == "network.pt" && file.metadata["step"] == "321")
    #expect(try file.int64s(named: "bn1.num_batches_tracked") == [321])
    let summary = try tpsnet("summary", "--weights", output, "--json").json()
    #expect(summary["parameters"] as? Int == 12_626)
    let network = torch.appendingPathComponent("network.pt").path
    let halves = try tpsnet(
      "import", network, folder.path("halves"), "--set", "data.mean=[0.5,0.5,0.5]", "--set", "data.std=[0.5,0.5,0.5]")
    #expect(halves.code == 0 && halves.output.contains("mean [0.5, 0.5, 0.5]"), "\(halves.errors)")
    // What is asked for is stronger than what the file says.
    let scale = ["--set", "data.mean=[0.5,0.5,0.5]", "--set", "data.std=[0.5,0.5,0.5]"]
    #expect(try tpsnet(["import", output, folder.path("scaled")] + scale).output.contains("mean [0.5, 0.5, 0.5]"))
    #expect(try SafetensorsFile(contentsOf: URL(fileURLWithPath: folder.path("scaled"))).metadata["dataset"] == nil)
    let fashion = ["import", output, folder.path("fashion"), "--set", "data.dataset=fashion-mnist"]
    #expect(try tpsnet(fashion).code == 0)
    let noted = try SafetensorsFile(contentsOf: URL(fileURLWithPath: folder.path("fashion"))).metadata["dataset"]
    #expect(noted == "fashion-mnist")
    let pool = ["--set", "model.pool=16"]
    #expect(try tpsnet(["summary", "--weights", network] + pool).code == 0)
    let plain = try tpsnet("import", output, folder.path("again.safetensors"))
    #expect(plain.output.contains("12,626 parameters") && plain.output.contains("stride 2"))
    let again = try SafetensorsFile(contentsOf: URL(fileURLWithPath: folder.path("again.safetensors")))
    #expect(again.tensors == file.tensors)
  }

  /// Weights that do not say how they were trained are trained on by plain settings.
  @Test func importedWeightsAreTrainedOn() throws {
    let workspace = try Workspace.shared.get().workspace
    let original = torch.appendingPathComponent("network.pt").path
    let output = folder.path("weights.safetensors")
    #expect(try tpsnet("import", original, output).code == 0)
    for (name, weights) in [("imported", output), ("bare", original)] {
      let outcome = try tpsnet(
        "train", "--weights", weights, "--data", workspace.data, "--epochs", "1", "--batch-size", "16", "--set",
        "data.validation=20", "--runs", folder.path("runs"), "--name", name)
      #expect(outcome.code == 0 && outcome.errors.contains("12,626 parameters"), "\(outcome.errors)")
      let yaml = try String(contentsOfFile: folder.path("runs/\(name)/config.yaml"), encoding: .utf8)
      #expect(yaml.contains("kind: \"sgd\""))
    }
  }

  @Test func importedAndOriginalWeightsAgree() throws {
    let workspace = try Workspace.shared.get().workspace
    let original = torch.appendingPathComponent("network.pt").path
    let output = folder.path("weights.safetensors")
    #expect(try tpsnet("import", original, output, "--class-names", "a,b,c,d,e,f,g,h,i,j").code == 0)
    let results = try [original, output].map { weights in
      let logits = folder.path("logits.safetensors")
      let outcome = try tpsnet(
        "test", "--weights", weights, "--data", workspace.data, "--precision", "fp32", "--save-logits", logits)
      #expect(outcome.code == 0, "\(outcome.errors)")
      return try SafetensorsFile(contentsOf: URL(fileURLWithPath: logits))
    }
    #expect(results[0] == results[1])
  }

  @Test func whatCannotBeImportedIsSaid() throws {
    for (name, part) in [
      ("module.pt", "nothing was executed"), ("scripted.pt", "TorchScript"), ("legacy.pt", "before 1.6"),
      ("tensors.pt", "add --preset or --config"), ("missing.pt", "No such file"),
    ] {
      let outcome = try tpsnet("import", torch.appendingPathComponent(name).path, folder.path("out"))
      #expect(outcome.code == 1 && outcome.errorLines.count == 1, "\(outcome.errors)")
      #expect(outcome.errors.contains(part) && outcome.errors.contains(name), "\(outcome.errors)")
    }
    #expect(!FileManager.default.fileExists(atPath: folder.path("out")))
    let network = torch.appendingPathComponent("network.pt").path
    let names = try tpsnet("import", network, folder.path("out"), "--class-names", "a,b")
    #expect(names.code == 2 && names.errors.contains("2 different names for 10 classes"))
    let twice = try tpsnet("import", network, folder.path("out"), "--class-names", "a,b,c,d,e,f,g,h,i,a")
    #expect(twice.code == 2 && twice.errors.contains("9 different names for 10 classes"))
    let other = try tpsnet("import", network, folder.path("out"), "--preset", "tpsnet")
    #expect(other.code == 1 && other.errors.contains("has shape"))
  }

  @Test func everyTargetIsExported() throws {
    let shared = try Workspace.shared.get().workspace
    let source = ["--run", "shared", "--runs", shared.runs]
    let state = folder.path("state.safetensors")
    #expect(try tpsnet(["export"] + source + ["--to", "pytorch-names", state]).code == 0)
    let best = try SafetensorsFile(contentsOf: shared.file("shared", "checkpoints/best.safetensors"))
    let bare = try SafetensorsFile(contentsOf: URL(fileURLWithPath: state))
    #expect(bare.tensors == best.tensors && bare.metadata == ["format": "pt"])

    let whole = folder.path("whole.safetensors")
    let saved = try tpsnet(["export"] + source + ["--to", "safetensors", whole])
    #expect(saved.code == 0 && saved.output.contains("1,478 parameters"))
    #expect(try SafetensorsFile(contentsOf: URL(fileURLWithPath: whole)) == best)

    let half = folder.path("half.safetensors")
    let rounded = try tpsnet(
      ["export"] + source + ["--to", "safetensors", "--dtype", "bf16", "--note", "recipe=tiny=1", half])
    #expect(rounded.code == 0, "\(rounded.errors)")
    let rest = try SafetensorsFile(contentsOf: URL(fileURLWithPath: half))
    #expect(rest.metadata == best.metadata.merging(["recipe": "tiny=1"]) { $1 })
    for tensor in best.tensors where tensor.type == .float32 {
      let (exact, close) = (try best.floats(named: tensor.name), try rest.floats(named: tensor.name))
      #expect(rest[tensor.name]?.type == (tensor.shape.count > 1 ? .bfloat16 : .float32), "\(tensor.name)")
      #expect(zip(exact, close).allSatisfy { abs($0 - $1) <= abs($0) / 256 }, "\(tensor.name)")
    }
    for refused in [
      ["--to", "onnx", "--dtype", "bf16"], ["--to", "pytorch-names", "--note", "a=b"],
      ["--to", "safetensors", "--note", "classes=a,b"], ["--to", "safetensors", "--note", "configuration=a"],
    ] {
      #expect(try tpsnet(["export"] + source + refused + [folder.path("refused")]).code == 2)
    }

    for flags in [[], ["--fold-batch-norm", "--with-preprocessing", "uint8"], ["--with-preprocessing", "float"]] {
      let model = folder.path("model.onnx")
      let outcome = try tpsnet(["export"] + source + ["--to", "onnx", model] + flags)
      #expect(outcome.code == 0 && outcome.errors.isEmpty, "\(outcome.errors)")
      let bytes = try Data(contentsOf: URL(fileURLWithPath: model))
      #expect(bytes.count > 4 * 1478 && bytes.range(of: Data("logits".utf8)) != nil)
      #expect((bytes.range(of: Data("BatchNormalization".utf8)) == nil) == flags.contains("--fold-batch-norm"))
    }
    let wrong = try tpsnet(["export"] + source + ["--to", "safetensors", whole, "--fold-batch-norm"])
    #expect(wrong.code == 2 && wrong.errors.contains("belong to --to onnx"))
    let full = try tpsnet(["export"] + source + ["--to", "onnx", folder.path("missing/model.onnx")])
    #expect(full.code == 1 && full.errors.contains("model.onnx"))
  }
}

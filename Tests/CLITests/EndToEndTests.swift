// From data to a tested network: the files of a run, and that `test` finds again what `train` reported.
// Every comparison of numbers is exact.
import Formats
import Foundation
import TestSupport
import Testing
import Training

@Suite struct EndToEndTests {
  let workspace: Workspace
  let outcome: Outcome

  init() throws { (workspace, outcome) = try Workspace.shared.get() }

  private func test(_ more: String...) throws -> Outcome {
    try tpsnet(["test", "--run", "shared", "--runs", workspace.runs, "--data", workspace.data] + more)
  }

  private func summary() throws -> [String: Any] {
    let data = try Data(contentsOf: workspace.file("shared", "summary.json"))
    return try #require(JSONSerialization.jsonObject(with: data) as? [String: Any])
  }

  @Test func trainingReportsItsResult() throws {
    #expect(outcome.code == 0, "\(outcome.errors)")
    let accuracy = try #require(summary()["testAccuracy"] as? Double)
    #expect(outcome.output.contains("test accuracy \(String(format: "%.2f", accuracy * 100)) %"))
    #expect(outcome.output.contains(workspace.file("shared", "checkpoints/best.safetensors").path))
    #expect(!outcome.output.contains("\u{1B}") && !outcome.errors.contains("\u{1B}"))
    #expect(outcome.errors.contains("80 training images, 20 held out for validation; 2 epochs of 5 steps"))
  }

  /// What is not asked for is the checkpoint's own: which images it has not seen, above all.
  @Test func settingsAreLaidOverTheCheckpoints() throws {
    let weights = workspace.file("shared", "checkpoints/best.safetensors").path
    func validation(_ settings: String...) throws -> Outcome {
      let assignments = settings.flatMap { ["--set", $0] }
      return try tpsnet(
        ["test", "--weights", weights, "--data", workspace.data, "--split", "validation", "--json"] + assignments)
    }
    let own = try validation().json()
    let same = try validation("training.threads=1").json()
    #expect(own["images"] as? Int == 20 && same["images"] as? Int == 20)
    #expect(own["correct"] as? Int == same["correct"] as? Int)
    #expect(try validation("data.validation=10").json()["images"] as? Int == 10)
    let known = try validation("data.validation=30")
    #expect(known.code == 2 && known.errors.contains("10 of the 30 images held out"), "\(known.errors)")
    #expect(try validation("data.dataset=folder:/nothing").errors.contains("/nothing"))
    let other = try validation("model.stem.channels=8")
    #expect(other.code == 2 && other.errors.contains("describes its own network"), "\(other.errors)")
    for (option, value) in [("--config", workspace.configuration), ("--preset", "model-1")] {
      let refused = try tpsnet("test", "--weights", weights, "--data", workspace.data, option, value)
      #expect(refused.code == 2 && refused.errors.contains("leave out --preset"), "\(refused.errors)")
    }
  }

  @Test func aNetworkGrowsAndItsWeightsDoNot() throws {
    let workspace = try Workspace()
    let grown = try tpsnet(
      workspace.training(
        "grown", "--epochs", "3", "--set", "model.layers[0].blocks=3", "--set", "model.initialization=zeroResidual",
        "--set", "training.growth=[{blocks: 1, until: 0.67}]"))
    #expect(grown.code == 0, "\(grown.errors)")
    #expect(grown.errors.contains("now 1, 1 blocks; ") && grown.errors.contains("now 3, 1 blocks; "), "\(grown.errors)")
    func operations(_ run: String) throws -> Double {
      let data = try Data(contentsOf: workspace.file(run, "summary.json"))
      return try #require((JSONSerialization.jsonObject(with: data) as? [String: Any])?["trainingPFLOP"] as? Double)
    }
    let weights = workspace.file("grown", "checkpoints/best.safetensors").path
    let more = try tpsnet(
      "train", "--weights", weights, "--epochs", "3", "--data", workspace.data, "--runs", workspace.runs, "--name",
      "more")
    #expect(more.code == 0 && !more.errors.contains("now "), "\(more.errors)")
    #expect(try operations("grown") < 0.9 * operations("more"))
  }

  @Test func imagesOfOtherClassesAreNamedAndOtherOrdersRefused() throws {
    let weights = workspace.file("shared", "checkpoints/best.safetensors").path
    var file = try SafetensorsFile(contentsOf: URL(fileURLWithPath: weights))
    let folder = try TemporaryFolder()
    for part in ["train", "test"] {
      for number in 0..<10 {
        let place = folder.url.appendingPathComponent("images/\(part)/class\(number)")
        try FileManager.default.createDirectory(at: place, withIntermediateDirectories: true)
        try FileManager.default.copyItem(
          at: URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .appendingPathComponent("Fixtures/pictures/picture.png"), to: place.appendingPathComponent("1.png"))
      }
    }
    let outcome = try tpsnet("test", "--weights", weights, "--dataset", "folder:\(folder.path("images"))")
    #expect(outcome.code == 0 && outcome.errorLines.count == 1, "\(outcome.errors)")
    #expect(
      outcome.errors.contains("airplane, automobile") && outcome.errors.contains("class0, class1"), "\(outcome.errors)")
    let fifth = try tpsnet(
      "test", "--weights", weights, "--dataset", "folder:\(folder.path("images/train"))", "--json")
    #expect(fifth.code == 1 && fifth.errors.contains("no class has two images"), "\(fifth.errors)")
    let names = (0..<10).reversed().map { "\"class\($0)\"" }
    file.metadata["classes"] = "[\(names.joined(separator: ","))]"
    let turned = try folder.write("turned.safetensors", file.serialized())
    let refused = try tpsnet("test", "--weights", turned, "--dataset", "folder:\(folder.path("images"))")
    #expect(
      refused.code == 2 && refused.errors.contains("class 0 of the weights is class9, of the data set class0"),
      "\(refused.errors)")
  }

  /// To train on, nothing but the weights is named.
  @Test func weightsBringTheirSettings() throws {
    let weights = workspace.file("shared", "checkpoints/best.safetensors").path
    let place = ["--data", workspace.data, "--runs", workspace.folder.path("more")]
    let more = try tpsnet(["train", "--weights", weights, "--epochs", "1"] + place)
    #expect(more.code == 0 && more.errors.contains("more/best-1: 1,478 parameters"), "\(more.errors)")
    let yaml = try String(contentsOfFile: workspace.folder.path("more/best-1/config.yaml"), encoding: .utf8)
    #expect(yaml.contains("epochs: 1") && yaml.contains("batchSize: 16"))
    let last = workspace.folder.path("more/best-1/checkpoints/last.safetensors")
    #expect(try Checkpoint.describe(URL(fileURLWithPath: last)).startWeights == weights)
    let page = try String(contentsOfFile: workspace.folder.path("more/best-1/report.html"), encoding: .utf8)
    #expect(page.contains(" --weights \(weights) --name again"))
    let other = try tpsnet(
      ["train", "--weights", weights, "--preset", "model-1", "--batch-size", "8", "--set", "data.validation=20"] + place
    )
    #expect(other.code == 2 && other.errors.contains("of another network"), "\(other.errors)")
    // 20 images were held out, so that 10 of these 30 were trained on.
    let leak = try tpsnet(["train", "--weights", weights, "--set", "data.validation=30"] + place)
    #expect(leak.code == 2 && leak.errorLines.count == 1, "\(leak.errors)")
    #expect(leak.errors.contains("10 of the 30 images held out") && leak.errors.contains("--set data.validation=20"))
  }

  @Test func theRunsFilesAreThere() throws {
    let lines = try String(contentsOf: workspace.file("shared", "metrics.csv"), encoding: .utf8).split(separator: "\n")
    #expect(
      lines[0] == "epoch,step,train_loss,train_accuracy,val_loss,val_accuracy,learning_rate,images_per_second,seconds")
    #expect(lines.count == 3 && lines[1].hasPrefix("1,5,") && lines[2].hasPrefix("2,10,"))
    for name in ["last", "best", "last.state"] {
      #expect(throws: Never.self) {
        try SafetensorsFile(contentsOf: workspace.file("shared", "checkpoints/\(name).safetensors"))
      }
    }
    let yaml = try String(contentsOf: workspace.file("shared", "config.yaml"), encoding: .utf8)
    #expect(yaml.contains("seed: 5") && yaml.contains("precision: \"fp32\""))
    let described = try tpsnet("summary", "--config", workspace.file("shared", "config.yaml").path, "--json")
    #expect(try described.json()["parameters"] as? Int == summary()["parameters"] as? Int)
    let named = try tpsnet("summary", "--run", "shared", "--runs", workspace.runs, "--json")
    #expect(named.output == described.output && named.code == 0, "\(named.errors)")
    // What a file leaves out can be seen beforehand.
    let settings = try tpsnet("presets", "--config", workspace.configuration, "--set", "training.seed=9")
    for part in ["seed: 9", "epochs: 2", "kind: \"sgd\""] {
      #expect(settings.output.contains(part), "\(settings.output)")
    }
  }

  @Test func trainingIsMeasuredBeforehand() throws {
    let arguments = ["summary", "--config", workspace.file("shared", "config.yaml").path]
    let plain = try tpsnet(arguments + ["--json"]).json()
    #expect(plain["epochSeconds"] == nil)
    let measured = try tpsnet(arguments + ["--measure", "--threads", "1", "--json"]).json()
    #expect(measured["parameters"] as? Int == plain["parameters"] as? Int && measured["threads"] as? Int == 1)
    #expect(try #require(measured["epochSeconds"] as? Double) > 0 && measured["batchSize"] as? Int == 16)
    #expect(try #require(measured["peakMemoryBytes"] as? Int) > 1 << 20)
    #expect(try tpsnet(arguments + ["--measure"]).output.contains(" an epoch of 50,000 images"))
  }

  @Test func theSummaryHasItsFields() throws {
    let summary = try summary()
    #expect(summary["epochs"] as? Int == 2 && summary["seed"] as? Int == 5 && summary["threads"] as? Int == 1)
    #expect(summary["precision"] as? String == "fp32" && summary["dataset"] as? String == "cifar10")
    #expect(try #require(summary["seconds"] as? Double) > 0)
    #expect(try (0...1).contains(#require(summary["validationAccuracy"] as? Double)))
    #expect(summary["cpu"] is String)
    #expect(Set(try #require(summary["versions"] as? [String: String]).keys) == ["tpsnet", "oneDNN"])
    #expect(summary["parameters"] as? Int == 1478)
    let described = try tpsnet("summary", "--config", workspace.file("shared", "config.yaml").path, "--json")
    let operations = try #require(described.json()["trainingOperations"] as? Int)
    // 10 steps of 16 images.
    #expect(summary["trainingPFLOP"] as? Double == Double(operations) * 160 / 1e15)
  }

  @Test func testFindsTheReportedAccuracy() throws {
    let summary = try summary()
    let plain = try test("--json")
    #expect(plain.code == 0 && plain.errors.isEmpty)
    let result = try plain.json()
    #expect(result["accuracy"] as? Double == summary["testAccuracy"] as? Double)
    #expect(result["precision"] as? String == "fp32" && result["tta"] as? String == "none")
    #expect(result["images"] as? Int == 20)
    let correct = try #require(result["correct"] as? Int)
    #expect(result["accuracy"] as? Double == Double(correct) / 20)
    #expect(result["loss"] is Double)
    let confusion = try #require(result["confusion"] as? [[Int]])
    #expect(confusion.count == 10 && confusion.allSatisfy { $0.reduce(0, +) == 2 })
    let diagonal: [Int] = confusion.indices.map { confusion[$0][$0] }
    #expect(diagonal.reduce(0, +) == correct)
    let perClass: [Double] = diagonal.map { Double($0) / 2 }
    #expect(result["perClass"] as? [Double] == perClass)
    let calibrationError = try #require(result["calibrationError"] as? Double)
    #expect(calibrationError >= 0 && calibrationError <= 1)
    let mistakes = try #require(result["mistakes"] as? [[String: Any]])
    let mistaken = Set(mistakes.compactMap { $0["image"] as? Int })
    #expect(mistakes.count == 20 - correct && mistaken.count == mistakes.count)
    let worst = try #require(mistakes.first?["image"] as? Int)
    #expect(try test().output.contains("most confidently wrong: image \(worst), "))
    #expect(
      try test("--json", "--tta", "flip").json()["accuracy"] as? Double == summary["testAccuracyFlipTTA"] as? Double)
  }

  @Test func validationFindsTheAccuracyOfTheChoice() throws {
    let validation = try test("--json", "--split", "validation").json()
    #expect(validation["images"] as? Int == 20 && validation["split"] as? String == "validation")
    #expect(validation["accuracy"] as? Double == (try summary()["validationAccuracy"] as? Double))
    #expect(try test("--json", "--split", "train").json()["images"] as? Int == 80)
  }

  /// The tensors that `--save-logits` writes.
  private func logits(_ more: String...) throws -> SafetensorsFile {
    let folder = try TemporaryFolder()
    let url = folder.url.appendingPathComponent("logits.safetensors")
    let outcome = try tpsnet(
      ["test", "--run", "shared", "--runs", workspace.runs, "--data", workspace.data, "--save-logits", url.path] + more)
    #expect(outcome.code == 0, "\(outcome.errors)")
    return try SafetensorsFile(contentsOf: url)
  }

  private func predictions(_ logits: [Float]) -> [Int] {
    (0..<20).map { image in
      (0..<10).reduce(0) { logits[image * 10 + $1] > logits[image * 10 + $0] ? $1 : $0 }
    }
  }

  @Test func logitsAreInTheOrderOfTheFiles() throws {
    let file = try logits()
    #expect(file["logits"]?.shape == [20, 10] && file["labels"]?.shape == [20])
    let labels = try file.int64s(named: "labels")
    let expected: [Int64] = (0..<20).map { $0 % 10 }
    #expect(labels == expected)
    let predictions = try predictions(file.floats(named: "logits"))
    let correct = zip(predictions, labels).count { Int64($0) == $1 }
    let accuracy = try summary()["testAccuracy"] as? Double
    #expect(accuracy == Double(correct) / 20)
    #expect(try logits("--batch-size", "7").floats(named: "logits").count == 200)
  }

  @Test func foldingAndBatchesChangeNoPrediction() throws {
    let values = try logits().floats(named: "logits")
    for arguments in ["--unfolded", "--batch-size=7"] {
      let others = try logits(arguments).floats(named: "logits")
      #expect(zip(values, others).allSatisfy { abs($0 - $1) < 1e-4 }, "\(arguments)")
      #expect(predictions(values) == predictions(others), "\(arguments)")
    }
  }

  @Test func viewsAreAveraged() throws {
    let results = try ["none", "flip", "full"].map { try test("--json", "--tta", $0).json() }
    #expect(results.map { $0["tta"] as? String } == ["none", "flip", "full"])
    #expect(Set(results.map { $0["loss"] as? Double }).count == 3)
    let accuracies = results.map { $0["accuracy"] as? Double }
    #expect(try accuracies[0] == summary()["testAccuracy"] as? Double)
    #expect(try accuracies[1] == summary()["testAccuracyFlipTTA"] as? Double)
  }

  @Test func aCheckpointNeedsNothingElse() throws {
    let url = workspace.file("shared", "checkpoints/best.safetensors")
    let result = try tpsnet(
      "test", "--weights", url.path, "--precision", "fp32", "--threads", "1", "--json",
      environment: ["TPSNET_DATA": workspace.data])
    #expect(try result.json()["accuracy"] as? Double == (try summary()["testAccuracy"] as? Double))
    let other = try tpsnet(workspace.training("warm", "--epochs", "1", "--weights", url.path))
    #expect(other.code == 0, "\(other.errors)")
    let table = try test()
    #expect(table.code == 0 && table.output.contains("airplane") && !table.output.contains("\u{1B}"))
  }

  @Test(.enabled(if: FileManager.default.isExecutableFile(atPath: "/usr/bin/script"), "no `script` for a terminal"))
  func coloursAreOnlyForTerminalsThatWantThem() throws {
    for (name, variable, isColoured) in [("colour", "", true), ("plain", "1", false)] {
      let arguments = workspace.training(name, "--epochs", "1").map { "'\($0)'" }.joined(separator: " ")
      let outcome = try Program(
        [], environment: ["NO_COLOR": variable, "TERM": "xterm"],
        shell: "script -qec \"'$TPSNET' \(arguments)\" /dev/null"
      ).outcome()
      #expect(outcome.code == 0)
      #expect(outcome.output.contains("\u{1B}[32m") == isColoured)
      #expect(outcome.output.contains("epoch 1/1"))
    }
  }
}

// What the commands print that read nothing but a configuration:
// the JSON fields that scripts rely on, help and version.
import Foundation
import TestSupport
import Testing

@Suite struct DocumentTests {
  @Test(arguments: [("tpsnet", 4_959_770), ("model-1", 4_865_580), ("model-2", 4_971_680)])
  func summariesCountExactly(preset: String, parameters: Int) throws {
    let outcome = try tpsnet("summary", "--preset", preset, "--budget", "5M", "--json")
    #expect(outcome.code == 0 && outcome.errors.isEmpty)
    let summary = try outcome.json()
    #expect(summary["parameters"] as? Int == parameters)
    #expect(summary["budget"] as? Int == 5_000_000)
    #expect(summary["withinBudget"] as? Bool == true)
    let multiplyAdds = try #require(summary["multiplyAdds"] as? Int)
    #expect(multiplyAdds > 100_000_000 && summary["trainingOperations"] as? Int == 6 * multiplyAdds)
    let layers = try #require(summary["layers"] as? [[String: Any]])
    #expect(layers.reduce(0) { $0 + ($1["parameters"] as? Int ?? 0) } == parameters)
    for layer in layers {
      #expect(layer["name"] is String && layer["kind"] is String)
      #expect((layer["outputShape"] as? [Int])?.count == 3)
    }
    #expect(layers.last?["outputShape"] as? [Int] == [10, 1, 1])
  }

  @Test func anExceededBudgetIsSaidTwice() throws {
    for arguments in [
      ["--preset", "tpsnet", "--budget", "4.9M", "--measure"], ["--budget", "300k"], ["--budget", "4959"],
    ] {
      let outcome = try tpsnet(["summary", "--json"] + arguments)
      #expect(outcome.code == 2)
      let json = try outcome.json()
      // What may not be is not tried either.
      #expect(json["withinBudget"] as? Bool == false && json["epochSeconds"] == nil)
      #expect(outcome.errorLines.count == 1 && outcome.errors.hasPrefix("tpsnet: over budget: "))
    }
    let table = try tpsnet("summary", "--preset", "tpsnet", "--budget", "5M")
    #expect(table.code == 0 && table.output.contains("4,959,770") && table.output.contains("kept"))
    for budget in ["", "M", "0", "-5M", "5T", "nan", "1e300", "0.5", "0.0001k"] {
      let outcome = try tpsnet("summary", "--budget=\(budget)")
      #expect(outcome.code == 2 && outcome.output.isEmpty, "\(budget)")
    }
  }

  @Test func presetsAreListed() throws {
    let outcome = try tpsnet("presets", "--json")
    #expect(outcome.code == 0 && outcome.errors.isEmpty)
    let rows = try #require(JSONSerialization.jsonObject(with: Data(outcome.output.utf8)) as? [[String: Any]])
    let counts = Dictionary(uniqueKeysWithValues: rows.map { ($0["name"] as? String, $0["parameters"] as? Int) })
    #expect(counts["tpsnet"] == 4_959_770 && counts["model-1"] == 4_865_580 && counts["model-2"] == 4_971_680)
    #expect(rows.allSatisfy { $0["configuration"] is [String: Any] && $0["summary"] is String })
    #expect(try tpsnet("presets").output.contains("4,959,770"))
  }

  @Test func spacesArePrintedToStartFrom() throws {
    #expect(try tpsnet("search", "spaces").output.contains("tpsnet"))
    let space = try tpsnet("search", "spaces", "tpsnet")
    #expect(space.code == 0 && space.output.contains("model.layers[i].blocks: "))
    let rows = try JSONSerialization.jsonObject(with: Data(tpsnet("search", "spaces", "--json").output.utf8))
    let spaces = try #require(rows as? [[String: Any]])
    #expect(spaces.count == 2 && spaces.allSatisfy { $0["text"] is String && $0["summary"] is String })
    let outcome = try tpsnet("search", "spaces", "nothing")
    #expect(outcome.code == 2 && outcome.errors.contains("there are tpsnet, training"))
  }

  @Test func aPrintedPresetIsAConfiguration() throws {
    let folder = try TemporaryFolder()
    let yaml = try tpsnet("presets", "model-1").output
    let file = try folder.write("my.yaml", Data(yaml.utf8))
    let summary = try tpsnet("summary", "--config", file, "--json")
    #expect(try summary.json()["parameters"] as? Int == 4_865_580)
    #expect(try tpsnet("presets", "nothing").code == 2)
  }

  @Test(arguments: ["train", "infer"]) func benchmarksHaveTheirFields(mode: String) throws {
    let workspace = try Workspace.shared.get().workspace
    let outcome = try tpsnet(
      "bench", "--config", workspace.configuration, "--mode", mode, "--steps", "2", "--batch-size", "8", "--json",
      "--threads", "1")
    #expect(outcome.code == 0 && outcome.errors.isEmpty)
    let result = try outcome.json()
    #expect(result["steps"] as? Int == 2 && result["batchSize"] as? Int == 8 && result["threads"] as? Int == 1)
    #expect(["fp32", "bf16"].contains(result["precision"] as? String))
    let median = try #require(result["millisecondsPerStep"] as? Double)
    let speed = try #require(result["imagesPerSecond"] as? Double)
    #expect(median > 0 && abs(speed - 8000 / median) < 1e-6 * speed)
    #expect(try #require(result["gflops"] as? Double) > 0)
    #expect(try #require(result["peakMemoryBytes"] as? Int) > 1_000_000)
  }

  @Test(
    arguments: [
      "", "train", "test", "predict", "summary", "presets", "import", "export", "bench", "data", "data download",
      "data verify",
      "data info",
      "data import",
    ]
  )
  func helpShowsAnExample(command: String) throws {
    let outcome = try tpsnet(command.split(separator: " ").map(String.init) + ["--help"])
    #expect(outcome.code == 0 && outcome.errors.isEmpty)
    let example = try #require(outcome.output.range(of: "EXAMPLE\n"))
    #expect(outcome.output[example.upperBound...].contains("  tpsnet \(command)"))
  }

  @Test func theVersionIsANumber() throws {
    let outcome = try tpsnet("--version")
    #expect(outcome.code == 0 && outcome.errors.isEmpty)
    #expect(outcome.output.split(separator: ".").count == 3)
  }

  @Test func aReaderMayGoAway() throws {
    let script = "\"$TPSNET\" presets --json 2>&1 | true; exit ${PIPESTATUS[0]}"
    #expect(try Program([], shell: script).outcome().code == 0)
  }

  @Test func threadsFollowTheEnvironment() throws {
    let configuration = try Workspace.shared.get().workspace.configuration
    let outcome = try tpsnet(
      "bench", "--config", configuration, "--set", "training.threads=0", "--steps", "1", "--json",
      environment: ["OMP_NUM_THREADS": "1"])
    #expect(try outcome.json()["threads"] as? Int == 1)
  }
}

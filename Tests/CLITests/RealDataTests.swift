// The real CIFAR-10, where TPSNET_DATA has it: a tiny network from a few of its images to all test images.
// Everything else in these tests is generated.
import Foundation
import Testing

@Suite struct RealDataTests {
  /// As a whole path: the program runs in folders of its own.
  static let data = ProcessInfo.processInfo.environment["TPSNET_DATA"].map { URL(fileURLWithPath: $0).path } ?? ""
  static let isThere = FileManager.default.fileExists(atPath: data + "/cifar-10-batches-bin/test_batch.bin")

  @Test(.enabled(if: isThere, "no CIFAR-10 at TPSNET_DATA")) func aFewImagesTrainATinyNetwork() throws {
    let workspace = try Workspace()
    let environment = ["TPSNET_DATA": Self.data]
    let outcome = try tpsnet(
      "train", "--config", workspace.configuration, "--runs", workspace.runs, "--name", "real", "--limit-train", "64",
      "--set", "data.validation=100", environment: environment)
    #expect(outcome.code == 0 && outcome.errors.contains("64 training images, 100 held out"), "\(outcome.errors)")
    let test = try tpsnet("test", "--run", "real", "--runs", workspace.runs, "--json", environment: environment)
    let result = try test.json()
    #expect(result["images"] as? Int == 10_000)
    #expect((result["confusion"] as? [[Int]])?.allSatisfy { $0.reduce(0, +) == 1000 } == true)
    let summary = try JSONSerialization.jsonObject(with: Data(contentsOf: workspace.file("real", "summary.json")))
    #expect((summary as? [String: Any])?["testAccuracy"] as? Double == result["accuracy"] as? Double)
  }

  /// Which is only done again: all is saved by then.
  @Test(.enabled(if: isThere, "no CIFAR-10 at TPSNET_DATA")) func aSignalEndsTheJudgingToo() throws {
    let workspace = try Workspace()
    let environment = ["TPSNET_DATA": Self.data]
    let program = try Program(
      [
        "train", "--config", workspace.configuration, "--runs", workspace.runs, "--name", "real", "--limit-train", "64",
        "--epochs", "1", "--set", "data.validation=100", "--set", "model.stem.channels=16",
      ], environment: environment)
    program.wait(forError: "train loss ")
    program.send(SIGINT)
    let outcome = try program.outcome()
    #expect(outcome.code == 130 && outcome.output.isEmpty, "\(outcome.errors)")
    #expect(outcome.errorLines.last?.hasPrefix("interrupted ") == true, "\(outcome.errors)")
    #expect(outcome.errorLines.last?.contains("; go on with: ") == true, "\(outcome.errors)")
    #expect(!FileManager.default.fileExists(atPath: workspace.file("real", "summary.json").path))
    let rest = try tpsnet("train", "--resume", "real", "--runs", workspace.runs, environment: environment)
    #expect(rest.code == 0 && rest.output.contains("test accuracy "), "\(rest.errors)")
  }
}

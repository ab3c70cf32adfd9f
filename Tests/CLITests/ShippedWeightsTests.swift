// Weights that come with the program: found by name, and as accurate as they say.
import Formats
import Foundation
import Testing

@Suite struct ShippedWeightsTests {
  static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().appendingPathComponent("Weights")
  static let names = ((try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? [])
    .filter { $0.hasSuffix(".safetensors") }.map { String($0.dropLast(".safetensors".count)) }.sorted()

  @Test func unknownNamesAreListed() throws {
    #expect(Self.names.contains("sprint"))
    let outcome = try tpsnet("summary", "--weights", "sprnt")
    #expect(outcome.code == 2 && outcome.errorLines.count == 1)
    #expect(outcome.errors.contains("(there are \(Self.names.joined(separator: ", ")))"), "\(outcome.errors)")
  }

  @Test(arguments: names) func namesStandForFiles(name: String) throws {
    let file = Self.folder.appendingPathComponent("\(name).safetensors").path
    let results = try [name, file].map { try tpsnet("summary", "--weights", $0, "--budget", "5M", "--json") }
    #expect(results.allSatisfy { $0.code == 0 } && results[0].output == results[1].output)
  }

  /// Between instruction sets, sums differ by rounding, which may decide an image where two logits are all but equal.
  @Test(.enabled(if: RealDataTests.isThere, "no CIFAR-10 at TPSNET_DATA"), arguments: names)
  func statedAccuracyIsReproduced(name: String) throws {
    let data = ["TPSNET_DATA": RealDataTests.data]
    let result = try tpsnet("test", "--weights", name, "--json", environment: data).json()
    let metadata = try SafetensorsFile(contentsOf: Self.folder.appendingPathComponent("\(name).safetensors")).metadata
    let stated = try #require(metadata["testCorrect"].flatMap { Int($0) })
    let correct = try #require(result["correct"] as? Int)
    #expect(abs(correct - stated) <= 1, "\(correct) of 10,000 images, \(stated) are stated")
  }
}

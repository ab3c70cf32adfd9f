// Weights that come with the program: found by name, and as accurate as they say.
import Formats
import Foundation
import TestSupport
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

  @Test func aFolderOfThatNameIsNoFile() throws {
    let outcome = try Program([], shell: "mkdir sprint; \"$TPSNET\" summary --weights sprint").outcome()
    #expect(outcome.code == 0, "\(outcome.errors)")
  }

  /// How many of the first 300 test images large networks get right: all ten thousand, which `Scripts/ship` counts, would
  /// take up to a minute each.
  private static let correctOfFirst = ["sprint": 278, "compact": 285, "best": 290, "tpsnet-fast": 281]

  /// To the image but one: between instruction sets, sums differ by rounding, which may decide an image where two logits
  /// are all but equal.
  @Test(.enabled(if: RealDataTests.isThere, "no CIFAR-10 at TPSNET_DATA"), arguments: names)
  func statedAccuracyIsReproduced(name: String) throws {
    var data = RealDataTests.data
    let folder = try TemporaryFolder()
    let metadata = try SafetensorsFile(contentsOf: Self.folder.appendingPathComponent("\(name).safetensors")).metadata
    var stated = try #require(metadata["testCorrect"].flatMap { Int($0) })
    if let correct = Self.correctOfFirst[name] {
      stated = correct
      for (file, images) in (1...5).map({ ("data_batch_\($0)", 1) }) + [("test_batch", 300)] {
        let path = "cifar-10-batches-bin/\(file).bin"
        let bytes = try Data(contentsOf: URL(fileURLWithPath: data + "/" + path))
        _ = try folder.write(path, bytes.prefix(3073 * images))
      }
      data = folder.url.path
    }
    let result = try tpsnet(
      ["test", "--weights", name, "--threads", "1", "--json"], environment: ["TPSNET_DATA": data]
    ).json()
    let correct = try #require(result["correct"] as? Int)
    #expect(abs(correct - stated) <= 1, "\(correct) images, \(stated) are stated")
  }
}

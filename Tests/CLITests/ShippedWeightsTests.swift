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

  @Test func aFolderOfThatNameIsNoFile() throws {
    let outcome = try Program([], shell: "mkdir sprint; \"$TPSNET\" summary --weights sprint").outcome()
    #expect(outcome.code == 0, "\(outcome.errors)")
  }

  /// On all test images, to the image but one: between instruction sets, sums differ by rounding, which may decide an
  /// image where two logits are all but equal. Large networks are judged on their held-out images, by the accuracy that
  /// they had before their filters were rounded, as all test images would take up to a minute.
  @Test(.enabled(if: RealDataTests.isThere, "no CIFAR-10 at TPSNET_DATA"), arguments: names)
  func statedAccuracyIsReproduced(name: String) throws {
    func test(_ options: String...) throws -> (correct: Int, images: Int) {
      let result = try tpsnet(
        ["test", "--weights", name, "--json"] + options, environment: ["TPSNET_DATA": RealDataTests.data]
      ).json()
      return (try #require(result["correct"] as? Int), try #require(result["images"] as? Int))
    }
    let metadata = try SafetensorsFile(contentsOf: Self.folder.appendingPathComponent("\(name).safetensors")).metadata
    let summary = try tpsnet("summary", "--weights", name, "--json").json()
    if try #require(summary["multiplyAdds"] as? Int) <= 200_000_000 {
      let stated = try #require(metadata["testCorrect"].flatMap { Int($0) })
      let correct = try test().correct
      #expect(abs(correct - stated) <= 1, "\(correct) of 10,000 images, \(stated) are stated")
    } else {
      let stated = try #require(metadata["validationAccuracy"].flatMap { Double($0) })
      let result = try test("--split", "validation")
      let accuracy = Double(result.correct) / Double(result.images)
      #expect(abs(accuracy - stated) <= 0.003, "\(accuracy) of \(result.images) images, \(stated) is stated")
    }
  }
}

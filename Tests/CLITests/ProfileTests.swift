// `tpsnet bench --profile` and `--trace`: every part of a step is there with its share, by kind and by step,
// and the trace is a document that viewers load.
import Foundation
import TestSupport
import Testing

@Suite struct ProfileTests {
  let configuration: String
  let folder: TemporaryFolder

  init() throws {
    configuration = try Workspace.shared.get().workspace.configuration
    folder = try TemporaryFolder()
  }

  private func bench(_ mode: String, _ more: String...) throws -> Outcome {
    try tpsnet(
      ["bench", "--config", configuration, "--mode", mode, "--steps", "3", "--batch-size", "8", "--threads", "1"] + more
    )
  }

  private func number(_ part: [String: Any], _ name: String) throws -> Double {
    let cost = try #require(part["cost"] as? [String: Any])
    return try #require(cost[name] as? Double)
  }

  @Test(arguments: ["train", "infer"]) func aProfileAddsUp(mode: String) throws {
    let outcome = try bench(mode, "--profile", "--json")
    #expect(outcome.code == 0 && outcome.errors.isEmpty, "\(outcome.errors)")
    let result = try outcome.json()
    let profile = try #require(result["profile"] as? [String: Any])
    let steps = try #require(profile["steps"] as? [[String: Any]])
    let kinds = try #require(profile["kinds"] as? [[String: Any]])
    for parts in [steps, kinds] {
      let shares = try parts.map { try number($0, "share") }
      #expect(shares.allSatisfy { (0...1).contains($0) } && abs(shares.reduce(0, +) - 1) < 1e-6)
      let sum = try parts.reduce(0) { try $0 + number($1, "milliseconds") }
      #expect(try abs(sum - #require(profile["milliseconds"] as? Double)) < 1e-6)
    }
    let convolutions = try kinds.filter { ($0["kind"] as? String)?.hasPrefix("convolution") == true }
      .reduce(0) { try $0 + number($1, "share") }
    #expect(try abs(1 - convolutions - #require(profile["shareNotInConvolutions"] as? Double)) < 1e-6)

    let names = Set(steps.compactMap { $0["name"] as? String })
    #expect(names.isSuperset(of: ["data", "conv1", "layer2.0.conv2", "linear"]))
    let trains = mode == "train"
    for name in ["layer1.0.conv1.backwardData", "layer2.0.conv2.backwardWeights", "loss", "optimizer"] {
      #expect(names.contains(name) == trains, "\(name)")
    }
    let found = Set(kinds.compactMap { $0["kind"] as? String })
    #expect(found.isSuperset(of: ["convolutionForward", "linear", "pool", "data"]) && !found.contains("other"))
    #expect(found.isSuperset(of: ["convolutionBackwardWeights", "batchNorm", "optimizer"]) == trains)
    for step in steps where step["name"] as? String == "layer2.0.conv2" {
      // 8 images × 64 pixels × 8 channels × 72 products.
      let operations = try number(step, "gflops") * number(step, "milliseconds") * 1e6
      #expect(abs(operations - 2 * 8 * 64 * 8 * 72) < 1)
      #expect(try number(step, "bytes") > 0 && number(step, "gigabytesPerSecond") > 0)
    }
  }

  @Test func aProfileIsPrinted() throws {
    let outcome = try bench("train", "--profile", "--top", "2")
    #expect(outcome.code == 0 && outcome.errors.isEmpty, "\(outcome.errors)")
    let tables = outcome.output.components(separatedBy: "\n\n").dropFirst()
    #expect(tables.count == 3)
    #expect(tables.first?.hasPrefix("kind ") == true && tables.first?.contains("batchNorm") == true)
    #expect(tables.dropFirst().first?.split(separator: "\n").count == 4)
    #expect(tables.last?.hasPrefix("share not in convolutions: ") == true)
    #expect(try bench("train", "--profile", "--top", "0").code == 2)
  }

  @Test func aTraceIsOneStep() throws {
    let path = folder.path("trace.json")
    let outcome = try bench("train", "--trace", path, "--json")
    #expect(outcome.code == 0 && outcome.errors.isEmpty, "\(outcome.errors)")
    #expect(try outcome.json()["profile"] == nil)
    let document = try #require(
      JSONSerialization.jsonObject(with: Data(contentsOf: URL(fileURLWithPath: path))) as? [String: Any])
    let events = try #require(document["traceEvents"] as? [[String: Any]])
    var end = 0.0
    for event in events {
      #expect(event["ph"] as? String == "X" && event["pid"] is Int && event["tid"] is Int)
      #expect(event["cat"] is String && event["args"] is [String: Any])
      let start = try #require(event["ts"] as? Double)
      #expect(start >= end - 0.01, "one after the other, but for rounding")
      end = try start + #require(event["dur"] as? Double)
    }
    let names = events.compactMap { $0["name"] as? String }
    #expect(names.first == "data" && names.last == "optimizer")
    #expect(names.contains("layer1.0.conv1.backwardData"))
    let missing = try bench("train", "--trace", folder.path("no/trace.json"))
    #expect(missing.code == 1 && missing.errorLines.count == 1 && missing.errors.contains("no/trace.json"))
  }
}

// Weights as files: what PyTorch would call them, that they come back unchanged,
// and that no other file is mistaken for them.
import Compute
import Datasets
import Formats
import Foundation
import Models
import TestSupport
import Testing
import Training

@Suite struct CheckpointTests {
  let folder: TemporaryFolder
  let store: ParameterStore
  let graph: Graph
  let url: URL
  let info: CheckpointInfo

  init() throws {
    folder = try TemporaryFolder()
    url = folder.url.appendingPathComponent("a.safetensors")
    (store, graph) = try Tiny.store()
    info = CheckpointInfo(
      model: Tiny.model,
      normalization: try Normalization(mean: [0.1, 0.2, 0.3], standardDeviation: [0.4, 0.5, 0.6]),
      classNames: Tiny.classes, notes: ["epoch": "7", "dataset": "tiny"])
    try Checkpoint.save(store, info: info, steps: 42, to: url)
  }

  @Test func whatWasSavedComesBack() throws {
    let (loaded, loadedGraph, loadedInfo) = try Checkpoint.load(url)
    #expect(loadedGraph == graph)
    #expect(loadedInfo.model == info.model && loadedInfo.normalization == info.normalization)
    #expect(loadedInfo.classNames == info.classNames && loadedInfo.notes == info.notes.merging(["step": "42"]) { $1 })
    for spec in graph.tensors {
      #expect(Array(loaded.values(of: spec.name)) == Array(store.values(of: spec.name)), "\(spec.name)")
    }
    #expect(try Checkpoint.describe(url).model == info.model)
  }

  @Test func negativeVariancesAreRefused() throws {
    store.values(of: "bn1.running_var")[1] = -0.5
    try Checkpoint.save(store, info: info, steps: 42, to: url)
    #expect(
      failure { _ = try Checkpoint.load(url) }?.contains("tensor bn1.running_var holds negative variances") == true)
  }

  @Test func namesAndShapesArePyTorchs() throws {
    var expected: [String: [Int]] = [
      "conv1.weight": [4, 3, 3, 3], "linear.weight": [4, 8], "linear.bias": [4],
      "layer1.0.conv1.weight": [4, 4, 3, 3], "layer1.0.conv2.weight": [4, 4, 3, 3],
      "layer2.0.conv1.weight": [8, 4, 5, 5], "layer2.0.conv2.weight": [8, 8, 5, 5],
      "layer2.0.shortcut.0.weight": [8, 4, 3, 3],
    ]
    for (norm, channels) in [
      ("bn1", 4), ("layer1.0.bn1", 4), ("layer1.0.bn2", 4), ("layer2.0.bn1", 8), ("layer2.0.bn2", 8),
      ("layer2.0.shortcut.1", 8),
    ] {
      for name in ["weight", "bias", "running_mean", "running_var"] { expected["\(norm).\(name)"] = [channels] }
      expected["\(norm).num_batches_tracked"] = []
    }
    let file = try SafetensorsFile(contentsOf: url)
    #expect(Dictionary(uniqueKeysWithValues: file.tensors.map { ($0.name, $0.shape) }) == expected)
    for tensor in file.tensors {
      let isCounter = tensor.name.hasSuffix("num_batches_tracked")
      #expect(tensor.type == (isCounter ? .int64 : .float32), "\(tensor.name)")
      if isCounter { #expect(try file.int64s(named: tensor.name) == [42]) }
    }
    #expect(file.metadata["format"] == "pt")
    #expect(file.tensors.first?.name == "conv1.weight" && file.tensors.last?.name == "linear.bias")
  }

  /// A tensor that can be changed.
  private struct Tensor {
    var name: String
    var type: SafetensorsFile.DataType
    var shape: [Int]
    var bytes: Data
  }

  /// The saved file with `change` made to its tensors and metadata.
  private func changed(
    _ change: (inout [Tensor], inout [String: String]) throws -> Void
  ) throws -> URL {
    let file = try SafetensorsFile(contentsOf: url)
    var tensors = file.tensors.map { Tensor(name: $0.name, type: $0.type, shape: $0.shape, bytes: $0.bytes) }
    var metadata = file.metadata
    try change(&tensors, &metadata)
    var other = SafetensorsFile(metadata: metadata)
    for tensor in tensors { try other.add(tensor.name, type: tensor.type, shape: tensor.shape, bytes: tensor.bytes) }
    let target = folder.url.appendingPathComponent("changed.safetensors")
    try other.write(to: target)
    return target
  }

  /// Expects that loading fails with the file's path and each of `parts`.
  private func expectFailure(_ url: URL, _ parts: String..., location: SourceLocation = #_sourceLocation) {
    let text = failure { _ = try Checkpoint.load(url) } ?? "no error"
    for part in [url.path] + parts { #expect(text.contains(part), "\(text)", sourceLocation: location) }
    #expect(!text.contains("\n"), sourceLocation: location)
  }

  @Test func otherTensorsAreRefused() throws {
    expectFailure(
      try changed { tensors, _ in tensors.removeAll { $0.name == "layer2.0.conv1.weight" } },
      "layer2.0.conv1.weight is missing")
    expectFailure(
      try changed { tensors, _ in
        var bias = try #require(tensors.last)
        bias.name = "extra.bias"
        tensors.append(bias)
      }, "extra.bias has no place")
    expectFailure(
      try changed { tensors, _ in tensors[0].shape = [4, 27] }, "conv1.weight has shape [4, 27]", "[4, 3, 3, 3]")
    expectFailure(
      try changed { tensors, _ in tensors[0].type = .int32 }, "conv1.weight", "I32")
    expectFailure(
      try changed { tensors, _ in
        tensors[0].bytes = withUnsafeBytes(of: Float.nan) { Data($0) } + tensors[0].bytes.dropFirst(4)
      }, "conv1.weight holds values that are no numbers")
  }

  /// Before memory is taken: a few bytes may claim any network.
  @Test func claimsWithoutTensorsAreRefused() throws {
    func claim(_ blocks: Int) -> String {
      #"{"stem":{"channels":64},"layers":[{"blocks":\#(blocks),"channels":512,"stride":1}],"pool":1}"#
    }
    for (blocks, part) in [(10, "tensor conv1.weight is missing"), (1000, "at most 100000000")] {
      let bare = try changed { tensors, metadata in
        tensors = []
        metadata["model"] = claim(blocks)
      }
      #expect(failure { _ = try Checkpoint.load(bare) }?.contains(part) == true, "\(blocks)")
    }
  }

  @Test func otherDescriptionsAreRefused() throws {
    expectFailure(
      try changed { tensors, metadata in
        metadata["model"] = nil
        tensors.removeAll { $0.name == "layer1.0.conv1.weight" }
      }, "no description of the network", "layer1.0.conv1.weight: is missing", "--preset")
    expectFailure(try changed { $1["model"] = "{" }, "\"model\" cannot be read")
    expectFailure(
      try changed { $1["model"] = $1["model"]?.replacingOccurrences(of: "\"pool\":4", with: "\"pool\":40") },
      "model.pool: 40")
    expectFailure(try changed { $1["normalization"] = #"{"mean":[1],"standardDeviation":[1]}"# }, "\"normalization\"")
    expectFailure(try changed { $1["classes"] = "[7]" }, "\"classes\" cannot be read")
  }

  @Test func damagedFilesAreRefused() throws {
    let bytes = try Data(contentsOf: url)
    let target = folder.url.appendingPathComponent("damaged.safetensors")
    for position in [9, 200, bytes.count / 2, bytes.count - 1] {
      var damaged = bytes
      damaged[position] ^= 1
      try damaged.write(to: target)
      expectFailure(target)
    }
    for count in [0, 7, 8, 100, bytes.count / 2, bytes.count - 1] {
      try bytes.prefix(count).write(to: target)
      expectFailure(target, "not a usable safetensors file")
    }
    try Data("PK\u{3}\u{4} this is no such file at all".utf8).write(to: target)
    expectFailure(target, "not a usable PyTorch file")
    expectFailure(folder.url)
    expectFailure(folder.url.appendingPathComponent("missing"), "No such file")
  }

  @Test func aBareFileIsReadByAConfiguration() throws {
    let bare = try changed { $1 = [:] }
    var configuration = Tiny.configuration
    (configuration.data.mean, configuration.data.std) = ([], [])
    let (loaded, _, studys) = try Checkpoint.load(bare, fallback: configuration)
    #expect(Array(loaded.values.elements) == Array(store.values.elements))
    #expect(studys.normalization == .study && studys.model == Tiny.model)
    (configuration.data.mean, configuration.data.std) = ([0.1, 0.2, 0.3], [0.4, 0.5, 0.6])
    #expect(try Checkpoint.load(bare, fallback: configuration).info.normalization == info.normalization)
    configuration.model.layers[0].channels = 6
    let text = failure { _ = try Checkpoint.load(bare, fallback: configuration) }
    #expect(text?.contains("layer1.0.conv1.weight has shape") == true, "\(text ?? "no error")")
  }

  @Test(arguments: ["network.pt", "torchvision.pt"])
  func filesOfPyTorchDescribeThemselves(name: String) throws {
    let fixture = try Fixture("kernels-5-and-1")
    let file = Fixture.folder.appendingPathComponent("torch/\(name)")
    let (loaded, graph, info) = try Checkpoint.load(file)
    #expect(graph == fixture.graph)
    #expect(info.notes == ["step": "321"] && info.normalization == .study && info.classNames.isEmpty)
    for spec in graph.tensors {
      // The buffer lives as long as its owner.
      let expected = withExtendedLifetime(fixture.store) { Array($0.values(of: spec.name)) }
      let half = expected.map { Float(Float16($0)) }
      #expect(Array(loaded.values(of: spec.name)) == (name == "network.pt" ? expected : half), "\(spec.name)")
    }
  }
}

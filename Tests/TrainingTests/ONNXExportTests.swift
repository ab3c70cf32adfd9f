// ONNX files give the logits of the reference backend, with and without what is chosen,
// when they are run as the standard says.
import Compute
import Datasets
import Formats
import Foundation
import Models
import Randomness
import TestSupport
import Testing
import Training

@Suite struct ONNXExportTests {
  let store: ParameterStore
  let graph: Graph
  let info: CheckpointInfo
  let bytes: [UInt8]
  static let count = 3

  init() throws {
    var model = Tiny.model
    model.dropout = 0.3
    model.blockDropout = 0.2
    model.pool = 3
    graph = try model.graph()
    store = graph.store(seed: 5)
    info = CheckpointInfo(
      model: model, normalization: try Normalization(mean: [0.1, 0.5, 0.3], standardDeviation: [0.2, 0.25, 0.3]),
      classNames: Tiny.classes, notes: ["epoch": "7"])
    var random = CounterRandom(seed: 9)
    bytes = (0..<Self.count * graph.inputShape.count).map { _ in UInt8(random.integer(below: 256)) }
  }

  private func export(_ images: ONNXExport.Images, folds: Bool) throws -> ONNXInterpreter {
    try ONNXInterpreter(
      ONNXExport.model(of: graph, parameters: store, info: info, images: images, foldsBatchNorm: folds).serialized())
  }

  @Test(arguments: ONNXExport.Images.allCases, [false, true])
  func logitsAreTheReferences(images: ONNXExport.Images, folds: Bool) throws {
    let normalized = bytes.enumerated().map { index, byte in
      let channel = index / 64 % 3
      return (Float(byte) / 255 - info.normalization.mean[channel]) / info.normalization.standardDeviation[channel]
    }
    let plan = try ReferenceBackend().compileInference(
      graph, batchSize: Self.count, precision: .fp32, foldsBatchNorm: false, parameters: store)
    let expected = try plan.run(normalized)

    let input: [Double] =
      switch images {
      case .normalized: normalized.map(Double.init)
      case .uint8: bytes.map(Double.init)
      case .float: bytes.map { Double($0) / 255 }
      }
    let logits = try export(images, folds: folds).run(input, count: Self.count)
    #expect(relativeError(logits.map { Float($0) }, expected) <= 1e-5)
    // Any number of images may be given.
    let first = try export(images, folds: folds).run(Array(input.prefix(graph.inputShape.count)), count: 1)
    #expect(relativeError(first.map { Float($0) }, Array(expected.prefix(graph.classes))) <= 1e-5)
  }

  /// Small networks that together have every operation with every setting.
  static let networks: [ResNetSpec] = [
    ResNetSpec(
      input: Tiny.model.input, activation: .gelu, batchNorm: BatchNorm(epsilon: 1e-2, trainsScale: false),
      stem: .init(channels: 6, kernel: 2, whitening: true, padded: false),
      layers: [
        .init(blocks: 1, channels: 8, stride: 2, entry: .convPool),
        .init(blocks: 0, channels: 6, stride: 1, entry: .convPool),
      ], pool: 3, pooling: .max, classes: 4, classifierBias: false, logitScale: 0.25),
    ResNetSpec(
      input: Tiny.model.input, activation: .silu, preActivation: true, stem: .init(channels: 4),
      layers: [.init(blocks: 2, channels: 4, stride: 1), .init(blocks: 1, channels: 6, stride: 2)], pool: 4, classes: 4),
    ResNetSpec(
      input: Tiny.model.input, squeezeExcitation: 2, stem: .init(channels: 4, whitening: true),
      layers: [.init(blocks: 1, channels: 4, stride: 2)], pool: 2, classes: 4, logitScale: 3),
  ]

  @Test(arguments: networks) func everyOperationIsExported(network: ResNetSpec) throws {
    let graph = try network.graph()
    let images = graph.images(2, seed: 3)
    let expected = try ReferenceBackend().compileInference(
      graph, batchSize: 2, precision: .fp32, foldsBatchNorm: false, parameters: graph.store(seed: 5)
    ).run(images)
    for folds in [false, true] {
      let file = try ONNXExport.model(of: graph, parameters: graph.store(seed: 5), info: info, foldsBatchNorm: folds)
      let logits = try ONNXInterpreter(file.serialized()).run(images.map(Double.init), count: 2)
      #expect(relativeError(logits.map { Float($0) }, expected) <= 1e-5)
    }
  }

  @Test func namesTypesAndMetadataAreThere() throws {
    let plain = try export(.normalized, folds: false)
    #expect(plain.operatorSet == 17)
    #expect(plain.input == (1, "images", [0, 3, 8, 8]) && plain.output == (1, "logits", [0, 4]))
    #expect(Set(plain.tensors.keys) == Set(graph.tensors.map(\.name)))
    #expect(plain.nodes.filter { $0.operation == "BatchNormalization" }.count == 6)
    let model = try JSONDecoder().decode(ResNetSpec.self, from: Data(#require(plain.metadata["model"]).utf8))
    #expect(model == info.model && info.notes["epoch"] == "7" && plain.metadata["epoch"] == nil)

    let folded = try export(.uint8, folds: true)
    #expect(folded.input.type == 2)
    #expect(!folded.nodes.contains { $0.operation == "BatchNormalization" || $0.operation == "Dropout" })
    #expect(folded.nodes.filter { $0.operation == "Conv" }.allSatisfy { $0.inputs.count == 3 })
  }
}

// The study's exact counts, PyTorch's names, and the refusal of impossible descriptions.
import Foundation
import Models
import Testing

@Suite struct ResNetSpecTests {
  static let tpsnet = ResNetSpec(stem: 16, widthFactor: 2, blocks: [13, 13, 13])

  @Test(arguments: [
    (ResNetSpecTests.tpsnet, 4_959_770),
    (ResNetSpec(stem: 22, widthFactor: 2, blocks: [7, 7, 7]), 4_971_680),
    (ResNetSpec(stem: 34, widthFactor: 2, blocks: [3, 3, 3]), 4_865_580),
    // YourFirstNetwork.md's.
    (ResNetSpec(stem: 8, widthFactor: 2, blocks: [1, 1, 1]), 76_818),
  ])
  func parameterCountIsTheStudys(spec: ResNetSpec, parameters: Int) throws {
    #expect(try spec.graph().parameterCount == parameters)
  }

  @Test func multiplyAddsOfTPSNet() throws {
    let multiplyAdds = try Self.tpsnet.graph().multiplyAdds
    // The stem, then for each layer 2 · 13 convolutions less what the first one saves, its shortcut, the classifier.
    let stem = 32 * 32 * 16 * 27
    let layer1 = 1024 * 32 * 9 * (16 + 25 * 32) + 1024 * 32 * 16
    let layer2 = 256 * 64 * 9 * (32 + 25 * 64) + 256 * 64 * 32
    let layer3 = 64 * 128 * 9 * (64 + 25 * 128) + 64 * 128 * 64
    #expect(multiplyAdds == stem + layer1 + layer2 + layer3 + 1280)
  }

  @Test func namesAreThoseOfPyTorch() throws {
    let graph = try ResNetSpec(stem: 4, widthFactor: 2, blocks: [1, 1]).graph()
    #expect(
      graph.tensors.prefix(6).map(\.name) == [
        "conv1.weight", "bn1.weight", "bn1.bias", "bn1.running_mean", "bn1.running_var", "layer1.0.conv1.weight",
      ])
    #expect(graph.tensors.contains { $0.name == "layer2.0.shortcut.0.weight" && $0.shape == [16, 8, 1, 1] })
    #expect(graph.tensors.contains { $0.name == "layer2.0.shortcut.1.running_var" })
    #expect(graph.tensors.suffix(2).map(\.name) == ["linear.weight", "linear.bias"])
    #expect(Set(graph.tensors.map(\.name)).count == graph.tensors.count)
  }

  @Test func descriptionsWrittenBeforeAKeyExistedKeepTheirMeaning() throws {
    let text = """
      {"stem": {"channels": 8, "kernel": 3}, "layers": [{"blocks": 1, "channels": 8, "stride": 1}], "pool": 8}
      """
    let spec = try JSONDecoder().decode(ResNetSpec.self, from: Data(text.utf8))
    #expect(spec == ResNetSpec(stem: .init(channels: 8), layers: [.init(blocks: 1, channels: 8, stride: 1)], pool: 8))
    #expect(try JSONDecoder().decode(ResNetSpec.self, from: JSONEncoder().encode(spec)) == spec)
  }

  @Test func anActivationChangesNoCount() throws {
    for activation in Activation.allCases {
      var spec = Self.tpsnet
      spec.activation = activation
      let graph = try spec.graph()
      #expect(graph.parameterCount == 4_959_770)
      #expect(graph.nodes.count { $0.operation == .activation(activation) } == 1 + 2 * 39)
    }
  }

  /// airbench96's groups at another width.
  static let groups = ResNetSpec(
    activation: .gelu, batchNorm: BatchNorm(epsilon: 1e-12, momentum: 0.4, trainsScale: false),
    stem: .init(channels: 24, kernel: 2, whitening: true, padded: false),
    layers: [64, 256, 352].map { .init(blocks: 1, channels: $0, stride: 2, entry: .convPool) },
    pool: 3, pooling: .max, classifierBias: false, logitScale: 1.0 / 9, initialization: .dirac)

  @Test func groupsBeginWithAPooledConvolution() throws {
    let graph = try Self.groups.graph()
    let maps = graph.nodes.filter { $0.name.hasSuffix(".pool") }.map(\.shape.height)
    #expect(maps == [15, 7, 3])
    #expect(!graph.nodes.contains { $0.name.contains("shortcut") })
    // Whitening with its bias, three convolutions and normalisations a group, the classifier.
    let stem = 24 * 3 * 4 + 24
    let filters = 9 * (24 * 64 + 64 * 256 + 256 * 352) + 2 * 9 * (64 * 64 + 256 * 256 + 352 * 352)
    #expect(graph.parameterCount == stem + filters + 2 * 3 * (64 + 256 + 352) + 10 * 352)
    #expect(graph.frozenParameterCount == 24 * 3 * 4 + 3 * (64 + 256 + 352))
    #expect(
      graph.tensors.prefix(4).map(\.name) == [
        "conv1.weight", "conv1.bias", "layer1.0.conv.weight", "layer1.0.bn.weight",
      ])
    #expect(graph.tensors.contains { $0.name == "layer3.1.conv2.weight" && $0.shape == [352, 352, 3, 3] })
    #expect(graph.tensors.last?.name == "linear.weight")
    #expect(graph.tensors.filter { $0.initializer == .dirac(fanIn: 9 * 64) }.map(\.name).count == 3)
    #expect(try JSONDecoder().decode(ResNetSpec.self, from: JSONEncoder().encode(Self.groups)) == Self.groups)
  }

  @Test func preActivationHasOneNormalisationLessAtEachProjection() throws {
    var spec = ResNetSpec(stem: 16, widthFactor: 1, blocks: [2, 2, 2])
    let plain = try spec.graph().parameterCount
    spec.preActivation = true
    let graph = try spec.graph()
    // The two projections have none, the first of a block normalises what enters, and the last is the stem's, moved.
    #expect(graph.parameterCount == plain - 2 * (32 + 64) - 2 * (32 + 64) + 2 * (16 + 32) - 2 * 16 + 2 * 64)
    #expect(graph.tensors.prefix(2).map(\.name) == ["conv1.weight", "layer1.0.bn1.weight"])
    #expect(graph.tensors.contains { $0.name == "layer2.0.shortcut.0.weight" })
    #expect(graph.tensors.contains { $0.name == "bn.running_var" })
  }

  @Test func squeezeAndExcitationEndsEachBranch() throws {
    var spec = ResNetSpec(stem: 16, widthFactor: 2, blocks: [13, 13, 13])
    spec.squeezeExcitation = 16
    let graph = try spec.graph()
    // As PyTorch counts the module of Scripts/pytorch/model.py.
    #expect(graph.parameterCount == 4_997_808)
    let shapes = Dictionary(uniqueKeysWithValues: graph.tensors.map { ($0.name, $0.shape) })
    #expect(shapes["layer1.12.se.fc1.weight"] == [2, 32] && shapes["layer3.0.se.fc2.bias"] == [128])
    #expect(try ResNetSpec(shapes: shapes) == spec)
  }

  @Test func zeroResidualSilencesTheEndOfEachBranchAlone() throws {
    var spec = Self.tpsnet
    let plain = try spec.graph()
    spec.initialization = .zeroResidual
    let graph = try spec.graph()
    let silent = graph.tensors.filter { $0.role == .scale && $0.initializer == .constant(0) }.map(\.name)
    #expect(silent == (1...3).flatMap { layer in (0..<13).map { "layer\(layer).\($0).bn2.weight" } })
    #expect(zip(graph.tensors, plain.tensors).filter { $0 != $1 }.count == silent.count)
    #expect(try JSONDecoder().decode(ResNetSpec.self, from: JSONEncoder().encode(spec)) == spec)
  }

  @Test func paddedWhiteningKeepsEvenMaps() throws {
    var spec = Self.groups
    spec.stem.padded = true
    spec.pool = 4
    let graph = try spec.graph()
    #expect(graph.nodes.filter { $0.name.hasSuffix(".pool") || $0.id == 1 }.map(\.shape.height) == [32, 16, 8, 4])
    #expect(try graph.parameterCount == Self.groups.graph().parameterCount)
  }

  @Test func aPooledLayersStrideIsTwoUnlessSaid() throws {
    func layer(_ text: String) throws -> ResNetSpec.Layer {
      try JSONDecoder().decode(ResNetSpec.Layer.self, from: Data(text.utf8))
    }
    let short = try layer(#"{"blocks": 1, "channels": 64, "entry": "convPool"}"#)
    #expect(short == .init(blocks: 1, channels: 64, stride: 2, entry: .convPool))
    #expect(try layer(#"{"blocks": 1, "channels": 64, "entry": "convPool", "stride": 3}"#).stride == 3)
    #expect(throws: DecodingError.self) { try layer(#"{"blocks": 1, "channels": 64}"#) }
  }

  @Test func poolSmallerThanTheMapFlattens() throws {
    let spec = ResNetSpec(stem: 4, widthFactor: 1, blocks: [1, 1, 1], pool: 4)
    let graph = try spec.graph()
    #expect(graph.tensors.first { $0.name == "linear.weight" }?.shape == [10, 16 * 5 * 5])
  }

  @Test func shortcutIsIdentityWhereTheShapeIsKept() throws {
    let spec = ResNetSpec(
      stem: .init(channels: 8), layers: [.init(blocks: 2, channels: 8, stride: 1)], pool: 32)
    #expect(try !spec.graph().nodes.contains { $0.name.contains("shortcut") })
  }

  @Test func impossibleDescriptionsNameTheKey() {
    func path(_ change: (inout ResNetSpec) -> Void) -> String? {
      var spec = Self.tpsnet
      change(&spec)
      do {
        _ = try spec.graph()
        return nil
      } catch { return (error as? SpecError)?.path }
    }
    #expect(path { $0.layers[1].blocks = 0 } == "model.layers[1].blocks")
    #expect(path { $0.layers[2].kernel = 4 } == "model.layers[2].kernel")
    #expect(path { $0.layers[0].skipKernel = 2 } == "model.layers[0].skipKernel")
    #expect(path { $0.stem.kernel = 0 } == "model.stem.kernel")
    #expect(path { $0.stem.channels = Int.max } == "model.stem.channels")
    #expect(path { $0.layers[0].channels = 1 << 40 } == "model.layers[0].channels")
    #expect(path { $0.layers[0].stride = 0 } == "model.layers[0].stride")
    #expect(path { $0.pool = 9 } == "model.pool")
    #expect(path { $0.pool = 0 } == "model.pool")
    #expect(path { $0.dropout = 1 } == "model.dropout")
    #expect(path { $0.blockDropout = .nan } == "model.blockDropout")
    #expect(path { $0.classes = 1 } == "model.classes")
    #expect(path { $0.layers = [] } == "model.layers")
    #expect(
      path { spec in
        spec.preActivation = true
        spec.layers[0].entry = .convPool
      } == "model.preActivation")
    #expect(
      path { spec in
        spec.initialization = .zeroResidual
        spec.batchNorm.trainsScale = false
      } == "model.initialization")
    #expect(
      path { spec in
        spec.initialization = .zeroResidual
        spec.preActivation = true
      } == "model.initialization")
    #expect(path { $0.logitScale = 0 } == "model.logitScale")
    #expect(path { $0.logitScale = 1e39 } == "model.logitScale")
    #expect(path { $0.batchNorm.epsilon = 0 } == "model.batchNorm.epsilon")
    #expect(path { $0.batchNorm.epsilon = 1e-50 } == "model.batchNorm.epsilon")
    #expect(path { $0.batchNorm.momentum = 1.5 } == "model.batchNorm.momentum")
    #expect(path { $0.stem = .init(channels: 16, kernel: 33, padded: false) } == "model.stem.kernel")
    #expect(path { $0.stem = .init(channels: 26, kernel: 2, whitening: true) } == "model.stem.channels")
    #expect(path { $0.stem = .init(channels: 23, kernel: 2, whitening: true) } == "model.stem.channels")
    #expect(path { $0.stem = .init(channels: 24, kernel: 16, whitening: true) } == "model.stem.kernel")
    #expect(
      path { $0.layers[0] = .init(blocks: -1, channels: 8, stride: 1, entry: .convPool) } == "model.layers[0].blocks")
    #expect(path { _ in } == nil)
  }

  @Test func largestValidDescriptionDoesNotOverflow() throws {
    let layer = ResNetSpec.Layer(blocks: 1000, channels: 4096, kernel: 15, skipKernel: 15, stride: 1)
    let spec = ResNetSpec(
      input: Shape(channels: 4096, height: 256, width: 256), stem: .init(channels: 4096, kernel: 15),
      layers: .init(repeating: layer, count: 16), pool: 1)
    try spec.validate()
    let cost = ModelCost(spec)
    #expect(cost.parameters > 0 && cost.multiplyAdds > 0)
    #expect(throws: SpecError.self) { try spec.graph() }
  }
}

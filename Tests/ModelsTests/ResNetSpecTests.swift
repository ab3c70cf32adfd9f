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
    #expect(path { _ in } == nil)
  }

  @Test func largestValidDescriptionDoesNotOverflow() throws {
    let layer = ResNetSpec.Layer(blocks: 1000, channels: 4096, kernel: 15, skipKernel: 15, stride: 1)
    let spec = ResNetSpec(
      input: Shape(channels: 4096, height: 256, width: 256), stem: .init(channels: 4096, kernel: 15),
      layers: .init(repeating: layer, count: 16), pool: 1)
    let graph = try spec.graph()
    #expect(graph.parameterCount > 0)
    #expect(graph.multiplyAdds > 0)
  }
}

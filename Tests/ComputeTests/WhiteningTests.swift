// Whitening filters: what they make of the patches they were computed from, their order and signs.
import Compute
import Models
import Testing

@Suite struct WhiteningTests {
  static let shape = Shape(channels: 3, height: 9, width: 8)

  /// A network whose first convolution whitens patches, and images whose neighbouring pixels are alike.
  private func make(kernel: Int, channels: Int) throws -> (graph: Graph, store: ParameterStore, images: [Float]) {
    var random = TestRandom(3)
    let count = 40
    var images = [Float]()
    for _ in 0..<count {
      for _ in 0..<Self.shape.channels {
        var value = Float.random(in: -1...1, using: &random)
        for _ in 0..<Self.shape.height * Self.shape.width {
          value = 0.8 * value + Float.random(in: -0.5...0.5, using: &random)
          images.append(value)
        }
      }
    }
    let spec = ResNetSpec(
      input: Self.shape, stem: .init(channels: channels, kernel: kernel, whitening: true, padded: false),
      layers: [.init(blocks: 0, channels: 4, stride: 1, entry: .convPool)], pool: 2)
    let graph = try spec.graph()
    let store = ParameterStore(graph)
    store.initialize(seed: 1)
    try Whitening.initialize(store, of: graph, images: images)
    return (graph, store, images)
  }

  @Test(arguments: [(2, 24), (3, 54), (1, 6)]) func patchesBecomeUncorrelatedNumbersOfOneVariance(
    kernel: Int, channels: Int
  ) throws {
    let (_, store, images) = try make(kernel: kernel, channels: channels)
    let inputs = ReferenceTensor(
      shape: [images.count / Self.shape.count] + Self.shape.dimensions, data: images.map(Double.init))
    let filters = ReferenceTensor(
      shape: [channels, 3, kernel, kernel], data: store.values(of: "conv1.weight").map(Double.init))
    let output = ReferenceConvolution.forward(inputs, weights: filters, stride: 1, isPadded: false)
    let pixels = output.shape[2] * output.shape[3]
    func moment(_ first: Int, _ second: Int) -> Double {
      var sum = 0.0
      for image in 0..<output.shape[0] {
        let start = image * channels * pixels
        for pixel in 0..<pixels {
          sum += output[start + first * pixels + pixel] * output[start + second * pixels + pixel]
        }
      }
      return sum / Double(output.shape[0] * pixels)
    }
    let half = channels / 2
    for first in 0..<half {
      // λ / (λ + ε), and no variance here is near ε.
      #expect(abs(moment(first, first) - 1) < 0.02)
      for second in 0..<first { #expect(abs(moment(first, second)) < 1e-4) }
      #expect(abs(moment(first, half + first) + moment(first, first)) < 1e-6)
    }
  }

  @Test func largestVariancesComeFirst() throws {
    let (_, all, _) = try make(kernel: 2, channels: 24)
    let (_, few, _) = try make(kernel: 2, channels: 6)
    let (whole, part) = (Array(all.values(of: "conv1.weight")), Array(few.values(of: "conv1.weight")))
    #expect(Array(part.prefix(36)) == Array(whole.prefix(36)))
    #expect(Array(part.suffix(36)) == part.prefix(36).map { -$0 })
    // Shorter filters where there is more variance.
    let sizes = (0..<12).map { filter in whole[filter * 12..<(filter + 1) * 12].reduce(0) { $0 + $1 * $1 } }
    #expect(sizes == sizes.sorted())
    for filter in 0..<12 {
      let values = whole[filter * 12..<(filter + 1) * 12]
      #expect(values.max { abs($0) < abs($1) } ?? 0 > 0)
    }
  }

  @Test func nothingElseChangesAndImagesAreNeeded() throws {
    let (graph, store, _) = try make(kernel: 2, channels: 24)
    let plain = ParameterStore(graph)
    plain.initialize(seed: 1)
    for spec in graph.tensors {
      #expect(
        (Array(store.values(of: spec.name)) == Array(plain.values(of: spec.name))) == (spec.name != "conv1.weight"))
    }
    #expect(throws: ComputeError.self) { try Whitening.initialize(store, of: graph, images: []) }
    #expect(throws: ComputeError.self) { try Whitening.initialize(store, of: graph, images: [1, 2, 3]) }
  }
}

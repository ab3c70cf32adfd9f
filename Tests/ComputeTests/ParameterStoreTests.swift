// The store's layout and its start values.
import Compute
import Models
import Testing

@Suite struct ParameterStoreTests {
  let graph: Graph

  init() throws {
    graph = try ResNetSpec(
      input: Shape(channels: 3, height: 8, width: 8), stem: .init(channels: 5),
      layers: [.init(blocks: 1, channels: 7, stride: 2)], pool: 3, classes: 10
    ).graph()
  }

  @Test func rangesAreDisjointAlignedAndTrainablesFirst() throws {
    let store = ParameterStore(graph)
    var end = 0
    let byPlace = graph.tensors.filter(\.isTrainable) + graph.tensors.filter { !$0.isTrainable }
    for spec in byPlace {
      let range = try #require(store.ranges[spec.name])
      #expect(range.lowerBound >= end)
      #expect(range.count == spec.count)
      #expect(spec.isTrainable == (range.upperBound <= store.gradients.count))
      let address = try #require(UnsafeRawPointer(store.values(of: spec.name).baseAddress))
      #expect(UInt(bitPattern: address) % 64 == 0)
      end = range.upperBound
    }
    #expect(end <= store.values.count)
    #expect(store.ranges.count == graph.tensors.count)
  }

  @Test func gradientsExistForTrainablesAlone() throws {
    let store = ParameterStore(graph)
    for spec in graph.tensors {
      #expect(store.gradient(of: spec.name).count == (spec.isTrainable ? spec.count : 0))
    }
    #expect(store.values(of: "nothing").isEmpty)
    #expect(store.gradient(of: "nothing").isEmpty)
  }

  @Test func startValuesDependOnTheSeedAlone() {
    let stores = ([1, 1, 2] as [UInt64]).map { seed in
      let store = ParameterStore(graph)
      store.initialize(seed: seed)
      return Array(store.values.elements)
    }
    #expect(stores[0] == stores[1])
    #expect(stores[0] != stores[2])
  }

  @Test func startValuesFillTheirBounds() {
    let store = ParameterStore(graph)
    store.initialize(seed: 3)
    for spec in graph.tensors {
      let values = store.values(of: spec.name)
      switch spec.initializer {
      case .constant(let value):
        #expect(values.allSatisfy { $0 == value })
      case .uniform(let fanIn), .dirac(let fanIn), .whitening(let fanIn):
        let bound = 1 / Float(fanIn).squareRoot()
        #expect(values.allSatisfy { abs($0) <= bound })
        guard values.count >= 100 else { continue }
        #expect(values.contains { $0 > 0.8 * bound } && values.contains { $0 < -0.8 * bound })
        // The mean of n uniform numbers deviates by bound / √(3n).
        #expect(abs(values.reduce(0, +)) < 4 * bound * (Float(values.count) / 3).squareRoot())
      }
    }
  }

  // Each filter that passes a channel is one at its centre, zero elsewhere; those beyond the channels are as ever.
  @Test(arguments: [(3, 5, 3), (5, 3, 3), (4, 4, 1), (4, 4, 2)])
  func diracFiltersPassChannels(inputs: Int, outputs: Int, kernel: Int) {
    let stores = [Operation.Convolution.Filters.uniform, .dirac].map { filters in
      var graph = Graph(input: Shape(channels: inputs, height: 4, width: 4))
      graph.append(
        .convolution(Operation.Convolution(channels: outputs, kernel: kernel, filters: filters)), named: "conv", on: 0)
      let store = ParameterStore(graph)
      store.initialize(seed: 1)
      return Array(store.values(of: "conv.weight"))
    }
    let size = inputs * kernel * kernel
    let passing = min(inputs, outputs)
    #expect(stores[0].suffix((outputs - passing) * size) == stores[1].suffix((outputs - passing) * size))
    for filter in 0..<passing {
      let centre = filter * kernel * kernel + kernel / 2 * kernel + kernel / 2
      #expect(Array(stores[1][filter * size..<(filter + 1) * size]) == (0..<size).map { $0 == centre ? 1 : 0 })
    }
  }

  @Test func buffersStartAtZeroAndCopy() {
    let (first, second) = (AlignedBuffer<Float>(count: 5), AlignedBuffer<Float>(count: 5))
    #expect(first.elements.allSatisfy { $0 == 0 })
    first.elements.update(repeating: 2)
    second.copy(from: first)
    #expect(Array(second.elements) == [2, 2, 2, 2, 2])
    #expect(AlignedBuffer<Double>(count: 0).count == 0)
  }
}

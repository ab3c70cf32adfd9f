// Muon against PyTorch's and against its definition in double precision (Scripts/pytorch/muon.py),
// for wide, tall and square filters, with either backend's products.
import Compute
import Formats
import Foundation
import Models
import OneDNNBackend
import TestSupport
import Testing
import Training

@Suite struct MuonTests {
  private let fixture: SafetensorsFile
  private let graph: Graph
  private static let learningRate = 0.05

  init() throws {
    fixture = try SafetensorsFile(contentsOf: Fixture.folder.appendingPathComponent("muon.safetensors"))
    var graph = Graph(input: Shape(channels: 3, height: 4, width: 4))
    for (index, (channels, kernel)) in [(6, 3), (24, 1), (10, 3), (10, 1)].enumerated() {
      graph.append(.convolution(channels: channels, kernel: kernel, stride: 1), named: "conv\(index)", on: index)
    }
    graph.append(.linear(features: 3), named: "linear", on: 4)
    self.graph = graph
  }

  private var settings: Configuration.OptimizerSettings {
    var settings = Configuration(model: Tiny.model).optimizer
    settings.kind = .muon
    return settings
  }

  private func name(_ spec: TensorSpec) -> String { spec.shape.map(String.init).joined(separator: "x") }

  /// Trains on the fixture's gradients and compares the change of each filter with that to the fixture's tensors.
  private func expectResult(
    _ result: String, _ settings: Configuration.OptimizerSettings, backend: some Backend, within bound: Double
  ) throws {
    let store = ParameterStore(graph)
    let filters = graph.tensors.filter { $0.shape.count == 4 }
    for spec in filters {
      _ = store.values(of: spec.name).update(fromContentsOf: try fixture.floats(named: "\(name(spec))/start"))
    }
    let optimizer = Optimizer(store, settings: settings, backend: backend)
    for step in 0..<3 {
      for spec in filters {
        let gradients = try fixture.floats(named: "\(name(spec))/gradients")
        _ = store.gradient(of: spec.name).update(fromContentsOf: gradients[(step * spec.count)...].prefix(spec.count))
      }
      try optimizer.step(learningRate: Self.learningRate)
    }
    for spec in filters {
      let start = try fixture.floats(named: "\(name(spec))/start")
      let expected = try fixture.floats(named: "\(name(spec))/\(result)")
      let change = norm(zip(expected, start).map { $0 - $1 })
      let error = norm(zip(store.values(of: spec.name), expected).map { $0 - $1 })
      #expect(error < bound * change, "\(name(spec)): \(error / change)")
    }
  }

  private func expectResult(
    _ result: String, _ settings: Configuration.OptimizerSettings, within bound: Double
  ) throws {
    try expectResult(result, settings, backend: ReferenceBackend(), within: bound)
    try expectResult(result, settings, backend: OneDNNBackend(threads: 2), within: bound)
  }

  @Test func filtersFollowPyTorch() throws {
    var settings = settings
    settings.muon = .init(momentum: 0.95, steps: 5, keepsNorm: false)
    settings.weightDecay = 0.1
    try expectResult("exact", settings, within: 1e-4)
    try expectResult("torch", settings, within: 0.02)
  }

  @Test func filtersOfFixedNormFollowAirbench() throws {
    try expectResult("airbench", settings, within: 1e-4)
  }

  @Test func filtersWithoutGradientStayFinite() throws {
    let store = ParameterStore(graph)
    try Optimizer(store, settings: settings, backend: ReferenceBackend()).step(learningRate: 0.1)
    #expect(store.values.elements.allSatisfy { $0 == 0 })
  }

  /// The singular values of the change end near 1, whatever the gradient's are.
  @Test func everyDirectionChangesAlike() throws {
    var settings = settings
    settings.muon = .init(momentum: 0, steps: 5, keepsNorm: false)
    settings.weightDecay = 0
    let store = ParameterStore(graph)
    let gradient = store.gradient(of: "conv3.weight")
    // A diagonal matrix with singular values of 1 to 1/32.
    for index in 0..<10 { gradient[index * 11] = 1 / Float(1 + index * 31 / 9) }
    try Optimizer(store, settings: settings, backend: OneDNNBackend(threads: 1)).step(learningRate: 1)
    let change = store.values(of: "conv3.weight")
    for index in 0..<100 {
      let size = -change[index]
      #expect(index % 11 == 0 ? (0.6...1.3).contains(size) : abs(size) < 1e-5, "\(index): \(size)")
    }
  }

  @Test func everythingElseFollowsSGD() throws {
    var results: [[Float]] = []
    for kind in Configuration.OptimizerSettings.Kind.allCases {
      var settings = settings
      settings.kind = kind
      let store = graph.store(seed: 3)
      for index in store.gradients.elements.indices { store.gradients.elements[index] = Float(index % 7) - 3 }
      let optimizer = Optimizer(store, settings: settings, backend: ReferenceBackend())
      for _ in 0..<3 { try optimizer.step(learningRate: 0.1) }
      results.append(Array(store.values(of: "linear.weight")) + Array(store.values(of: "linear.bias")))
    }
    #expect(results[0] == results[1])
  }
}

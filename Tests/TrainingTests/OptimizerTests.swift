// SGD and the averages of weights against their formulas, written out in double precision,
// on every kind of tensor that a network has.
import Compute
import Models
import Testing
import Training

@Suite struct OptimizerTests {
  let store: ParameterStore
  let graph: Graph

  init() throws {
    (store, graph) = try Tiny.store()
    for spec in graph.tensors where spec.isTrainable {
      let gradient = store.gradient(of: spec.name)
      for index in gradient.indices { gradient[index] = Float(index % 7) * 0.1 - 0.25 }
    }
  }

  private func settings(
    nesterov: Bool = false, decay: Configuration.OptimizerSettings.Decay = .all, clipNorm: Double = 0
  ) -> Configuration.OptimizerSettings {
    var settings = Configuration(model: Tiny.model).optimizer
    settings.momentum = 0.8
    settings.weightDecay = 0.05
    (settings.nesterov, settings.decay, settings.clipNorm) = (nesterov, decay, clipNorm)
    return settings
  }

  private func factor(of spec: TensorSpec, _ settings: Configuration.OptimizerSettings) -> Double {
    if spec.name.hasPrefix("linear.") { return settings.headFactor }
    return switch spec.role {
    case .weight: 1
    case .scale: settings.scaleFactor
    default: settings.biasFactor
    }
  }

  /// The values of `spec` after steps at `rates`, as `torch.optim.SGD` has them.
  private func trained(
    _ spec: TensorSpec, _ settings: Configuration.OptimizerSettings, rates: [Double], scale: Double = 1
  ) -> [Double] {
    zip(store.values(of: spec.name), store.gradient(of: spec.name)).map { start, slope in
      var value = Double(start)
      var velocity = 0.0
      let decays =
        settings.decay == .all || spec.name.hasSuffix("conv1.weight") || spec.name.hasSuffix("conv2.weight")
        || spec.name == "linear.weight" || spec.name.hasSuffix("shortcut.0.weight")
      // A factor speeds up the pull of the gradient, not the decay, and 0 stops both.
      let factor = factor(of: spec, settings)
      for rate in rates.map({ $0 * factor }) where factor > 0 {
        let gradient = scale * Double(slope) + (decays ? settings.weightDecay / factor * value : 0)
        velocity = settings.momentum * velocity + gradient
        value -= rate * (settings.nesterov ? gradient + settings.momentum * velocity : velocity)
      }
      return value
    }
  }

  @Test(arguments: [false, true], Configuration.OptimizerSettings.Decay.allCases)
  func stepsFollowTheFormula(nesterov: Bool, decay: Configuration.OptimizerSettings.Decay) throws {
    let settings = settings(nesterov: nesterov, decay: decay)
    let rates = [0.1, 0.05, 0.2]
    let expected = graph.tensors.filter(\.isTrainable).map { ($0.name, trained($0, settings, rates: rates)) }
    let statistics = graph.tensors.filter { !$0.isTrainable }.map { ($0.name, Array(store.values(of: $0.name))) }
    let optimizer = Optimizer(store, settings: settings, backend: ReferenceBackend())
    for rate in rates { try optimizer.step(learningRate: rate) }
    for (name, values) in expected {
      #expect(zip(store.values(of: name), values).allSatisfy { abs(Double($0) - $1) < 1e-5 }, "\(name)")
    }
    for (name, values) in statistics { #expect(Array(store.values(of: name)) == values, "\(name)") }
  }

  @Test(arguments: [(64, 0, 1), (0, 2, 0.5), (1, 1, 0), (0, 0, 0)])
  func groupsHaveRatesOfTheirOwn(factors: (bias: Double, scale: Double, head: Double)) throws {
    var settings = settings(nesterov: true)
    (settings.biasFactor, settings.scaleFactor, settings.headFactor) = factors
    let rates = [0.002, 0.001, 0.002]
    let expected = graph.tensors.filter(\.isTrainable).map { ($0.name, trained($0, settings, rates: rates)) }
    let optimizer = Optimizer(store, settings: settings, backend: ReferenceBackend())
    for rate in rates { try optimizer.step(learningRate: rate) }
    for (name, values) in expected {
      #expect(zip(store.values(of: name), values).allSatisfy { abs(Double($0) - $1) < 1e-5 }, "\(name)")
    }
  }

  @Test func aLongGradientIsClippedToItsNorm() throws {
    let norm = store.gradients.elements.reduce(0.0) { $0 + Double($1) * Double($1) }.squareRoot()
    let settings = settings(clipNorm: norm / 4)
    let expected = graph.tensors.filter(\.isTrainable).map {
      ($0.name, trained($0, settings, rates: [0.1], scale: 0.25))
    }
    try Optimizer(store, settings: settings, backend: ReferenceBackend()).step(learningRate: 0.1)
    for (name, values) in expected {
      #expect(zip(store.values(of: name), values).allSatisfy { abs(Double($0) - $1) < 1e-5 }, "\(name)")
    }
  }

  @Test func aShortGradientIsLeftAlone() throws {
    let gradients = Array(store.gradients.elements)
    try Optimizer(store, settings: settings(clipNorm: 1e6), backend: ReferenceBackend()).step(learningRate: 0.1)
    #expect(Array(store.gradients.elements) == gradients)
  }

  @Test func theAverageFollowsItsFormula() {
    let average = AveragedParameters(store, graph: graph, decay: 0.3)
    #expect(Array(average.store.values.elements) == Array(store.values.elements))
    var expected = store.values.elements.map(Double.init)
    for update in 0..<5 {
      for index in store.values.elements.indices { store.values.elements[index] *= 0.9 }
      average.update(after: update)
      let decay = min(0.3, Double(1 + update) / Double(10 + update))
      expected = zip(expected, store.values.elements).map { decay * $0 + (1 - decay) * Double($1) }
    }
    #expect(zip(average.store.values.elements, expected).allSatisfy { abs(Double($0) - $1) < 1e-5 })
  }

  @Test(arguments: [(1, 0.5, 0), (2, 0.5, 0), (3, 0.9, 3)])
  func lookaheadFollowsItsFormula(settings: (every: Int, decay: Double, power: Double)) {
    let lookahead = Lookahead(
      store, graph: graph, settings: .init(every: settings.every, decay: settings.decay, power: settings.power))
    var slow = store.values.elements.map(Double.init)
    for step in 1...7 {
      for index in store.values.elements.indices { store.values.elements[index] *= 0.9 }
      var fast = store.values.elements.map(Double.init)
      lookahead.update(after: step, of: 7)
      if step.isMultiple(of: settings.every) || step == 7 {
        let share = settings.power == 0 ? 0.5 : 0.9 * Double(step * step * step) / 343
        slow = zip(slow, fast).map { share * $0 + (1 - share) * $1 }
        fast = slow
      }
      #expect(zip(lookahead.store.values.elements, slow).allSatisfy { abs(Double($0) - $1) < 1e-5 })
      #expect(zip(store.values.elements, fast).allSatisfy { abs(Double($0) - $1) < 1e-5 })
    }
  }
}

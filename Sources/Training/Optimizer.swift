// Stochastic gradient descent over the flat buffers of a parameter store,
// with clipping before it and an average of the weights behind it.
public import Compute
public import Models

/// SGD with momentum as `torch.optim.SGD`: decay joins the gradient, velocity ← momentum · velocity + gradient.
public final class SGD {
  private let store: ParameterStore
  private let settings: Configuration.OptimizerSettings
  /// The velocity of each trainable value.
  public let velocity: AlignedBuffer<Float>
  /// Runs of values that share a decay, in memory's order.
  private let groups: [(range: Range<Int>, decays: Bool)]

  /// An optimizer at rest for the values of `store`.
  public init(_ store: ParameterStore, settings: Configuration.OptimizerSettings) {
    self.store = store
    self.settings = settings
    velocity = AlignedBuffer(count: store.gradients.count)
    var groups: [(range: Range<Int>, decays: Bool)] = []
    for spec in store.specs where spec.isTrainable {
      guard let range = store.ranges[spec.name] else { continue }
      let decays = settings.decay == .all || spec.role == .weight
      // The gap up to the next cache line holds zeros, which stay zeros.
      if let last = groups.last, last.decays == decays {
        groups[groups.count - 1].range = last.range.lowerBound..<range.upperBound
      } else {
        groups.append((range, decays))
      }
    }
    self.groups = groups
  }

  /// Changes the values by one step along the gradients, at `learningRate`.
  public func step(learningRate: Double) {
    clip()
    for (range, decays) in groups {
      update(range, learningRate: Float(learningRate), decay: decays ? Float(settings.weightDecay) : 0)
    }
  }

  private func update(_ range: Range<Int>, learningRate: Float, decay: Float) {
    let momentum = Float(settings.momentum)
    let values = UnsafeMutableBufferPointer(rebasing: store.values.elements[range])
    let gradients = UnsafeMutableBufferPointer(rebasing: store.gradients.elements[range])
    let velocities = UnsafeMutableBufferPointer(rebasing: velocity.elements[range])
    if settings.nesterov {
      for index in 0..<range.count {
        let gradient = gradients[index] + decay * values[index]
        velocities[index] = momentum * velocities[index] + gradient
        values[index] -= learningRate * (gradient + momentum * velocities[index])
      }
    } else {
      for index in 0..<range.count {
        let gradient = gradients[index] + decay * values[index]
        velocities[index] = momentum * velocities[index] + gradient
        values[index] -= learningRate * velocities[index]
      }
    }
  }

  /// Scales the whole gradient to the largest norm allowed (Pascanu et al. 2013, `clip_grad_norm_`).
  private func clip() {
    guard settings.clipNorm > 0 else { return }
    let gradients = store.gradients.elements
    let norm = gradients.reduce(0.0) { $0 + Double($1) * Double($1) }.squareRoot()
    guard norm > settings.clipNorm else { return }
    let factor = Float(settings.clipNorm / (norm + 1e-6))
    for index in gradients.indices { gradients[index] *= factor }
  }
}

/// An exponential moving average of weights and running statistics (Polyak and Juditsky 1992; Tarvainen and
/// Valpola 2017), evaluated in place of the last ones.
public final class AveragedParameters {
  /// The average, in the form of the weights that it averages.
  public let store: ParameterStore
  private let source: ParameterStore
  private let decay: Float

  /// An average that starts at the present values of `source`.
  public init(_ source: ParameterStore, graph: Graph, decay: Double) {
    self.source = source
    self.decay = Float(decay)
    store = ParameterStore(graph)
    store.values.copy(from: source.values)
  }

  /// average ← decay · average + (1 − decay) · values. Early on the decay is smaller, (1 + n) / (10 + n) after `n`
  /// updates, so that the start weights are soon forgotten.
  public func update(after updates: Int) {
    let decay = min(self.decay, Float(1 + updates) / Float(10 + updates))
    let average = store.values.elements
    let values = source.values.elements
    for index in 0..<average.count { average[index] += (1 - decay) * (values[index] - average[index]) }
  }
}

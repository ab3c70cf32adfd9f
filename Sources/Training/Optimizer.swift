// One step of all weights along their gradients, over the flat buffers of a parameter store:
// SGD for most, Muon for filters where it is asked for, clipping before both.
package import Compute
import Models

/// Changes the values of a store along their gradients.
///
/// SGD is `torch.optim.SGD`'s: decay joins the gradient, velocity ← momentum · velocity + gradient. A factor on the
/// learning rate divides the decay's coefficient, so that it leaves the pace of decay as it is.
package final class Optimizer {
  private let store: ParameterStore
  private let settings: Configuration.OptimizerSettings
  /// The velocity of each trainable value.
  package let velocity: AlignedBuffer<Float>
  private var groups: [ParameterGroup]
  private let muon: Muon?

  /// An optimizer at rest for the values of `store`; `backend` multiplies matrices.
  package init(_ store: ParameterStore, settings: Configuration.OptimizerSettings, backend: some Backend) {
    self.store = store
    self.settings = settings
    velocity = AlignedBuffer(count: store.gradients.count)
    groups = ParameterGroup.all(of: store.specs, in: store, settings)
    let shapes = groups.compactMap { group in
      if case .muon(let rows, let columns) = group.rule { (rows, columns) } else { nil }
    }
    muon = Muon(settings.muon, shapes: shapes, backend: backend)
  }

  /// Bytes that it holds.
  package var memoryBytes: Int { 4 * velocity.count + (muon?.memoryBytes ?? 0) }

  /// Trains the tensors of `graph`, and no others of the store, from now on.
  func train(only graph: Graph) {
    groups = ParameterGroup.all(of: graph.tensors, in: store, settings)
  }

  /// Changes the values by one step along the gradients, at `learningRate` times each group's factor.
  package func step(learningRate: Double) throws {
    clip()
    for group in groups {
      let decay = group.decays ? Float(settings.weightDecay / group.factor) : 0
      let rate = Float(learningRate * group.factor)
      let values = UnsafeMutableBufferPointer(rebasing: store.values.elements[group.range])
      let gradients = UnsafeMutableBufferPointer(rebasing: store.gradients.elements[group.range])
      let velocities = UnsafeMutableBufferPointer(rebasing: velocity.elements[group.range])
      switch group.rule {
      case .sgd:
        descend(values, gradients, velocities, rate: rate, decay: decay)
      case .muon(let rows, let columns):
        try muon?.step(
          values: values, gradient: gradients, velocity: velocities, rows: rows, columns: columns, rate: rate,
          decay: decay)
      }
    }
  }

  private func descend(
    _ values: UnsafeMutableBufferPointer<Float>, _ gradients: UnsafeMutableBufferPointer<Float>,
    _ velocities: UnsafeMutableBufferPointer<Float>, rate: Float, decay: Float
  ) {
    let momentum = Float(settings.momentum)
    if settings.nesterov {
      for index in 0..<values.count {
        let gradient = gradients[index] + decay * values[index]
        velocities[index] = momentum * velocities[index] + gradient
        values[index] -= rate * (gradient + momentum * velocities[index])
      }
    } else {
      for index in 0..<values.count {
        let gradient = gradients[index] + decay * values[index]
        velocities[index] = momentum * velocities[index] + gradient
        values[index] -= rate * velocities[index]
      }
    }
  }

  /// Scales the gradient of all that is trained to the largest norm allowed (Pascanu et al. 2013, `clip_grad_norm_`).
  private func clip() {
    guard settings.clipNorm > 0 else { return }
    let parts = groups.map { UnsafeMutableBufferPointer(rebasing: store.gradients.elements[$0.range]) }
    let norm = parts.reduce(0) { $0 + $1.norm * $1.norm }.squareRoot()
    guard norm > settings.clipNorm else { return }
    let factor = Float(settings.clipNorm / (norm + 1e-6))
    for part in parts {
      for index in part.indices { part[index] *= factor }
    }
  }
}

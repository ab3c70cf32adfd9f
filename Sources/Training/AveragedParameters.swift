// Averages of weights, evaluated and saved in place of the last ones: a moving one that training never sees,
// and Lookahead's, which training takes back.
package import Compute
import Glibc
package import Models

/// An exponential moving average of weights and running statistics (Polyak and Juditsky 1992; Tarvainen and
/// Valpola 2017), evaluated in place of the last ones.
package final class AveragedParameters {
  /// The average, in the form of the weights that it averages.
  package let store: ParameterStore
  private let source: ParameterStore
  private let decay: Float

  /// An average that starts at the present values of `source`.
  package init(_ source: ParameterStore, graph: Graph, decay: Double) {
    self.source = source
    self.decay = Float(decay)
    store = ParameterStore(graph)
    store.values.copy(from: source.values)
  }

  /// average ← decay · average + (1 − decay) · values. Early on the decay is smaller, (1 + n) / (10 + n) after `n`
  /// updates of the present network, so that the start weights are soon forgotten.
  package func update(after updates: Int) {
    let decay = min(self.decay, Float(1 + updates) / Float(10 + updates))
    store.move(towards: source, by: 1 - decay)
  }
}

/// Slow weights, running statistics included, that every few steps move towards the trained ones and then take their
/// place (Zhang et al. 2019); with a share that grows over the run, airbench's (Jordan 2024), but for
/// the last step: there the slow weights only take the others' place, and here they move once more.
package final class Lookahead {
  /// The slow weights.
  package let store: ParameterStore
  private let source: ParameterStore
  private let settings: Configuration.OptimizerSettings.LookaheadSettings

  /// Slow weights that start at the present values of `source`.
  package init(
    _ source: ParameterStore, graph: Graph, settings: Configuration.OptimizerSettings.LookaheadSettings
  ) {
    self.source = source
    self.settings = settings
    store = ParameterStore(graph)
    store.values.copy(from: source.values)
  }

  /// After step `step` of `steps`, counted from 1: where it is due, and after the last one, slow ← share · slow +
  /// (1 − share) · values, and values ← slow.
  package func update(after step: Int, of steps: Int) {
    guard settings.every > 0, step % settings.every == 0 || step == steps else { return }
    let share = settings.decay * pow(Double(step) / Double(steps), settings.power)
    store.move(towards: source, by: Float(1 - share))
    source.values.copy(from: store.values)
  }
}

extension ParameterStore {
  /// values ← values + share · (target's − values).
  fileprivate func move(towards target: ParameterStore, by share: Float) {
    let values = values.elements
    let others = target.values.elements
    for index in 0..<values.count { values[index] += share * (others[index] - values[index]) }
  }
}

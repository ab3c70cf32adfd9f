// `torch.optim.SGD` in its plainest form, so that ten steps of training can be compared with PyTorch's
// without the product's own optimizer.
import Compute
import Models
import Testing

/// Ten steps on a fixture's batch, with momentum 0.9, weight decay 5e-4 and a learning rate falling from 0.05 along
/// a cosine; with Nesterov momentum normalisations and biases are spared from decay.
struct SGD {
  static let learningRate = 0.05
  static let momentum: Float = 0.9
  static let weightDecay: Float = 5e-4
  static let steps = 10

  /// The factors of `learningRate`: (1 + cos(π · step / 10)) / 2.
  static let cosine: [Double] = [
    1, 0.9755282581475768, 0.9045084971874737, 0.7938926261462366, 0.6545084971874737, 0.5, 0.3454915028125263,
    0.2061073738537635, 0.0954915028125263, 0.024471741852423234,
  ]

  /// The losses before each step; the weights in `store` are trained.
  static func losses(
    of fixture: Fixture, store: ParameterStore, plan: any TrainingPlan, nesterov: Bool
  ) throws -> [Float] {
    let trainable = fixture.graph.tensors.filter(\.isTrainable)
    var velocities = trainable.map { [Float](repeating: 0, count: $0.count) }
    return try cosine.map { factor in
      let rate = Float(learningRate * factor)
      let loss = try plan.run(fixture.images, fixture.labels).loss
      for (index, spec) in trainable.enumerated() {
        let (values, gradient) = (store.values(of: spec.name), store.gradient(of: spec.name))
        let decay = nesterov && spec.shape.count == 1 ? 0 : weightDecay
        for position in values.indices {
          let slope = gradient[position] + decay * values[position]
          velocities[index][position] = momentum * velocities[index][position] + slope
          let velocity = velocities[index][position]
          values[position] -= rate * (nesterov ? slope + momentum * velocity : velocity)
        }
      }
      return loss
    }
  }
}

// Parameters, images and labels from seeds, as `Scripts/pytorch/fixtures.py` derives them too:
// what every comparison starts from.
public import Compute
public import Models
import Randomness

extension ParameterStore {
  /// Values away from the start values and from zero.
  public func fill(_ graph: Graph, seed: UInt64) {
    for (word, spec) in graph.tensors.enumerated() {
      var random = CounterRandom(seed: seed, UInt64(word))
      let values = values(of: spec.name)
      for index in values.indices {
        let signed = 2 * random.uniform() - 1
        values[index] =
          switch (spec.initializer, spec.role) {
          case (.uniform(let fanIn), _), (.dirac(let fanIn), _), (.whitening(let fanIn), _):
            Float(1 / Double(fanIn).squareRoot()) * signed
          case (_, .runningVariance): 1 + 0.5 * signed
          case (_, .scale): 1 + 0.25 * signed
          default: 0.25 * signed
          }
      }
    }
  }
}

extension Graph {
  /// A store with the values of `seed`.
  public func store(seed: UInt64) -> ParameterStore {
    let store = ParameterStore(self)
    store.fill(self, seed: seed)
    return store
  }

  /// `count` images of numbers of [−2, 2).
  public func images(_ count: Int, seed: UInt64) -> [Float] {
    var random = CounterRandom(seed: seed, 0)
    return (0..<count * inputShape.count).map { _ in 4 * random.uniform() - 2 }
  }

  /// A class for each of `count` images.
  public func labels(_ count: Int) -> [Int32] {
    (0..<count).map { Int32((7 * $0 + 3) % classes) }
  }
}

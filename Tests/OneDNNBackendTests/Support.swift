// One step of any backend from a seed, and how far two outcomes are apart:
// what every test of conformance starts from.
import Compute
import Models
import OneDNNBackend
import Randomness

/// What a training step yields and leaves in its store.
struct Outcome: Equatable {
  var result: StepResult
  var logits: [Float]
  var gradients: [String: [Float]] = [:]
  var statistics: [String: [Float]] = [:]
}

extension ParameterStore {
  /// Values away from the start values and from zero; the scheme of `Scripts/pytorch/fixtures.py`.
  func fill(_ graph: Graph, seed: UInt64) {
    for (word, spec) in graph.tensors.enumerated() {
      var random = CounterRandom(seed: seed, UInt64(word))
      let values = values(of: spec.name)
      for index in values.indices {
        let signed = 2 * random.uniform() - 1
        values[index] =
          switch (spec.initializer, spec.role) {
          case (.uniform(let fanIn), _): Float(1 / Double(fanIn).squareRoot()) * signed
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
  func store(seed: UInt64) -> ParameterStore {
    let store = ParameterStore(self)
    store.fill(self, seed: seed)
    return store
  }

  /// `count` images of numbers of [−2, 2).
  func images(_ count: Int, seed: UInt64) -> [Float] {
    var random = CounterRandom(seed: seed, 0)
    return (0..<count * inputShape.count).map { _ in 4 * random.uniform() - 2 }
  }

  /// A class for each of `count` images.
  func labels(_ count: Int) -> [Int32] {
    (0..<count).map { Int32((7 * $0 + 3) % classes) }
  }
}

extension Backend {
  /// One training step on fresh values; the default step of all comparisons.
  func step(
    _ graph: Graph, batchSize: Int, precision: Precision = .fp32, options: StepOptions = StepOptions(),
    store: ParameterStore? = nil
  ) throws -> Outcome {
    let store = store ?? graph.store(seed: 11)
    let plan = try compileTraining(graph, batchSize: batchSize, precision: precision, parameters: store)
    return try plan.outcome(graph, store, graph.images(batchSize, seed: 12), graph.labels(batchSize), options)
  }

  /// One inference pass on fresh values.
  func infer(_ graph: Graph, batchSize: Int, precision: Precision = .fp32, folds: Bool) throws -> [Float] {
    try compileInference(
      graph, batchSize: batchSize, precision: precision, foldsBatchNorm: folds, parameters: graph.store(seed: 11)
    ).run(graph.images(batchSize, seed: 12))
  }
}

extension TrainingPlan {
  /// One step on arrays.
  func run(_ images: [Float], _ labels: [Int32], _ options: StepOptions = StepOptions()) throws -> StepResult {
    try images.withUnsafeBufferPointer { images in
      try labels.withUnsafeBufferPointer { labels in try step(images: images, labels: labels, options: options) }
    }
  }

  /// One step on arrays, and all that it wrote.
  func outcome(
    _ graph: Graph, _ store: ParameterStore, _ images: [Float], _ labels: [Int32],
    _ options: StepOptions = StepOptions()
  ) throws -> Outcome {
    let result = try run(images, labels, options)
    var outcome = Outcome(result: result, logits: Array(logits))
    for spec in graph.tensors {
      if spec.isTrainable {
        outcome.gradients[spec.name] = Array(store.gradient(of: spec.name))
      } else {
        outcome.statistics[spec.name] = Array(store.values(of: spec.name))
      }
    }
    return outcome
  }
}

extension InferencePlan {
  /// One pass on an array.
  func run(_ images: [Float]) throws -> [Float] {
    try images.withUnsafeBufferPointer { try Array(logits(images: $0)) }
  }
}

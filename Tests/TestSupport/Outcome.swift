// One step or pass of any backend on values from seeds, and all that it wrote:
// what every test of conformance compares.
public import Compute
public import Models

/// What a training step yields and leaves in its store.
public struct Outcome: Equatable {
  /// Loss and correct images.
  public var result: StepResult
  /// The batch's logits, images × classes.
  public var logits: [Float]
  /// The gradient of each trainable tensor by its name.
  public var gradients: [String: [Float]] = [:]
  /// Running means and variances by name, after the step.
  public var statistics: [String: [Float]] = [:]
}

extension Backend {
  /// One training step on fresh values; the default step of all comparisons.
  public func step(
    _ graph: Graph, batchSize: Int, precision: Precision = .fp32, options: StepOptions = StepOptions(),
    store: ParameterStore? = nil
  ) throws -> Outcome {
    let store = store ?? graph.store(seed: 11)
    let plan = try compileTraining(graph, batchSize: batchSize, precision: precision, parameters: store)
    return try plan.outcome(graph, store, graph.images(batchSize, seed: 12), graph.labels(batchSize), options)
  }

  /// One inference pass on fresh values.
  public func infer(_ graph: Graph, batchSize: Int, precision: Precision = .fp32, folds: Bool) throws -> [Float] {
    try compileInference(
      graph, batchSize: batchSize, precision: precision, foldsBatchNorm: folds, parameters: graph.store(seed: 11)
    ).run(graph.images(batchSize, seed: 12))
  }
}

extension TrainingPlan {
  /// One step on arrays.
  public func run(
    _ images: [Float], _ labels: [Int32], _ options: StepOptions = StepOptions(), shares: [Float]? = nil
  ) throws -> StepResult {
    try images.withUnsafeBufferPointer { images in
      try labels.withUnsafeBufferPointer { labels in
        guard let shares else { return try step(images: images, labels: labels, options: options) }
        return try shares.withUnsafeBufferPointer {
          try step(images: images, labels: labels, shares: $0, options: options)
        }
      }
    }
  }

  /// One step on arrays, and all that it wrote.
  public func outcome(
    _ graph: Graph, _ store: ParameterStore, _ images: [Float], _ labels: [Int32],
    _ options: StepOptions = StepOptions(), shares: [Float]? = nil
  ) throws -> Outcome {
    let result = try run(images, labels, options, shares: shares)
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
  public func run(_ images: [Float]) throws -> [Float] {
    try images.withUnsafeBufferPointer { try Array(logits(images: $0)) }
  }
}

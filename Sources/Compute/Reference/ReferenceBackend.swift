// The oracle as a backend: plain loops in double precision behind the contract of the fast one.
package import Models

/// Executes graphs in double precision with plain loops: slow, exact, and what other backends are measured against.
///
/// Values are read from the store as Float and results are rounded to Float once, at the end.
package struct ReferenceBackend: Backend {
  /// The reference backend.
  package init() {}

  /// Double precision counts as fp32.
  package var bestPrecision: Precision { .fp32 }

  /// Compiles a training step.
  ///
  /// Throws `ComputeError`: `unsupportedPrecision` for bf16, `missingTensor` where `parameters` are another
  /// network's, `invalidBatch` where `batchSize` is too small to train on.
  package func compileTraining(
    _ graph: Graph, batchSize: Int, precision: Precision, parameters: ParameterStore
  ) throws -> any TrainingPlan {
    try check(precision)
    try graph.checkTraining(batchSize: batchSize)
    _ = try ReferenceParameters(graph, from: parameters)
    return ReferenceTrainingPlan(graph, batchSize: batchSize, store: parameters)
  }

  /// Compiles an inference pass.
  ///
  /// Throws `ComputeError`: `unsupportedPrecision` for bf16, `missingTensor` where `parameters` are another
  /// network's, `invalidBatch` where `batchSize` is not positive.
  package func compileInference(
    _ graph: Graph, batchSize: Int, precision: Precision, foldsBatchNorm: Bool, parameters: ParameterStore
  ) throws -> any InferencePlan {
    try check(precision)
    try graph.checkInference(batchSize: batchSize)
    return try ReferenceInferencePlan(
      graph, batchSize: batchSize, foldsBatchNorm: foldsBatchNorm, store: parameters)
  }

  private func check(_ precision: Precision) throws {
    guard precision == .fp32 else {
      throw ComputeError.unsupportedPrecision(precision, "the reference computes in double precision only; use fp32")
    }
  }
}

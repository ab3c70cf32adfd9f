// What runs a run's epochs: the compiled step and evaluation of its network, as far as that has grown.
import Compute
import Datasets
import Models

/// The plans of one network on the weights of a run, which may belong to a larger one.
struct TrainingStage {
  let model: ResNetSpec
  let graph: Graph
  let plan: any TrainingPlan
  /// nil where there are no validation images.
  let evaluator: Evaluator?
  /// Bytes that the plans hold.
  let memoryBytes: Int

  /// - Parameters:
  ///   - parameters: are trained.
  ///   - judged: are evaluated.
  ///   - validation: the images to evaluate them on, of `set`.
  init(
    _ model: ResNetSpec, _ settings: Configuration.TrainingSettings, backend: any Backend, precision: Precision,
    parameters: ParameterStore, judged: ParameterStore, set: ImageSet, validation: [Int], normalization: Normalization
  ) throws {
    self.model = model
    graph = try model.graph()
    plan = try backend.compileTraining(
      graph, batchSize: settings.batchSize, precision: precision, parameters: parameters)
    guard !validation.isEmpty else {
      (evaluator, memoryBytes) = (nil, plan.memoryBytes)
      return
    }
    let inference = try backend.compileInference(
      graph, batchSize: min(Trainer.evaluationBatch(of: graph.inputShape), validation.count), precision: precision,
      foldsBatchNorm: true,
      parameters: judged)
    memoryBytes = plan.memoryBytes + inference.memoryBytes
    evaluator = try Evaluator(
      inference, classes: graph.classes, set: set, indices: validation, normalization: normalization)
  }
}

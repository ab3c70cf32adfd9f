// Learning from a trained network besides labels: what it says of each batch's images becomes their targets
// (knowledge distillation).
import Compute
import Datasets
public import Foundation
import Models

/// A trained network whose probabilities are targets of another one's training (Hinton, Vinyals and Dean 2015, at
/// temperature 1). It is asked about the very images that the other one sees, cropped and cut as they are (Beyer et al.
/// 2022, "Knowledge distillation: a good teacher is patient and consistent").
public struct Teacher {
  let parameters: ParameterStore
  let graph: Graph
  let info: CheckpointInfo

  /// Reads the weights in `url`; throws as `Checkpoint.load` does.
  public init(weights url: URL) throws {
    (parameters, graph, info) = try Checkpoint.load(url)
  }

  /// Operations of its answer to one image: two a multiply-add.
  var operations: Double { 2 * Double(graph.multiplyAdds) }

  /// A digest of its values.
  func digest() throws -> String {
    try SHA256.of(Array(UnsafeRawBufferPointer(parameters.values.elements)))
  }

  /// Throws `ConfigurationError` where it cannot be asked about the images of `set` as `configuration` normalises them,
  /// or knows some that are held out.
  func check(for configuration: Configuration, _ set: ImageSet) throws {
    guard graph.inputShape == configuration.model.input else {
      throw ConfigurationError(
        "\(Self.key): it takes images of \(graph.inputShape.dimensions), the network of "
          + "\(configuration.model.input.dimensions): name weights for these")
    }
    guard graph.classes == set.classNames.count, info.classNames.isEmpty || info.classNames == set.classNames else {
      throw ConfigurationError(
        "\(Self.key): it has not learnt the classes of the data set, in their order: name weights that have")
    }
    let normalization = info.normalization
    guard try normalization == configuration.normalization() else {
      throw ConfigurationError(
        "\(Self.key): it has learnt images of another normalisation: add --set 'data.mean=\(normalization.mean)' "
          + "--set 'data.std=\(normalization.standardDeviation)'")
    }
    try info.check(heldOut: configuration.data, of: set, called: Self.key)
  }

  static let key = "training.teacher"
}

/// A teacher that is asked about batches.
final class Lesson {
  private let plan: any InferencePlan
  let teacher: Teacher
  private let share: Float
  private let targets: AlignedBuffer<Float>

  /// For a run by `configuration` on images of `set`; nil where neither names a teacher. Throws `ConfigurationError` where
  /// but one does, or it does not fit.
  init?(
    by teacher: Teacher?, for configuration: Configuration, _ set: ImageSet, backend: any Backend, precision: Precision
  ) throws {
    let settings = configuration.training
    try demand(
      (teacher == nil) == settings.teacher.isEmpty, Teacher.key,
      "\"\(settings.teacher)\": the trainer has to be given these weights, and no others")
    guard let teacher else { return nil }
    try teacher.check(for: configuration, set)
    self.teacher = teacher
    share = Float(settings.teacherShare)
    let batchSize = settings.batchSize
    plan = try backend.compileInference(
      teacher.graph, batchSize: batchSize, precision: precision, foldsBatchNorm: true, parameters: teacher.parameters)
    targets = AlignedBuffer(count: batchSize * teacher.graph.classes)
  }

  /// Bytes of the plan and the weights.
  var memoryBytes: Int { plan.memoryBytes + teacher.parameters.memoryBytes }

  /// The targets of `batch`, images × classes, each image's adding up to 1; valid until the next call.
  func targets(of batch: Batch) throws -> UnsafeBufferPointer<Float> {
    let logits = try plan.logits(images: UnsafeBufferPointer(batch.images))
    let classes = teacher.graph.classes
    for (image, label) in batch.labels.enumerated() {
      let row = image * classes..<(image + 1) * classes
      let largest = logits[row].max() ?? 0
      let total = logits[row].reduce(0) { $0 + exp($1 - largest) }
      for index in row {
        let own: Float = batch.shares.map { $0[index] } ?? (index - row.lowerBound == Int(label) ? 1 : 0)
        targets.elements[index] = share * exp(logits[index] - largest) / total + (1 - share) * own
      }
    }
    return UnsafeBufferPointer(targets.elements)
  }
}

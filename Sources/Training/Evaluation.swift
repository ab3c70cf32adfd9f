// Accuracy, loss and confusion of an inference plan on a set of images,
// with or without averaging over views of each image.
public import Compute
public import Datasets
public import Foundation
import Models

/// Views of an image whose logits are averaged (test-time augmentation).
public enum TestTimeAugmentation: String, Codable, Sendable, CaseIterable {
  /// The image alone.
  case none
  /// The image and its mirror image.
  case flip
  /// Those two (weight ½) and both shifted by one pixel down-right and up-left (weight ½), edges reflected: the six
  /// views of airbench (Jordan 2024, "94 % on CIFAR-10 in 3.29 seconds").
  case full
}

/// What an evaluation found.
public struct Evaluation: Sendable {
  /// Averaged logits, images × classes, in the order of the images.
  public let logits: [Float]
  /// True classes.
  public let labels: [Int32]
  /// Number of classes.
  public let classes: Int
  /// Mean cross-entropy of the averaged logits.
  public let loss: Double
  /// Correct images.
  public let correct: Int
  /// Images of each class (rows: truth) by predicted class (columns), counted anew at every call.
  public var confusion: [[Int]] {
    var confusion = [[Int]](repeating: [Int](repeating: 0, count: classes), count: classes)
    for (image, label) in labels.enumerated() {
      let row = logits[image * classes..<(image + 1) * classes]
      var best = row.startIndex
      for index in row.indices where row[index] > row[best] { best = index }
      confusion[Int(label)][best - row.startIndex] += 1
    }
    return confusion
  }

  /// Share of correct images.
  public var accuracy: Double { labels.isEmpty ? 0 : Double(correct) / Double(labels.count) }

  /// Share of correct images of each class, nil for a class without images; counted anew at every call.
  public var perClass: [Double?] {
    confusion.enumerated().map { index, row in
      let total = row.reduce(0, +)
      return total == 0 ? nil : Double(row[index]) / Double(total)
    }
  }

  /// The verdict on `logits`.
  package init(logits: [Float], labels: [Int32], classes: Int) {
    self.logits = logits
    self.labels = labels
    self.classes = classes
    let result = logits.withUnsafeBufferPointer { logits in
      labels.withUnsafeBufferPointer { labels in
        CrossEntropy.evaluate(logits: logits, labels: labels, classes: classes, smoothing: 0)
      }
    }
    loss = Double(result.loss)
    correct = result.correct
  }
}

/// Runs an inference plan over images that it prepares itself. One thread at a time may use it.
public final class Evaluator {
  private let plan: any InferencePlan
  private let loader: BatchLoader
  private let imageCount: Int
  private let classes: Int
  private let (height, width): (Int, Int)
  private let batch: AlignedBuffer<Float>

  /// An evaluator of `plan` on the images `indices` of `set`, in that order and unchanged.
  package init(
    _ plan: any InferencePlan, classes: Int, set: ImageSet, indices: [Int], normalization: Normalization
  ) throws {
    self.plan = plan
    self.classes = classes
    imageCount = indices.count
    (height, width) = (set.height, set.width)
    batch = AlignedBuffer(count: plan.batchSize * set.imageSize)
    loader = try BatchLoader(
      set: set, indices: indices, batchSize: plan.batchSize, augmentation: .none, normalization: normalization,
      seed: 0, shuffles: false, dropsLast: false)
  }

  /// An evaluator of the weights in `url` (see `Checkpoint.load`) on all of `set`.
  public convenience init(
    weights url: URL, backend: some Backend, set: ImageSet, precision: Precision = .fp32
  ) throws {
    let (parameters, graph, info) = try Checkpoint.load(url)
    try info.check(set, fits: graph)
    let plan = try backend.compileInference(
      graph, batchSize: max(1, min(Trainer.evaluationBatch(of: graph.inputShape), set.count)), precision: precision,
      foldsBatchNorm: true,
      parameters: parameters)
    try self.init(
      plan, classes: graph.classes, set: set, indices: Array(0..<set.count), normalization: info.normalization)
  }

  /// Evaluates with the parameters that the plan's store holds now.
  public func evaluate(tta: TestTimeAugmentation = .none) throws -> Evaluation {
    try plan.loadParameters()
    var logits: [Float] = []
    var labels: [Int32] = []
    logits.reserveCapacity(imageCount * classes)
    loader.start(epoch: 0, step: 0)
    defer { loader.stop() }
    for _ in 0..<loader.stepsPerEpoch {
      let next = loader.next()
      let result = try self.logits(of: next, tta)
      logits.append(contentsOf: result[..<(next.count * classes)])
      labels.append(contentsOf: next.labels[..<next.count])
    }
    return Evaluation(logits: logits, labels: labels, classes: classes)
  }

  private func logits(of images: Batch, _ tta: TestTimeAugmentation) throws -> [Float] {
    var total = [Float](repeating: 0, count: plan.batchSize * classes)
    for (view, weight) in Self.views(tta) {
      view.apply(from: UnsafeBufferPointer(images.images), to: batch.elements, height: height, width: width)
      let logits = try plan.logits(images: UnsafeBufferPointer(batch.elements))
      for index in total.indices { total[index] += weight * logits[index] }
    }
    return total
  }

  private static func views(_ tta: TestTimeAugmentation) -> [(View, weight: Float)] {
    switch tta {
    case .none: [(View(shift: 0, mirrored: false), 1)]
    case .flip: [false, true].map { (View(shift: 0, mirrored: $0), 0.5) }
    case .full:
      [0, 1, -1].flatMap { shift in
        [false, true].map { (View(shift: shift, mirrored: $0), shift == 0 ? 0.25 : 0.125) }
      }
    }
  }

  /// One view of every image of a batch.
  private struct View {
    /// Pixels by which the content moves down and right.
    let shift: Int
    let mirrored: Bool

    func apply(
      from source: UnsafeBufferPointer<Float>, to target: UnsafeMutableBufferPointer<Float>, height: Int, width: Int
    ) {
      if shift == 0, !mirrored {
        _ = target.update(fromContentsOf: source)
        return
      }
      let columns = (0..<width).map { column in
        Self.reflected((mirrored ? width - 1 - column : column) - shift, width)
      }
      for row in 0..<source.count / width {
        let (plane, y) = (row / height, row % height)
        let from = (plane * height + Self.reflected(y - shift, height)) * width
        for column in 0..<width { target[row * width + column] = source[from + columns[column]] }
      }
    }

    private static func reflected(_ position: Int, _ extent: Int) -> Int {
      if position < 0 { return min(-position, extent - 1) }
      return position < extent ? position : max(0, 2 * (extent - 1) - position)
    }
  }
}

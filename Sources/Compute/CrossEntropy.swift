// The loss of every plan: softmax cross-entropy in fp32 with label smoothing,
// and its gradient with respect to the logits.
import Glibc

/// Mean softmax cross-entropy over a batch, as `torch.nn.CrossEntropyLoss(label_smoothing:)`.
package enum CrossEntropy {
  /// Loss and correct images of a batch, and the gradient of the mean loss where `gradient` is given.
  ///
  /// - Parameters:
  ///   - logits: images × `classes`.
  ///   - labels: one class number an image; their count is the number of images.
  ///   - shares: images × `classes`, each image's adding up to 1: the targets of mixed images, instead of labels.
  ///   - smoothing: share of the target spread evenly over all classes.
  ///   - gradient: images × `classes`, overwritten.
  package static func evaluate(
    logits: UnsafeBufferPointer<Float>, labels: UnsafeBufferPointer<Int32>,
    shares: UnsafeBufferPointer<Float>? = nil, classes: Int, smoothing: Float,
    gradient: UnsafeMutableBufferPointer<Float>? = nil
  ) -> StepResult {
    var loss: Double = 0
    var correct = 0
    let base = smoothing / Float(classes)
    let scale = 1 / Float(labels.count)
    for (image, label) in labels.enumerated() {
      let row = UnsafeBufferPointer(rebasing: logits[image * classes..<(image + 1) * classes])
      var best = 0
      for index in 1..<classes where row[index] > row[best] { best = index }
      correct += best == Int(label) ? 1 : 0
      var sum: Float = 0
      for value in row { sum += expf(value - row[best]) }
      let logSum = logf(sum) + row[best]
      // −Σ target · (logit − logSum), where the targets sum to one.
      var expected: Float = 0
      for index in 0..<classes {
        let share = shares.map { $0[image * classes + index] } ?? (index == Int(label) ? 1 : 0)
        let target = base + (1 - smoothing) * share
        expected += target * row[index]
        gradient?[image * classes + index] = (expf(row[index] - logSum) - target) * scale
      }
      loss += Double(logSum - expected)
    }
    return StepResult(loss: Float(loss / Double(max(1, labels.count))), correct: correct)
  }
}

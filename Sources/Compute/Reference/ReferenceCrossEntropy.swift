// The loss in double precision: softmax cross-entropy with label smoothing (Szegedy et al. 2016),
// written as its definition, −Σ target · log softmax.
import Glibc

/// The mean over a batch of −Σ target · log softmax(logits), where the targets are `smoothing` / classes for every
/// class and 1 − `smoothing` more for the label, or that times each class's share in a mixed image.
package enum ReferenceCrossEntropy {
  /// What the loss says of a batch.
  package struct Result: Hashable, Sendable {
    /// The mean loss.
    package var loss: Double
    /// Images whose largest logit is their label's; the first of equal ones counts as the largest.
    package var correct: Int
    /// Gradient of the mean loss with respect to the logits, in their shape.
    package var gradient: ReferenceTensor
  }

  /// The loss of `logits`, images × classes (× 1 × 1).
  ///
  /// Preconditions demand one label an image, each a class number, and as many `shares` as logits.
  package static func evaluate(
    _ logits: ReferenceTensor, labels: [Int], shares: [Double]? = nil, smoothing: Double = 0
  ) -> Result {
    precondition(labels.count == logits.shape[0], "\(labels.count) labels for logits of shape \(logits.shape)")
    let classes = logits.shape[1]
    precondition(shares == nil || shares?.count == logits.count, "not a share for each of \(logits.shape)")
    var result = Result(loss: 0, correct: 0, gradient: ReferenceTensor(shape: logits.shape))
    for (image, label) in labels.enumerated() {
      precondition((0..<classes).contains(label), "\(label) is not one of \(classes) classes")
      let row = logits.data[image * classes..<(image + 1) * classes]
      let largest = row.max() ?? 0
      let logSum = largest + log(row.reduce(0) { $0 + exp($1 - largest) })
      result.correct += row.firstIndex(of: largest) == row.startIndex + label ? 1 : 0
      for (index, logit) in row.enumerated() {
        let share = shares?[image * classes + index] ?? (index == label ? 1 : 0)
        let target = smoothing / Double(classes) + (1 - smoothing) * share
        result.loss -= target * (logit - logSum) / Double(labels.count)
        result.gradient[image * classes + index] = (exp(logit - logSum) - target) / Double(labels.count)
      }
    }
    return result
  }
}

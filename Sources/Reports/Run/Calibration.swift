// How far a network's confidence can be trusted: accuracy by confidence, and the expected calibration error.
// After Guo, Pleiss, Sun and Weinberger, "On calibration of modern neural networks" (2017).
import Foundation

/// Accuracy by confidence.
public struct Calibration: Sendable, Equatable {
  /// Images of like confidence.
  public struct Bin: Sendable, Equatable {
    /// Their number.
    public let count: Int
    /// Mean probability that was given to what they were taken for.
    public let confidence: Double
    /// Share of correct ones.
    public let accuracy: Double
  }

  /// Bins of equal width over the confidences 0…1; those without an image are left out.
  public let bins: [Bin]
  /// Mean distance of confidence and accuracy over the images, bin by bin; 0 without images.
  public let expectedError: Double

  /// The calibration of images with their confidences.
  public init(_ images: [(confidence: Double, isCorrect: Bool)], bins count: Int = 15) {
    let groups = Dictionary(grouping: images) { min(count - 1, max(0, Int($0.confidence * Double(count)))) }
    bins = groups.sorted { $0.key < $1.key }.map { _, members in
      let size = Double(members.count)
      return Bin(
        count: members.count, confidence: members.reduce(0) { $0 + $1.confidence } / size,
        accuracy: Double(members.count { $0.isCorrect }) / size)
    }
    let total = Double(max(1, images.count))
    expectedError = bins.reduce(0) { $0 + Double($1.count) / total * abs($1.accuracy - $1.confidence) }
  }

  /// The most probable class, the first of equals, and its probability (softmax).
  static func verdict(_ logits: ArraySlice<Float>) -> (predicted: Int, confidence: Double) {
    var best = logits.startIndex
    for index in logits.indices where logits[index] > logits[best] { best = index }
    let sum = logits.reduce(0.0) { $0 + exp(Double($1 - logits[best])) }
    return (best - logits.startIndex, sum > 0 ? 1 / sum : 0)
  }
}

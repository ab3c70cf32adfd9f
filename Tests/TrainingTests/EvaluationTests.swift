// Accuracy, loss, confusion and views of images, against the same worked out directly:
// a network that is a plain sum makes every view's logits known.
import Compute
import Datasets
import Foundation
import Models
import OneDNNBackend
import Randomness
import Testing
import Training

@Suite struct EvaluationTests {
  private let normalization: Normalization
  private let set: ImageSet

  init() throws {
    normalization = try Normalization(mean: [0, 0, 0], standardDeviation: [1, 1, 1])
    set = try Tiny.images(23, seed: 4)
  }

  private func evaluate(
    _ plan: any InferencePlan, _ tta: TestTimeAugmentation, indices: [Int]? = nil
  ) throws -> Evaluation {
    try Evaluator(plan, classes: 4, set: set, indices: indices ?? Array(0..<23), normalization: normalization)
      .evaluate(tta: tta)
  }

  @Test(arguments: TestTimeAugmentation.allCases) func viewsAreAveragedAsDefined(tta: TestTimeAugmentation) throws {
    let plan = WeightedSum()
    let evaluation = try evaluate(plan, tta)
    // Each view as pixel coordinates into the image: mirrored or not, moved by -1, 0 or 1, edges reflected.
    func position(_ x: Int) -> Int { x < 0 ? -x : x > 7 ? 14 - x : x }
    func view(_ image: [Float], mirrored: Bool, shift: Int) -> [Float] {
      (0..<192).map { index in
        let (plane, y, x) = (index / 64, index % 64 / 8, index % 8)
        return image[plane * 64 + position(y - shift) * 8 + position((mirrored ? 7 - x : x) - shift)]
      }
    }
    let views: [(mirrored: Bool, shift: Int, weight: Float)] =
      switch tta {
      case .none: [(false, 0, 1)]
      case .flip: [(false, 0, 0.5), (true, 0, 0.5)]
      case .full:
        [
          (false, 0, 0.25), (true, 0, 0.25), (false, 1, 0.125), (true, 1, 0.125), (false, -1, 0.125), (true, -1, 0.125),
        ]
      }
    for image in 0..<23 {
      let pixels = set.pixels[image * 192..<(image + 1) * 192].map { Float($0) / 255 }
      var expected = [Float](repeating: 0, count: 4)
      for part in views {
        let logits = plan.logits(of: view(pixels, mirrored: part.mirrored, shift: part.shift))
        for index in 0..<4 { expected[index] += part.weight * logits[index] }
      }
      let found = evaluation.logits[image * 4..<(image + 1) * 4]
      #expect(zip(found, expected).allSatisfy { abs($0 - $1) < 1e-4 }, "image \(image)")
    }
  }

  @Test func aMirrorImageChangesNothingForAPlanWithoutSides() throws {
    let plan = WeightedSum(isSymmetric: true)
    let (plain, flipped) = (try evaluate(plan, .none), try evaluate(plan, .flip))
    #expect(zip(plain.logits, flipped.logits).allSatisfy { abs($0 - $1) < 1e-4 })
    #expect(plain.confusion == flipped.confusion)
    #expect(try evaluate(WeightedSum(), .none).logits != evaluate(WeightedSum(), .flip).logits)
  }

  @Test func theLastBatchMayBePartial() throws {
    let whole = try evaluate(WeightedSum(batchSize: 23), .flip)
    for batchSize in [1, 7, 22, 40] {
      let parts = try evaluate(WeightedSum(batchSize: batchSize), .flip)
      #expect(parts.logits == whole.logits && parts.labels == whole.labels, "batches of \(batchSize)")
    }
    let chosen = try evaluate(WeightedSum(batchSize: 2), .flip, indices: [20, 3, 3])
    #expect(chosen.labels == [20, 3, 3].map { set.labels[$0] })
    let expected: [Float] = [20, 3, 3].flatMap { (image: Int) in whole.logits[image * 4..<(image + 1) * 4] }
    #expect(chosen.logits == expected)
  }

  @Test func countsAreThoseOfTheLogits() {
    // Classes 0, 0, 1, 2; predictions 0, 1, 1, 0 (the first of two equal logits); none of class 3.
    let evaluation = Evaluation(
      logits: [2, 0, 0, 0, 0, 3, 0, 0, -1, 1, 0, 0, 1, 0, 1, 0], labels: [0, 0, 1, 2], classes: 4)
    #expect(evaluation.confusion == [[1, 1, 0, 0], [0, 1, 0, 0], [1, 0, 0, 0], [0, 0, 0, 0]])
    #expect(evaluation.correct == 2 && evaluation.accuracy == 0.5)
    #expect(evaluation.perClass == [0.5, 1, 0, nil])
    // log(e² + 3) − 2, log(e³ + 3), log(e⁻¹ + e + 2) − 1 and log(2e + 2) − 1.
    #expect(abs(evaluation.loss - (0.340753 + 3.139206 + 0.626523 + 1.006409) / 4) < 1e-5)
  }

  @Test func sumsOfTheConfusionAreTheClasses() throws {
    let evaluation = try evaluate(WeightedSum(), .full)
    let confusion = evaluation.confusion
    let sums: [Int] = confusion.map { $0.reduce(0, +) }
    let diagonal: [Int] = confusion.indices.map { confusion[$0][$0] }
    #expect(sums == set.classCounts && diagonal.count == 4)
    #expect(diagonal.reduce(0, +) == evaluation.correct)
    #expect(evaluation.labels == set.labels)
  }

  @Test(arguments: TestTimeAugmentation.allCases) func foldingChangesNoPrediction(tta: TestTimeAugmentation) throws {
    let (store, graph) = try Tiny.store()
    let backend = try OneDNNBackend(threads: 1)
    let evaluations = try [false, true].map { folds in
      try evaluate(
        backend.compileInference(graph, batchSize: 10, precision: .fp32, foldsBatchNorm: folds, parameters: store), tta)
    }
    #expect(zip(evaluations[0].logits, evaluations[1].logits).allSatisfy { abs($0 - $1) < 1e-4 })
    #expect(evaluations[0].confusion == evaluations[1].confusion)
  }

  @Test func anEvaluationSeesTheParametersOfItsMoment() throws {
    let (store, graph) = try Tiny.store()
    let plan = try OneDNNBackend(threads: 1).compileInference(
      graph, batchSize: 10, precision: .fp32, foldsBatchNorm: true, parameters: store)
    let evaluator = try Evaluator(
      plan, classes: 4, set: set, indices: Array(0..<23), normalization: normalization)
    let first = try evaluator.evaluate()
    #expect(try evaluator.evaluate().logits == first.logits)
    for index in store.values(of: "linear.bias").indices { store.values(of: "linear.bias")[index] += 1 }
    let second = try evaluator.evaluate()
    #expect(zip(first.logits, second.logits).allSatisfy { abs($0 + 1 - $1) < 1e-4 })
  }

  @Test func nothingCannotBeEvaluated() {
    #expect(failure { _ = try evaluate(WeightedSum(), .none, indices: []) }?.hasPrefix("no images") == true)
  }
}

/// A plan whose logits are weighted sums of an image's values.
private final class WeightedSum: InferencePlan {
  let batchSize: Int
  let memoryBytes = 0
  private let weights: [Float]
  private let result: AlignedBuffer<Float>

  init(batchSize: Int = 6, isSymmetric: Bool = false) {
    self.batchSize = batchSize
    let random = CounterRandom(seed: 9)
    weights = (0..<4 * 192).map { index in
      let x = index % 8
      let place = isSymmetric ? index - x + min(x, 7 - x) : index
      return Float(random[UInt64(place)] >> 40) * 0x1p-24 - 0.5
    }
    result = AlignedBuffer(count: batchSize * 4)
  }

  func loadParameters() {}

  func logits(of image: some Collection<Float>) -> [Float] {
    (0..<4).map { index in zip(weights[index * 192..<(index + 1) * 192], image).reduce(0) { $0 + $1.0 * $1.1 } }
  }

  func logits(images: UnsafeBufferPointer<Float>) -> UnsafeBufferPointer<Float> {
    for image in 0..<batchSize {
      for (index, logit) in logits(of: images[image * 192..<(image + 1) * 192]).enumerated() {
        result.elements[image * 4 + index] = logit
      }
    }
    return UnsafeBufferPointer(result.elements)
  }
}

// The loss in both precisions: known values, finite differences, and agreement with each other.
import Compute
import Testing

@Suite struct CrossEntropyTests {
  static let cases: [(images: Int, classes: Int, smoothing: Double)] = [
    (1, 2, 0), (1, 10, 0.1), (3, 10, 0), (3, 5, 0.2), (128, 10, 0.1), (128, 100, 0),
  ]

  /// What mixed images show of each class.
  static func shares(_ images: Int, _ classes: Int) -> [Double] {
    var random = TestRandom(UInt64(images + classes))
    return (0..<images).flatMap { _ in
      let parts = (0..<classes).map { _ in Double(Float.random(in: 0..<1, using: &random)) }
      return parts.map { $0 / parts.reduce(0, +) }
    }
  }

  static func batch(_ images: Int, _ classes: Int) -> (logits: ReferenceTensor, labels: [Int]) {
    var random = TestRandom(UInt64(images * classes))
    // Values that Float holds exactly, so that both losses read the same numbers.
    let logits = random.tensor([images, classes, 1, 1], in: -8...8).map { Double(Float($0)) }
    return (logits, (0..<images).map { _ in Int.random(in: 0..<classes, using: &random) })
  }

  @Test func equalLogitsCostTheLogarithmOfTheClasses() {
    let result = ReferenceCrossEntropy.evaluate(ReferenceTensor(shape: [2, 10, 1, 1]), labels: [0, 3], smoothing: 0.1)
    #expect(abs(result.loss - 2.302585092994046) < 1e-14)
    #expect(result.correct == 1)
  }

  @Test func hugeLogitsDoNotOverflow() {
    let logits = ReferenceTensor(shape: [1, 2], data: [4000, -4000])
    let result = ReferenceCrossEntropy.evaluate(logits, labels: [1])
    #expect(result.loss == 8000)
    #expect(result.gradient.data == [1, -1])
    #expect(result.correct == 0)
  }

  @Test(arguments: cases) func gradientIsFiniteDifferencesAndSumsToZero(
    images: Int, classes: Int, smoothing: Double
  ) {
    let (logits, labels) = Self.batch(images, classes)
    for shares in [nil, Self.shares(images, classes)] {
      let loss = { ReferenceCrossEntropy.evaluate($0, labels: labels, shares: shares, smoothing: smoothing) }
      let gradient = loss(logits).gradient
      #expect(gradientError(gradient, at: logits) { loss($0).loss } < 1e-8)
      for image in 0..<images {
        #expect(abs(gradient.data[image * classes..<(image + 1) * classes].reduce(0, +)) < 1e-14)
      }
    }
  }

  @Test(arguments: cases) func singlePrecisionAgrees(images: Int, classes: Int, smoothing: Double) {
    let (logits, labels) = Self.batch(images, classes)
    for shares in [nil, Self.shares(images, classes)] {
      let expected = ReferenceCrossEntropy.evaluate(
        logits, labels: labels, shares: shares, smoothing: Double(Float(smoothing)))
      let (result, gradient) = single(logits, labels, shares: shares, smoothing: smoothing)
      #expect(abs(Double(result.loss) - expected.loss) <= 1e-5 * max(1, expected.loss))
      #expect(result.correct == expected.correct)
      #expect(gradient.distance(to: expected.gradient) < 1e-5 / Double(images))
    }
  }

  /// The loss in single precision.
  private func single(
    _ logits: ReferenceTensor, _ labels: [Int], shares: [Double]? = nil, smoothing: Double
  ) -> (StepResult, ReferenceTensor) {
    let gradient = AlignedBuffer<Float>(count: logits.count)
    let shares = (shares ?? []).map(Float.init)
    let result = logits.data.map(Float.init).withUnsafeBufferPointer { logits in
      labels.map(Int32.init).withUnsafeBufferPointer { labels in
        shares.withUnsafeBufferPointer { shares in
          CrossEntropy.evaluate(
            logits: logits, labels: labels, shares: shares.isEmpty ? nil : shares,
            classes: logits.count / labels.count, smoothing: Float(smoothing), gradient: gradient.elements)
        }
      }
    }
    return (result, ReferenceTensor(shape: logits.shape, data: gradient.elements.map(Double.init)))
  }

  /// `torch.nn.functional.cross_entropy` of probabilities, PyTorch 2.15.
  @Test(arguments: [(0, 1.9107662230638025), (0.1, 1.9451412230638028)]) func mixedTargetsCostWhatTheyDoInPyTorch(
    smoothing: Double, loss: Double
  ) {
    let logits = ReferenceTensor(shape: [2, 4, 1, 1], data: [1, -2, 0.5, 3, 0.25, 0.5, -1, 2])
    let shares = [0.75, 0, 0.25, 0, 0, 0.5, 0.125, 0.375]
    let reference = ReferenceCrossEntropy.evaluate(logits, labels: [0, 1], shares: shares, smoothing: smoothing)
    #expect(abs(reference.loss - loss) < 1e-14)
    #expect(abs(Double(single(logits, [0, 1], shares: shares, smoothing: smoothing).0.loss) - loss) < 1e-6)
  }
}

// The loss in both precisions: known values, finite differences, and agreement with each other.
import Compute
import Testing

@Suite struct CrossEntropyTests {
  static let cases: [(images: Int, classes: Int, smoothing: Double)] = [
    (1, 2, 0), (1, 10, 0.1), (3, 10, 0), (3, 5, 0.2), (128, 10, 0.1), (128, 100, 0),
  ]

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
    let loss = { ReferenceCrossEntropy.evaluate($0, labels: labels, smoothing: smoothing) }
    let gradient = loss(logits).gradient
    #expect(gradientError(gradient, at: logits) { loss($0).loss } < 1e-8)
    for image in 0..<images {
      #expect(abs(gradient.data[image * classes..<(image + 1) * classes].reduce(0, +)) < 1e-14)
    }
  }

  @Test(arguments: cases) func singlePrecisionAgrees(images: Int, classes: Int, smoothing: Double) {
    let (logits, labels) = Self.batch(images, classes)
    let expected = ReferenceCrossEntropy.evaluate(logits, labels: labels, smoothing: Double(Float(smoothing)))
    let gradient = AlignedBuffer<Float>(count: logits.count)
    let result = logits.data.map(Float.init).withUnsafeBufferPointer { logits in
      labels.map(Int32.init).withUnsafeBufferPointer { labels in
        CrossEntropy.evaluate(
          logits: logits, labels: labels, classes: classes, smoothing: Float(smoothing), gradient: gradient.elements)
      }
    }
    #expect(abs(Double(result.loss) - expected.loss) <= 1e-5 * max(1, expected.loss))
    #expect(result.correct == expected.correct)
    let single = ReferenceTensor(shape: logits.shape, data: gradient.elements.map(Double.init))
    #expect(single.distance(to: expected.gradient) < 1e-5 / Double(images))
  }
}

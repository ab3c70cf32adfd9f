// The operations without weights: activations, sum, dropout and pools.
import Compute
import Models
import Testing

@Suite struct PointwiseTests {
  static let shapes = [[1, 1, 1, 1], [1, 2, 3, 5], [3, 3, 4, 4], [128, 2, 3, 3]]

  @Test func rectifierIsZeroWithGradientZeroAtZero() {
    let input = ReferenceTensor(shape: [5], data: [-2, -0.0, 0, 1e-300, 3])
    let ones = ReferenceTensor(shape: [5], repeating: 1)
    #expect(ReferenceActivation.forward(input, .relu).data == [0, 0, 0, 1e-300, 3])
    #expect(ReferenceActivation.backward(ones, input: input, .relu).data == [0, 0, 0, 1, 1])
  }

  // torch.nn.functional of 1, −1 and 3, in float64: gelu(approximate="tanh") and silu.
  @Test func smoothActivationsHavePyTorchsValues() {
    let input = ReferenceTensor(shape: [3], data: [1, -1, 3])
    let expected: [(Activation, [Double])] = [
      (.gelu, [0.8411919906082768, -0.15880800939172324, 2.996362607918227]),
      (.silu, [0.7310585786300049, -0.2689414213699951, 2.8577223804673]),
    ]
    for (activation, values) in expected {
      let error = zip(ReferenceActivation.forward(input, activation).data, values).map { abs($0 - $1) }.max()
      #expect(error ?? 1 < 1e-12, "\(activation)")
    }
  }

  @Test(arguments: shapes) func activationsAndSumHaveTheirGradients(shape: [Int]) {
    var random = TestRandom(2)
    // No value within a step of the kink.
    let input = random.tensor(shape).map { $0 + ($0 < 0 ? -0.01 : 0.01) }
    let other = random.tensor(shape)
    let gradient = random.tensor(shape)
    for activation in Activation.allCases {
      let byInput = ReferenceActivation.backward(gradient, input: input, activation)
      let error = gradientError(byInput, at: input) { ReferenceActivation.forward($0, activation).dot(gradient) }
      #expect(error < 1e-7, "\(activation)")
    }
    let (first, second) = ReferenceAdd.backward(gradient)
    #expect(gradientError(first, at: input) { ReferenceAdd.forward($0, other).dot(gradient) } < 1e-7)
    #expect(gradientError(second, at: other) { ReferenceAdd.forward(input, $0).dot(gradient) } < 1e-7)
  }

  @Test(arguments: shapes) func dropoutHasItsGradient(shape: [Int]) {
    var random = TestRandom(4)
    let input = random.tensor(shape)
    let gradient = random.tensor(shape)
    let mask = ReferenceDropout.mask(shape: shape, rate: 0.3, seed: 1, node: 2)
    let byInput = ReferenceDropout.backward(gradient, mask: mask)
    #expect(gradientError(byInput, at: input) { ReferenceDropout.forward($0, mask: mask).dot(gradient) } < 1e-7)
  }

  @Test func masksRepeatWithTheirSeedAndNode() {
    let mask = { ReferenceDropout.mask(shape: [2, 3, 4, 4], rate: 0.5, seed: $0, node: $1) }
    #expect(mask(1, 7) == mask(1, 7))
    #expect(mask(1, 7) != mask(2, 7))
    #expect(mask(1, 7) != mask(1, 8))
  }

  @Test(arguments: [0, 0.1, 0.25, 0.5, 0.9] as [Float]) func masksKeepTheirRate(rate: Float) {
    let mask = ReferenceDropout.mask(shape: [40_000], rate: rate, seed: 11, node: 3)
    let dropped = Double(mask.data.count { $0 == 0 })
    let expected = 40_000 * Double(rate)
    #expect(abs(dropped - expected) <= 3 * (expected * (1 - Double(rate))).squareRoot())
    #expect(mask.data.allSatisfy { $0 == 0 || $0 == 1 / (1 - Double(rate)) })
  }

  @Test func poolTakesMeansOfWindows() {
    let input = ReferenceTensor(shape: [1, 1, 2, 3], data: [1, 2, 3, 5, 6, 7])
    #expect(ReferenceAveragePool.forward(input, kernel: 2) == ReferenceTensor(shape: [1, 1, 1, 2], data: [3.5, 4.5]))
    #expect(ReferenceAveragePool.forward(input, kernel: 1) == input)
  }

  @Test(arguments: [
    ([1, 1, 1, 1], 1), ([3, 2, 5, 3], 2), ([1, 2, 8, 8], 8), ([3, 1, 4, 7], 3), ([128, 2, 4, 4], 4),
  ])
  func poolHasItsGradient(shape: [Int], kernel: Int) {
    var random = TestRandom(5)
    let input = random.tensor(shape)
    let gradient = random.tensor(ReferenceAveragePool.forward(input, kernel: kernel).shape)
    let byInput = ReferenceAveragePool.backward(gradient, inputShape: shape, kernel: kernel)
    #expect(
      gradientError(byInput, at: input) { ReferenceAveragePool.forward($0, kernel: kernel).dot(gradient) } < 1e-7)
  }

  @Test func maximaAreThoseOfWindows() {
    let input = ReferenceTensor(shape: [1, 1, 3, 4], data: [5, 2, 3, 3, 1, 4, 3, 3, 9, 9, 9, 9])
    let ones = ReferenceTensor(shape: [1, 1, 1, 2], repeating: 1)
    // The last row is reached by no whole window; of equal values the first counts.
    #expect(
      ReferenceMaxPool.forward(input, kernel: 2, stride: 2) == ReferenceTensor(shape: [1, 1, 1, 2], data: [5, 3]))
    #expect(
      ReferenceMaxPool.backward(ones, input: input, kernel: 2, stride: 2).data == [1, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0])
    let overlapping = ReferenceTensor(shape: [1, 1, 1, 2], data: [1, 2])
    #expect(
      ReferenceMaxPool.backward(overlapping, input: input, kernel: 3, stride: 1).data
        == [0, 0, 0, 0, 0, 0, 0, 0, 1, 2, 0, 0])
  }

  @Test(arguments: [([1, 1, 1, 1], 1, 1), ([3, 2, 5, 3], 2, 2), ([1, 2, 8, 8], 8, 1), ([2, 1, 5, 7], 3, 1)])
  func maximaHaveTheirGradient(shape: [Int], kernel: Int, stride: Int) {
    var random = TestRandom(6)
    let input = random.tensor(shape)
    let gradient = random.tensor(ReferenceMaxPool.forward(input, kernel: kernel, stride: stride).shape)
    let byInput = ReferenceMaxPool.backward(gradient, input: input, kernel: kernel, stride: stride)
    let error = gradientError(byInput, at: input) {
      ReferenceMaxPool.forward($0, kernel: kernel, stride: stride).dot(gradient)
    }
    #expect(error < 1e-7)
  }
}

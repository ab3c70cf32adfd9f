// Batch normalisation: values worked out by hand, PyTorch's running statistics, finite differences.
import Compute
import Testing

@Suite struct BatchNormTests {
  static let shapes = [[1, 2, 3, 3], [3, 1, 1, 1], [3, 4, 5, 2], [2, 3, 1, 7], [128, 3, 2, 2], [128, 2, 1, 1]]

  @Test func handComputedValues() {
    // Channel 0 holds 1, 3, 5, 7: mean 4, biased variance 5; channel 1 is constant.
    let input = ReferenceTensor(shape: [2, 2, 1, 2], data: [1, 3, 2, 2, 5, 7, 2, 2])
    let statistics = ReferenceBatchNorm.statistics(of: input)
    #expect(statistics.mean.data == [4, 2])
    #expect(statistics.variance.data == [5, 0])
    let output = ReferenceBatchNorm.forward(
      input, scale: ReferenceTensor(shape: [2], data: [2, 3]), shift: ReferenceTensor(shape: [2], data: [10, -1]),
      statistics: statistics)
    let unit = 2 / (5.00001).squareRoot()
    let expected = [10 - 3 * unit, 10 - unit, -1, -1, 10 + unit, 10 + 3 * unit, -1, -1]
    #expect(output.distance(to: ReferenceTensor(shape: input.shape, data: expected)) < 1e-11)
  }

  @Test func runningStatisticsTakeATenthOfTheUnbiasedBatch() {
    let running = ReferenceBatchNorm.Statistics(
      mean: ReferenceTensor(shape: [1]), variance: ReferenceTensor(shape: [1], repeating: 1))
    let batch = ReferenceBatchNorm.Statistics(
      mean: ReferenceTensor(shape: [1], repeating: 4), variance: ReferenceTensor(shape: [1], repeating: 5))
    let moved = running.moved(towards: batch, count: 4)
    #expect(abs(moved.mean[0] - 0.4) < 1e-7)
    #expect(abs(moved.variance[0] - (0.9 + 0.1 * 5 * 4 / 3)) < 1e-7)
  }

  @Test(arguments: shapes) func outputHasTheScaleAndShiftAsDeviationAndMean(shape: [Int]) {
    var random = TestRandom(1)
    let input = random.tensor(shape, in: -20...50)
    let scale = random.tensor([shape[1]], in: 0.5...2)
    let shift = random.tensor([shape[1]])
    let output = ReferenceBatchNorm.forward(
      input, scale: scale, shift: shift, statistics: ReferenceBatchNorm.statistics(of: input))
    let statistics = ReferenceBatchNorm.statistics(of: output)
    #expect(statistics.mean.distance(to: shift) < 1e-10)
    #expect(statistics.variance.distance(to: scale.zip(scale, *)) < 1e-4)
  }

  @Test(arguments: shapes) func gradientsAreFiniteDifferences(shape: [Int]) {
    var random = TestRandom(UInt64(shape[0]))
    let input = random.tensor(shape)
    let scale = random.tensor([shape[1]], in: -2...2)
    let shift = random.tensor([shape[1]])
    let gradient = random.tensor(shape)
    let loss = { (input: ReferenceTensor, scale: ReferenceTensor, shift: ReferenceTensor) in
      ReferenceBatchNorm.forward(
        input, scale: scale, shift: shift, statistics: ReferenceBatchNorm.statistics(of: input)
      ).dot(gradient)
    }
    let gradients = ReferenceBatchNorm.backward(gradient, input: input, scale: scale)
    #expect(gradientError(gradients.input, at: input) { loss($0, scale, shift) } < 1e-7)
    #expect(gradientError(gradients.scale, at: scale) { loss(input, $0, shift) } < 1e-7)
    #expect(gradientError(gradients.shift, at: shift) { loss(input, scale, $0) } < 1e-7)
  }

  @Test func gradientOfTheInputSumsToZeroByChannel() {
    var random = TestRandom(3)
    let input = random.tensor([4, 2, 3, 3])
    let gradients = ReferenceBatchNorm.backward(
      random.tensor(input.shape), input: input, scale: random.tensor([2]))
    #expect(ReferenceBatchNorm.statistics(of: gradients.input).mean.data.allSatisfy { abs($0) < 1e-14 })
  }
}

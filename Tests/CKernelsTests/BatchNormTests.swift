// Batch normalisation's passes against its definition: statistics, running statistics, and the three gradients behind
// each kind of ReLU, into memory of their own and in place.
import CKernels
import Testing

extension Activations {
  /// The sums that a normalisation of these maps begins with.
  fileprivate func sums(_ threads: Int32) -> Memory {
    let sums = Memory(byteCount: 8 * tps_sum_count(map.channels, threads))
    tps_batchnorm_sums(map, set.isa, threads, memory.base, sums.doubleBase)
    expectIntact(memory, sums)
    return sums
  }
}

@Suite struct BatchNormTests {
  @Test(arguments: MapShape.all) func coefficientsAreTheBatchs(_ shape: MapShape) {
    let map = shape.map
    let (weight, bias) = (randoms(shape.channels, seed: 2), randoms(shape.channels, seed: 3))
    let running = (mean: randoms(shape.channels, seed: 4), variance: randoms(shape.channels, seed: 5).map(abs))
    onAllKernels { set, threads, comment in
      let x = Activations(set, map, shape.values)
      let sums = x.sums(threads)
      let moved = (mean: Memory(floats: running.mean), variance: Memory(floats: running.variance))
      let found = Coefficients(
        map, threads, sums: sums, weight: weight, bias: bias, momentum: 0.25, runningMean: moved.mean,
        runningVariance: moved.variance)
      #expect(found.isTidy, comment)

      let statistics = Statistics(of: x.values.map(Double.init), map)
      statistics.expectNear(found, 5e-5, comment)
      let scales = zip(weight, found[TPS_INVERSE_DEVIATION]).map { Double($0) * Double($1) }
      expectNear(found[TPS_SCALE], scales, .fp32, comment)
      let shifts = bias.indices.map { Double(bias[$0]) - Double(found[TPS_MEAN][$0]) * scales[$0] }
      expectNear(found[TPS_SHIFT], shifts, .fp32, comment)
      expectNear(
        moved.mean.floats, zip(running.mean, statistics.means).map { 0.75 * Double($0) + 0.25 * $1 }, .fp32, comment)
      // Unbiased, as PyTorch's.
      let unbiased = statistics.variances.map { $0 * statistics.count / (statistics.count - 1) }
      expectNear(
        moved.variance.floats, zip(running.variance, unbiased).map { 0.75 * Double($0) + 0.25 * $1 }, .fp32, comment)
    }
  }

  // Σ x² − (Σ x)² / n loses as many digits as the square of the mean has more than the variance, here a third.
  @Test(arguments: [Float(0), 4, -16]) func aDistantMeanLeavesTheDeviation(mean: Float) {
    let shape = MapShape(2, 17, 225)
    let values = randoms(shape.count, seed: 1).map { $0 + mean }
    let statistics = Statistics(of: values.map(Double.init), shape.map)
    onAllKernels { set, threads, comment in
      // bfloat16 cannot say such values in the first place.
      guard !set.isBF16 else { return }
      let x = Activations(set, shape.map, values)
      let sums = x.sums(threads)
      let bound = 2e-6 * (1 + 3 * Double(mean * mean))
      statistics.expectNear(Coefficients(shape.map, threads, sums: sums), bound, comment)
    }
  }

  @Test func aSingleValueHasNoVariance() {
    let map = MapShape(1, 3, 1).map
    onAllKernels { set, threads, comment in
      let x = Activations(set, map, [1, -2, 3])
      let sums = x.sums(threads)
      let running = (Memory(floats: [0, 0, 0]), Memory(floats: [1, 1, 1]))
      let found = Coefficients(
        map, threads, sums: sums, weight: [1, 1, 1], bias: [0, 0, 0], momentum: 0.5, runningMean: running.0,
        runningVariance: running.1)
      #expect(found[TPS_MEAN] == [1, -2, 3] && running.0.floats == [0.5, -1, 1.5], comment)
      #expect(running.1.floats == [0.5, 0.5, 0.5], comment)
    }
  }

  @Test(arguments: [Float.nan, .infinity]) func statisticsShowWhatIsNotANumber(_ value: Float) {
    let shape = MapShape(2, 17, 15)
    var values = shape.values
    values[values.count - 1] = value
    onAllKernels { set, threads, comment in
      let x = Activations(set, shape.map, values)
      let sums = x.sums(threads)
      let zeros = [Float](repeating: 0, count: 17)
      let running = (Memory(floats: zeros), Memory(floats: zeros))
      let found = Coefficients(
        shape.map, threads, sums: sums, weight: zeros.map { $0 + 1 }, bias: zeros, runningMean: running.0,
        runningVariance: running.1)
      #expect(found[TPS_SCALE][16].isNaN && running.1.floats[16].isNaN, comment)
      #expect(found[TPS_SCALE].dropLast().allSatisfy { $0.isFinite }, comment)
    }
  }

  @Test(arguments: MapShape.some, BackwardVariant.all)
  func gradientsAreTheDefinitions(_ shape: MapShape, _ variant: BackwardVariant) {
    onAllKernels { set, threads, comment in
      let problem = BackwardProblem(shape, set, variant.activation, ofSum: variant.ofSum)
      let found = problem.run(threads, variant)
      expectNear(found.weightGradient, problem.expected.weightGradient, .fp32, comment)
      expectNear(found.biasGradient, problem.expected.biasGradient, .fp32, comment)
      expectNear(found.xGradient.values, problem.expected.xGradient, .pass(set, steps: variant.steps), comment)
      if variant.masked != .none && variant.target != .masked, let masked = found.masked?.values {
        expectNear(masked, problem.expected.masked.map(Double.init), .pass(set), comment)
      }
    }
  }

  @Test(arguments: MapShape.all) func gradientsAreTheDefinitionsInAllShapes(_ shape: MapShape) {
    onAllKernels { set, threads, comment in
      for activation in activations {
        let problem = BackwardProblem(shape, set, activation, ofSum: false)
        let found = problem.run(
          threads, BackwardVariant(activation: activation, ofSum: false, masked: .none, target: .apart))
        expectNear(found.weightGradient, problem.expected.weightGradient, .fp32, comment)
        expectNear(found.biasGradient, problem.expected.biasGradient, .fp32, comment)
        expectNear(found.xGradient.values, problem.expected.xGradient, .pass(set), comment)
      }
    }
  }

  @Test(arguments: MapShape.some) func repetitionsAgreeToTheLastBit(_ shape: MapShape) {
    let variant = BackwardVariant(activation: TPS_GELU, ofSum: true, masked: .apart, target: .yGradient)
    onAllKernels { set, threads, comment in
      let problem = BackwardProblem(shape, set, variant.activation, ofSum: variant.ofSum)
      let (first, second) = (problem.run(threads, variant), problem.run(threads, variant))
      #expect(first.xGradient.memory.bytes == second.xGradient.memory.bytes, comment)
      #expect(first.masked?.memory.bytes == second.masked?.memory.bytes, comment)
      #expect(first.weightGradient == second.weightGradient && first.biasGradient == second.biasGradient, comment)
      #expect(problem.x.sums(threads).bytes == problem.x.sums(threads).bytes, comment)
    }
  }
}

// Convolution kernels against the definition: output, gradient of the input, gradients of the weights,
// and what the kernel does with each value before it stores it.
import CKernels
import Testing

@Suite struct ConvolutionTests {
  // From 256 × 256 channels on, blocks of tiles are larger.
  @Test(arguments: Geometry.all + [Geometry(1, 256, 256, 3, 3)])
  func theOutputIsTheConvolutions(_ geometry: Geometry) {
    let (input, weights) = (geometry.input, geometry.weights)
    let expected = geometry.output(of: input, weights)
    onAllKernels { set, threads, comment in
      expectNear(geometry.forward(set, threads, input, weights).values, expected, .winograd(set), comment)
    }
  }

  @Test(arguments: Geometry.all) func transposedWeightsYieldTheGradientOfTheInput(_ geometry: Geometry) {
    let (slope, weights) = (geometry.outputGradient, geometry.weights)
    let expected = geometry.inputGradient(of: slope, weights)
    onAllKernels { set, threads, comment in
      let found = geometry.transposed.forward(set, threads, slope, weights, transposed: true)
      expectNear(found.values, expected, .winograd(set), comment)
    }
  }

  @Test(arguments: Geometry.all + [Geometry(1, 256, 256, 3, 3)])
  func theGradientOfTheWeightsIsTheConvolutions(_ geometry: Geometry) {
    let (input, slope) = (geometry.input, geometry.outputGradient)
    let expected = geometry.weightGradient(of: input, slope)
    onAllKernels { set, threads, comment in
      expectNear(geometry.weightGradient(set, threads, input, slope), expected, .winograd(set), comment)
    }
  }

  @Test(arguments: Geometry.strided) func directSumsAreTheGradientOfTheWeights(_ geometry: Geometry) {
    let (input, slope) = (geometry.input, geometry.outputGradient)
    let expected = geometry.weightGradient(of: input, slope)
    #expect(tps_strided_supports(geometry.stridedShape) != 0)
    onAllKernels { set, threads, comment in
      // bfloat16 rounds the factors alone.
      let bounds = set.isBF16 ? Bounds(whole: set.rounding, each: 4 * set.rounding) : .fp32
      expectNear(geometry.directWeightGradient(set, threads, input, slope), expected, bounds, comment)
    }
  }

  @Test func kernelsTooLargeForDirectSumsAreNamed() {
    #expect(tps_strided_supports(Geometry(1, 1, 1, 9, 9, kernel: 7).stridedShape) != 0)
    #expect(tps_strided_supports(Geometry(1, 1, 1, 9, 9, kernel: 9).stridedShape) == 0)
  }

  @Test(arguments: Geometry.some, Epilogue.all)
  func biasResidualAndActivationFollowInThisOrder(_ geometry: Geometry, _ epilogue: Epilogue) {
    let (input, weights, bias, residual) = (geometry.input, geometry.weights, geometry.bias, geometry.residual)
    let pixels = geometry.height * geometry.width
    var expected = geometry.output(of: input, weights)
    for index in expected.indices {
      if epilogue.bias { expected[index] += Double(bias[index / pixels % geometry.outputs]) }
      if epilogue.residual != .none { expected[index] += Double(residual[index]) }
      expected[index] = epilogue.activation.value(expected[index])
    }
    onAllKernels { set, threads, comment in
      let sums = Memory(byteCount: 8 * tps_sum_count(Int32(geometry.outputs), threads))
      let found = geometry.forward(set, threads, input, weights, epilogue, sums: sums)
      expectNear(found.values, expected, .winograd(set), comment)

      // The sums are those of the values behind all this, so that they say their mean and deviation; a channel of few
      // pixels has nothing to level Winograd's errors.
      let coefficients = Coefficients(geometry.outputMap, threads, sums: sums)
      Statistics(of: expected, geometry.outputMap).expectNear(coefficients, set.isBF16 ? 4e-2 : 1e-5, comment)
    }
  }

  @Test(arguments: Geometry.some) func repetitionsAgreeToTheLastBit(_ geometry: Geometry) {
    let (input, weights, slope) = (geometry.input, geometry.weights, geometry.outputGradient)
    onAllKernels { set, threads, comment in
      let runs = (0..<2).map { _ in
        let sums = Memory(byteCount: 8 * tps_sum_count(Int32(geometry.outputs), threads))
        let output = geometry.forward(
          set, threads, input, weights, Epilogue(bias: true, activation: TPS_GELU), sums: sums)
        let gradient = geometry.weightGradient(set, threads, input, slope)
        let direct = geometry.directWeightGradient(set, threads, input, slope)
        return (output: output.memory.bytes, sums: sums.bytes, gradients: gradient + direct)
      }
      #expect(runs[0].output == runs[1].output && runs[0].sums == runs[1].sums, comment)
      #expect(runs[0].gradients == runs[1].gradients, comment)
    }
  }

  @Test(arguments: Geometry.some, Epilogue.all)
  func whatIsNotANumberShowsWhereItIsRead(_ geometry: Geometry, _ epilogue: Epilogue) {
    // In the last channel of the first image's middle.
    let (height, width) = (geometry.height, geometry.width)
    let (row, column) = (height / 2, width / 2)
    var input = geometry.input
    input[((geometry.inputs - 1) * height + row) * width + column] = .nan
    onAllKernels { set, threads, comment in
      let values = geometry.forward(set, threads, input, geometry.weights, epilogue).values
      for index in values.indices {
        let (down, right) = (index / width % height - row, index % width - column)
        if index >= values.count / geometry.images {
          // Another image.
          #expect(!values[index].isNaN, comment)
        } else if abs(down) <= 1 && abs(right) <= 1 {
          #expect(values[index].isNaN, comment)
        }
      }
    }
  }

  @Test(arguments: Geometry.some) func gradientsShowWhatIsNotANumber(_ geometry: Geometry) {
    var slope = geometry.outputGradient
    slope[slope.count - 1] = .nan
    onAllKernels { set, threads, comment in
      for gradient in [
        geometry.weightGradient(set, threads, geometry.input, slope),
        geometry.directWeightGradient(set, threads, geometry.input, slope),
      ] {
        // The last output's filters meet it at their centre; nobody else does.
        let own = gradient.suffix(geometry.inputs * 9)
        #expect(stride(from: own.startIndex + 4, to: own.endIndex, by: 9).allSatisfy { own[$0].isNaN }, comment)
        #expect(gradient.dropLast(own.count).allSatisfy { $0.isFinite }, comment)
      }
    }
  }
}

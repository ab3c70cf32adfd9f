// Convolution against hand-computed values, an independent formula and finite differences.
import Compute
import Testing

/// One convolution's extents.
struct ConvolutionCase: Sendable, CustomTestStringConvertible {
  var images, inputs, height, width, outputs, kernel, stride: Int

  var testDescription: String {
    "\(images)×\(inputs)×\(height)×\(width) → \(outputs), \(kernel)×\(kernel) / \(stride)"
  }

  func tensors() -> (input: ReferenceTensor, weights: ReferenceTensor) {
    var random = TestRandom(UInt64(kernel * 100 + stride))
    return (random.tensor([images, inputs, height, width]), random.tensor([outputs, inputs, kernel, kernel]))
  }
}

@Suite struct ConvolutionTests {
  static let cases = [
    ConvolutionCase(images: 1, inputs: 1, height: 1, width: 1, outputs: 1, kernel: 1, stride: 1),
    ConvolutionCase(images: 1, inputs: 1, height: 1, width: 1, outputs: 2, kernel: 3, stride: 1),
    ConvolutionCase(images: 1, inputs: 2, height: 5, width: 7, outputs: 3, kernel: 3, stride: 1),
    ConvolutionCase(images: 3, inputs: 2, height: 7, width: 5, outputs: 2, kernel: 3, stride: 2),
    ConvolutionCase(images: 3, inputs: 3, height: 8, width: 8, outputs: 2, kernel: 1, stride: 2),
    ConvolutionCase(images: 3, inputs: 1, height: 9, width: 4, outputs: 2, kernel: 5, stride: 3),
    ConvolutionCase(images: 1, inputs: 2, height: 2, width: 3, outputs: 2, kernel: 7, stride: 1),
    ConvolutionCase(images: 1, inputs: 1, height: 6, width: 6, outputs: 1, kernel: 5, stride: 6),
    ConvolutionCase(images: 128, inputs: 2, height: 4, width: 4, outputs: 2, kernel: 3, stride: 2),
  ]

  @Test func handComputedValues() {
    let input = ReferenceTensor(shape: [1, 1, 3, 3], data: (1...9).map(Double.init))
    let weights = ReferenceTensor(shape: [1, 1, 3, 3], data: [1, 0, 0, 0, 2, 0, 0, 0, 3])
    // y = x[up, left] + 2 · x + 3 · x[down, right], with zeros outside.
    let dense = ReferenceConvolution.forward(input, weights: weights, stride: 1)
    #expect(dense.data == [17, 22, 6, 32, 38, 14, 14, 20, 23])
    #expect(ReferenceConvolution.forward(input, weights: weights, stride: 2).data == [17, 6, 14, 23])
  }

  @Test func channelsAreSummedAndPointwiseFiltersMultiply() {
    let input = ReferenceTensor(shape: [1, 2, 1, 2], data: [1, 2, 10, 20])
    let weights = ReferenceTensor(shape: [2, 2, 1, 1], data: [1, 1, 3, -1])
    #expect(ReferenceConvolution.forward(input, weights: weights, stride: 1).data == [11, 22, -7, -14])
  }

  @Test(arguments: cases) func forwardIsTheFormula(of item: ConvolutionCase) {
    let (input, weights) = item.tensors()
    let output = ReferenceConvolution.forward(input, weights: weights, stride: item.stride)
    #expect(output.shape == [item.images, item.outputs] + Self.outputExtents(item))
    #expect(output.distance(to: Self.naive(item, input, weights, shape: output.shape)) < 1e-12)
  }

  @Test(arguments: cases) func gradientsAreFiniteDifferences(of item: ConvolutionCase) {
    let (input, weights) = item.tensors()
    let forward = { ReferenceConvolution.forward($0, weights: $1, stride: item.stride) }
    var random = TestRandom(7)
    let gradient = random.tensor(forward(input, weights).shape)
    let byInput = ReferenceConvolution.gradientOfInput(
      gradient, inputShape: input.shape, weights: weights, stride: item.stride)
    let byWeights = ReferenceConvolution.gradientOfWeights(
      gradient, input: input, weightShape: weights.shape, stride: item.stride)
    #expect(gradientError(byInput, at: input) { forward($0, weights).dot(gradient) } < 1e-7)
    #expect(gradientError(byWeights, at: weights) { forward(input, $0).dot(gradient) } < 1e-7)
  }

  @Test func biasIsAddedByChannel() {
    let bias = ReferenceTensor(shape: [2], data: [10, 20])
    let output = ReferenceTensor(shape: [2, 2, 1, 2], data: (1...8).map(Double.init))
    #expect(
      ReferenceConvolution.adding(bias: bias, to: output).data == [11, 12, 23, 24, 15, 16, 27, 28])
  }

  static func outputExtents(_ item: ConvolutionCase) -> [Int] {
    [item.height, item.width].map { ($0 + 2 * (item.kernel / 2) - item.kernel) / item.stride + 1 }
  }

  /// The definition, element by element, with every read asking whether it meets the map.
  static func naive(
    _ item: ConvolutionCase, _ input: ReferenceTensor, _ weights: ReferenceTensor, shape: [Int]
  ) -> ReferenceTensor {
    func pixel(_ image: Int, _ channel: Int, _ row: Int, _ column: Int) -> Double {
      guard (0..<item.height).contains(row), (0..<item.width).contains(column) else { return 0 }
      return input[((image * item.inputs + channel) * item.height + row) * item.width + column]
    }
    let pad = item.kernel / 2
    let taps = item.inputs * item.kernel * item.kernel
    var result = ReferenceTensor(shape: shape)
    for position in 0..<result.count {
      let (column, row) = (position % shape[3], position / shape[3] % shape[2])
      let map = position / shape[3] / shape[2]
      let (image, output) = (map / shape[1], map % shape[1])
      for tap in 0..<taps {
        let (v, u) = (tap % item.kernel, tap / item.kernel % item.kernel)
        result[position] +=
          weights[output * taps + tap]
          * pixel(
            image, tap / item.kernel / item.kernel, row * item.stride + u - pad, column * item.stride + v - pad)
      }
    }
    return result
  }
}

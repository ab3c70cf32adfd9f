// Convolution (cross-correlation, as every network library means it) with square kernels, any stride and zeros around
// the map or none, and its three gradients: bodies for one walk over the products.

/// y[n, o, r, c] = Σ w[o, i, u, v] · x[n, i, r · stride + u − pad, c · stride + v − pad].
///
/// pad = ⌊(kernel − 1) / 2⌋ where the map is padded, which keeps its size at stride 1; else 0. Maps are images × channels
/// × rows × columns, weights output × input channels × kernel × kernel.
/// Preconditions demand extents that agree.
package enum ReferenceConvolution {
  /// The output for `input`.
  package static func forward(
    _ input: ReferenceTensor, weights: ReferenceTensor, stride: Int, isPadded: Bool = true
  ) -> ReferenceTensor {
    let walk = Walk(input: input.shape, weights: weights.shape, stride: stride, isPadded: isPadded)
    var output = ReferenceTensor(shape: walk.outputShape)
    output.write(reading: input, weights) { output, input, weights in
      walk.forEachRow { row in
        let weight = weights[row.weight]
        for column in 0..<row.count {
          output[row.output &+ column] += weight * input[row.input &+ column &* stride]
        }
      }
    }
    return output
  }

  /// The gradient of an input of `inputShape`, where `gradient` is that of the output.
  package static func gradientOfInput(
    _ gradient: ReferenceTensor, inputShape: [Int], weights: ReferenceTensor, stride: Int, isPadded: Bool = true
  ) -> ReferenceTensor {
    let walk = Walk(input: inputShape, weights: weights.shape, stride: stride, isPadded: isPadded)
    precondition(gradient.shape == walk.outputShape, "a gradient of \(gradient.shape) for \(walk.outputShape)")
    var result = ReferenceTensor(shape: inputShape)
    result.write(reading: gradient, weights) { result, gradient, weights in
      walk.forEachRow { row in
        let weight = weights[row.weight]
        for column in 0..<row.count {
          result[row.input &+ column &* stride] += weight * gradient[row.output &+ column]
        }
      }
    }
    return result
  }

  /// The gradient of weights of `weightShape`, where `gradient` is that of the output.
  package static func gradientOfWeights(
    _ gradient: ReferenceTensor, input: ReferenceTensor, weightShape: [Int], stride: Int, isPadded: Bool = true
  ) -> ReferenceTensor {
    let walk = Walk(input: input.shape, weights: weightShape, stride: stride, isPadded: isPadded)
    precondition(gradient.shape == walk.outputShape, "a gradient of \(gradient.shape) for \(walk.outputShape)")
    var result = ReferenceTensor(shape: weightShape)
    result.write(reading: gradient, input) { result, gradient, input in
      walk.forEachRow { row in
        var sum = 0.0
        for column in 0..<row.count {
          sum += gradient[row.output &+ column] * input[row.input &+ column &* stride]
        }
        result[row.weight] += sum
      }
    }
    return result
  }

  /// The gradient of a bias, one value a channel.
  package static func gradientOfBias(_ gradient: ReferenceTensor) -> ReferenceTensor {
    var result = ReferenceTensor(shape: [gradient.shape[1]])
    let pixels = gradient.shape[2] * gradient.shape[3]
    for index in 0..<gradient.count { result[index / pixels % result.count] += gradient.data[index] }
    return result
  }

  /// `output` with `bias`, one value a channel, added.
  package static func adding(bias: ReferenceTensor, to output: ReferenceTensor) -> ReferenceTensor {
    precondition(output.shape.count == 4 && bias.shape == [output.shape[1]], "one bias a channel")
    var result = output
    let pixels = output.shape[2] * output.shape[3]
    for index in 0..<output.count { result[index] += bias[index / pixels % bias.count] }
    return result
  }
}

/// All products of a convolution, an output row at a time: `count` neighbours in an output row, the elements
/// of the input that one weight multiplies for them (`stride` apart), and that weight, as flat positions.
private struct Walk {
  struct Row {
    var output, input, weight, count: Int
  }

  let images, inputs, height, width: Int
  let outputs, kernel, stride, pad, outputHeight, outputWidth: Int

  init(input: [Int], weights: [Int], stride: Int, isPadded: Bool) {
    precondition(input.count == 4 && weights.count == 4, "maps and weights have four extents")
    precondition(input[1] == weights[1], "\(input[1]) channels for weights of shape \(weights)")
    precondition(weights[2] == weights[3] && stride >= 1, "a square kernel and a stride")
    (images, inputs, height, width) = (input[0], input[1], input[2], input[3])
    (outputs, kernel, self.stride) = (weights[0], weights[2], stride)
    let zeros = isPadded ? kernel - 1 : 0
    pad = zeros / 2
    outputHeight = (height + zeros - kernel) / stride + 1
    outputWidth = (width + zeros - kernel) / stride + 1
  }

  var outputShape: [Int] { [images, outputs, outputHeight, outputWidth] }

  @inline(__always)
  func forEachRow(_ body: (Row) -> Void) {
    let rows = (0..<kernel).map { inside($0, extent: height, outputs: outputHeight) }
    let columns = (0..<kernel).map { inside($0, extent: width, outputs: outputWidth) }
    for image in 0..<images {
      for output in 0..<outputs {
        for input in 0..<inputs {
          let source = (image * inputs + input) * height
          let target = (image * outputs + output) * outputHeight
          for u in 0..<kernel {
            for row in rows[u] {
              let sourceRow = (source + row * stride + u - pad) * width
              let targetRow = (target + row) * outputWidth
              for v in 0..<kernel where !columns[v].isEmpty {
                let first = columns[v].lowerBound
                body(
                  Row(
                    output: targetRow + first, input: sourceRow + first * stride + v - pad,
                    weight: ((output * inputs + input) * kernel + u) * kernel + v, count: columns[v].count))
              }
            }
          }
        }
      }
    }
  }

  /// The outputs for which kernel position `offset` meets the map and not its padding.
  private func inside(_ offset: Int, extent: Int, outputs: Int) -> Range<Int> {
    let shift = offset - pad
    let first = shift < 0 ? (-shift + stride - 1) / stride : 0
    let end = extent > shift ? min(outputs, (extent - 1 - shift) / stride + 1) : 0
    return first..<max(first, end)
  }
}

// The maximum over square windows, without padding, and its gradient.

/// y[n, k, r, c] = max of x[n, k, r · stride ..< r · stride + kernel, c · stride ..< c · stride + kernel].
///
/// Maps are images × channels × rows × columns; a precondition demands a window that fits. The gradient goes to the first
/// of equal maxima, row by row, as PyTorch's.
package enum ReferenceMaxPool {
  /// The output for `input`.
  package static func forward(_ input: ReferenceTensor, kernel: Int, stride: Int) -> ReferenceTensor {
    let shape = outputShape(of: input.shape, kernel: kernel, stride: stride)
    return ReferenceTensor(shape: shape, data: places(input, shape, kernel, stride).map { input.data[$0] })
  }

  /// The gradient of `input`, where `gradient` is that of the output.
  package static func backward(
    _ gradient: ReferenceTensor, input: ReferenceTensor, kernel: Int, stride: Int
  ) -> ReferenceTensor {
    let shape = outputShape(of: input.shape, kernel: kernel, stride: stride)
    precondition(gradient.shape == shape, "a gradient of the output's shape")
    var result = ReferenceTensor(shape: input.shape)
    for (target, source) in places(input, shape, kernel, stride).enumerated() {
      result[source] += gradient.data[target]
    }
    return result
  }

  private static func outputShape(of input: [Int], kernel: Int, stride: Int) -> [Int] {
    precondition(input.count == 4 && kernel >= 1 && kernel <= min(input[2], input[3]), "a window inside the map")
    return [input[0], input[1], (input[2] - kernel) / stride + 1, (input[3] - kernel) / stride + 1]
  }

  /// For each output, the flat position of the input that it is.
  private static func places(_ input: ReferenceTensor, _ output: [Int], _ kernel: Int, _ stride: Int) -> [Int] {
    let (height, width) = (input.shape[2], input.shape[3])
    return (0..<output[0] * output[1]).flatMap { map in
      (0..<output[2] * output[3]).map { pixel in
        let (row, column) = (pixel / output[3] * stride, pixel % output[3] * stride)
        var best = (map * height + row) * width + column
        for tap in 0..<kernel * kernel {
          let place = (map * height + row + tap / kernel) * width + column + tap % kernel
          if input.data[place] > input.data[best] { best = place }
        }
        return best
      }
    }
  }
}

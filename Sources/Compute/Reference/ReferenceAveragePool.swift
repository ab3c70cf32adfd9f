// The mean over a square window that moves by one pixel, without padding, and its gradient.

/// y[n, k, r, c] = mean of x[n, k, r ..< r + kernel, c ..< c + kernel].
///
/// Maps are images × channels × rows × columns; a precondition demands a window that fits.
package enum ReferenceAveragePool {
  /// The output for `input`.
  package static func forward(_ input: ReferenceTensor, kernel: Int) -> ReferenceTensor {
    var output = ReferenceTensor(shape: outputShape(of: input.shape, kernel: kernel))
    let share = 1 / Double(kernel * kernel)
    forEachPair(input.shape, kernel: kernel) { source, target in output[target] += share * input.data[source] }
    return output
  }

  /// The gradient of an input of `inputShape`, where `gradient` is that of the output.
  package static func backward(_ gradient: ReferenceTensor, inputShape: [Int], kernel: Int) -> ReferenceTensor {
    precondition(gradient.shape == outputShape(of: inputShape, kernel: kernel), "a gradient of the output's shape")
    var result = ReferenceTensor(shape: inputShape)
    let share = 1 / Double(kernel * kernel)
    forEachPair(inputShape, kernel: kernel) { source, target in result[source] += share * gradient.data[target] }
    return result
  }

  private static func outputShape(of input: [Int], kernel: Int) -> [Int] {
    precondition(input.count == 4 && kernel >= 1 && kernel <= min(input[2], input[3]), "a window inside the map")
    return [input[0], input[1], input[2] - kernel + 1, input[3] - kernel + 1]
  }

  /// Calls `body` with the flat positions of each input element and each output whose window holds it.
  private static func forEachPair(_ input: [Int], kernel: Int, _ body: (Int, Int) -> Void) {
    let (height, width) = (input[2] - kernel + 1, input[3] - kernel + 1)
    for map in 0..<input[0] * input[1] {
      for row in 0..<height {
        for column in 0..<width {
          for u in 0..<kernel {
            for v in 0..<kernel {
              body((map * input[2] + row + u) * input[3] + column + v, (map * height + row) * width + column)
            }
          }
        }
      }
    }
  }
}

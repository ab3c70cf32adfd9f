// Convolutions as the tests see them: their sizes, values from seeds, and their definition in double precision,
// which knows nothing of tiles, blocks and threads.
import CKernels
import Randomness
import Testing

/// The sizes of a convolution that is padded by ⌊kernel / 2⌋.
struct Geometry: Sendable, CustomTestStringConvertible {
  let images, inputs, outputs, height, width, kernel, stride: Int

  init(_ images: Int, _ inputs: Int, _ outputs: Int, _ height: Int, _ width: Int, kernel: Int = 3, stride: Int = 1) {
    (self.images, self.inputs, self.outputs, self.height, self.width) = (images, inputs, outputs, height, width)
    (self.kernel, self.stride) = (kernel, stride)
  }

  var testDescription: String {
    "\(kernel)×\(kernel) / \(stride), \(inputs) → \(outputs) channels, \(height)×\(width), batch \(images)"
  }

  /// Channels below, at and above whole blocks, and one to five of these; tiles cut at either edge, at both and at
  /// none; fewer tiles than threads, and more than are worked on at a time.
  static let all: [Geometry] = {
    let sides = [
      (3, 5), (5, 3), (7, 15), (15, 7), (1, 1), (1, 9), (9, 2), (4, 4), (3, 3), (8, 12), (5, 7), (7, 5), (2, 6),
      (15, 15),
    ]
    let channels =
      (1...17).map { ($0, 18 - $0) } + [(1, 1), (17, 34), (34, 17), (68, 34), (34, 68), (33, 48), (16, 16)]
    let cases = channels.enumerated().map { index, channels in
      let side = sides[index % sides.count]
      return Geometry(1 + index % 5, channels.0, channels.1, side.0, side.1)
    }
    return cases + [Geometry(2, 17, 3, 31, 29), Geometry(5, 68, 34, 15, 7), Geometry(1, 3, 17, 3, 3)]
  }()

  /// A few of them, for what is tried in many variants.
  static let some = [
    Geometry(3, 17, 18, 7, 5), Geometry(1, 5, 34, 3, 15), Geometry(5, 34, 1, 5, 3), Geometry(2, 3, 17, 31, 29),
  ]

  /// Every stride beside every kernel, over the same channels.
  static let strided: [Geometry] = {
    let sides = [(3, 5), (7, 15), (15, 7), (1, 1), (2, 9), (5, 3), (8, 12)]
    let channels = (1...17).map { ($0, 18 - $0) } + [(17, 34), (34, 17), (68, 34), (33, 48)]
    let cases = channels.enumerated().map { index, channels in
      let side = sides[index % sides.count]
      return Geometry(
        1 + index % 5, channels.0, channels.1, side.0, side.1, kernel: [3, 1, 5, 7][index % 4],
        stride: [2, 3, 1][index % 3])
    }
    // Rows of output so long that few of them, or one alone, are worked on at a time.
    return cases + [
      Geometry(2, 17, 3, 31, 57, kernel: 3, stride: 2), Geometry(1, 3, 17, 5, 301, kernel: 5, stride: 2),
    ]
  }()

  /// The size of the output.
  var outputHeight: Int { (height - 1) / stride + 1 }
  var outputWidth: Int { (width - 1) / stride + 1 }

  /// The convolution from this one's outputs to its inputs.
  var transposed: Geometry { Geometry(images, outputs, inputs, height, width) }

  var inputMap: tps_map { MapShape(images, inputs, height * width).map }
  var outputMap: tps_map { MapShape(images, outputs, outputHeight * outputWidth).map }
  private var inputCount: Int { images * inputs * height * width }
  private var outputCount: Int { images * outputs * outputHeight * outputWidth }
  var weightCount: Int { outputs * inputs * kernel * kernel }

  // Values of [−1, 1).
  var input: [Float] { randoms(inputCount, seed: 1) }
  var weights: [Float] { randoms(weightCount, seed: 2) }
  var outputGradient: [Float] { randoms(outputCount, seed: 3) }
  var bias: [Float] { randoms(outputs, seed: 4) }
  var residual: [Float] { randoms(outputCount, seed: 5) }

  /// The convolution's definition: all products, as places in output, input and weights, by whose sum of output,
  /// input or weight the result and either gradient are made.
  @inline(__always)
  private func forEachProduct(_ body: (_ output: Int, _ input: Int, _ weight: Int) -> Void) {
    for image in 0..<images {
      for output in 0..<outputs {
        for input in 0..<inputs {
          for tap in 0..<kernel * kernel {
            let (down, right) = (tap / kernel - kernel / 2, tap % kernel - kernel / 2)
            let weight = (output * inputs + input) * kernel * kernel + tap
            for row in 0..<outputHeight where 0..<height ~= row * stride + down {
              let to = ((image * outputs + output) * outputHeight + row) * outputWidth
              let from = ((image * inputs + input) * height + row * stride + down) * width
              for column in 0..<outputWidth where 0..<width ~= column * stride + right {
                body(to + column, from + column * stride + right, weight)
              }
            }
          }
        }
      }
    }
  }

  /// Σ left · right over all products, added where `target` says.
  private func sum(
    _ count: Int, _ left: [Float], _ right: [Float], _ places: (Int, Int, Int) -> (target: Int, left: Int, right: Int)
  ) -> [Double] {
    var result = [Double](repeating: 0, count: count)
    result.withUnsafeMutableBufferPointer { result in
      left.withUnsafeBufferPointer { left in
        right.withUnsafeBufferPointer { right in
          forEachProduct { output, input, weight in
            let place = places(output, input, weight)
            result[place.target] += Double(left[place.left]) * Double(right[place.right])
          }
        }
      }
    }
    return result
  }

  func output(of input: [Float], _ weights: [Float]) -> [Double] {
    sum(outputCount, input, weights) { ($0, $1, $2) }
  }

  func inputGradient(of outputGradient: [Float], _ weights: [Float]) -> [Double] {
    sum(inputCount, outputGradient, weights) { ($1, $0, $2) }
  }

  func weightGradient(of input: [Float], _ outputGradient: [Float]) -> [Double] {
    sum(weightCount, input, outputGradient) { ($2, $1, $0) }
  }
}

/// `count` numbers of [−1, 1).
func randoms(_ count: Int, seed: UInt64) -> [Float] {
  var random = CounterRandom(seed: seed, 0)
  return (0..<count).map { _ in 2 * random.uniform() - 1 }
}

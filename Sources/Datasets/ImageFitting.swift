// Any image to a square of a given side: the centred square of its shorter side, scaled.
// Area average where it shrinks, linear interpolation where it grows; each axis on its own.

extension DecodedImage {
  /// The centred square of the image, scaled to `side` × `side`: its shorter side fitted, the rest of the longer side
  /// cut off evenly. Returns 3 × `side` × `side` bytes, channels first. Throws `DatasetError` unless `side` is
  /// within 1…16,384.
  public func fitted(toSide side: Int) throws -> [UInt8] {
    guard (1...ImageLimits.side).contains(side) else {
      throw DatasetError(.usage, "an image side of \(side) pixels", remedy: "choose 1 to \(ImageLimits.side)")
    }
    let source = min(width, height)
    let (left, top) = ((width - source) / 2, (height - source) / 2)
    let taps = AxisTaps(source: source, target: side)

    // Columns first: source rows × side × 3.
    var columns = [Float](repeating: 0, count: source * side * 3)
    for row in 0..<source {
      let start = ((top + row) * width + left) * 3
      for x in 0..<side {
        for tap in taps.range(x) {
          for channel in 0..<3 {
            columns[(row * side + x) * 3 + channel] +=
              taps.weights[tap] * Float(pixels[start + taps.positions[tap] * 3 + channel])
          }
        }
      }
    }

    var result = [UInt8](repeating: 0, count: 3 * side * side)
    for y in 0..<side {
      for x in 0..<side {
        for channel in 0..<3 {
          var sum: Float = 0
          for tap in taps.range(y) {
            sum += taps.weights[tap] * columns[(taps.positions[tap] * side + x) * 3 + channel]
          }
          result[(channel * side + y) * side + x] = UInt8(min(max(sum.rounded(), 0), 255))
        }
      }
    }
    return result
  }
}

/// Which source pixels make each target pixel along an axis, and by which weights (their sum is 1).
private struct AxisTaps {
  private(set) var positions: [Int] = []
  private(set) var weights: [Float] = []
  private var starts: [Int] = [0]

  init(source: Int, target: Int) {
    let scale = Double(source) / Double(target)
    for index in 0..<target {
      if scale >= 1 {
        // The part of [index, index + 1) · scale that each source pixel covers.
        let (low, high) = (Double(index) * scale, Double(index + 1) * scale)
        for position in Int(low)..<min(source, Int(high.rounded(.up))) {
          let overlap = min(high, Double(position + 1)) - max(low, Double(position))
          append(position, Float(overlap / scale))
        }
      } else {
        let centre = min(max((Double(index) + 0.5) * scale - 0.5, 0), Double(source - 1))
        let position = Int(centre)
        append(position, Float(1 - (centre - Double(position))))
        append(min(position + 1, source - 1), Float(centre - Double(position)))
      }
      starts.append(positions.count)
    }
  }

  private mutating func append(_ position: Int, _ weight: Float) {
    positions.append(position)
    weights.append(weight)
  }

  func range(_ index: Int) -> Range<Int> { starts[index]..<starts[index + 1] }
}

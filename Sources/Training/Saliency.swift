// Where a network looks: how much the evidence for a class shrinks when a part of the image is covered
// (occlusion, after Zeiler and Fergus 2014). It needs nothing but the network's answers.
public import Datasets
import Foundation

/// The importance of each pixel of an image for one class.
public struct Saliency: Sendable {
  /// side × side values, rows first; above 0 where covering the pixel's surroundings takes evidence away.
  public let values: [Float]
  /// Rows and columns.
  public let side: Int
  private let picture: DecodedImage
  private let framing: PictureFraming

  /// Covers each part of `picture` in turn with a square of a quarter of the side in the mean colour, a quarter of the
  /// square apart, and measures the fall of the log-odds of class `label`. A pixel's value is the mean over the squares
  /// that cover it. Throws `ConfigurationError` where there is no such class.
  public init(of picture: DecodedImage, label: Int, _ classifier: Classifier) throws {
    guard classifier.classNames.indices.contains(label) else {
      throw ConfigurationError("there is no class \(label): use 0 to \(classifier.classNames.count - 1)")
    }
    let side = classifier.side
    let square = max(1, side / 4)
    let places = Self.places(side: side, square: square, step: max(1, square / 4))
    let image = classifier.normalized(try classifier.image(of: picture))
    var sums = [Float](repeating: 0, count: side * side)
    var counts = sums
    let corners = places.flatMap { top in places.map { (top: top, left: $0) } }
    // All at once: passes are of many images.
    let logits = try classifier.logits(
      of: [image] + corners.map { Self.cover(image, side, $0.top, $0.left, square) })
    let whole = Self.evidence(logits[0], label)
    for (corner, logits) in zip(corners, logits.dropFirst()) {
      let fall = whole - Self.evidence(logits, label)
      for y in corner.top..<corner.top + square {
        for x in corner.left..<corner.left + square {
          sums[y * side + x] += fall
          counts[y * side + x] += 1
        }
      }
    }
    values = zip(sums, counts).map { $0 / $1 }
    (self.picture, framing, self.side) = (picture, classifier.framing(of: picture), side)
  }

  /// Places from one edge to the other, `step` apart.
  private static func places(side: Int, square: Int, step: Int) -> [Int] {
    let last = side - square
    return Array(stride(from: 0, to: last, by: step)) + [last]
  }

  private static func cover(_ image: [Float], _ side: Int, _ top: Int, _ left: Int, _ square: Int) -> [Float] {
    var image = image
    for channel in 0..<3 {
      for y in top..<top + square {
        let start = (channel * side + y) * side + left
        for position in start..<start + square { image[position] = 0 }
      }
    }
    return image
  }

  /// ln(p / (1 − p)) of class `label`: unlike the probability it does not stand still near 0 and 1.
  private static func evidence(_ logits: [Float], _ label: Int) -> Float {
    let others = logits.enumerated().filter { $0.offset != label }.map(\.element)
    let largest = others.max() ?? 0
    let sum = others.reduce(0) { $0 + exp(Double($1 - largest)) }
    return logits[label] - largest - Float(log(sum))
  }

  /// The picture as the network sees it, enlarged to about 256 pixels, grey where nothing matters and red where it
  /// matters most.
  public func overlay() throws -> DecodedImage {
    let zoom = max(1, 256 / side)
    let size = side * zoom
    let plain = try framing.image(of: picture, side: size)
    let largest = max(values.max() ?? 0, .leastNormalMagnitude)
    var pixels = [UInt8](repeating: 0, count: size * size * 3)
    for y in 0..<size {
      for x in 0..<size {
        let heat = max(0, value(at: x, y, zoom) / largest)
        let colour = (0..<3).map { Float(plain[($0 * size + y) * size + x]) }
        let grey = 0.3 * colour[0] + 0.59 * colour[1] + 0.11 * colour[2]
        for (channel, target) in [Float(255), 40, 0].enumerated() {
          // Half of the colour goes to grey, so that the heat stands out on any picture.
          let base = 0.5 * (colour[channel] + grey)
          pixels[(y * size + x) * 3 + channel] = UInt8(min(max(base + 0.7 * heat * (target - base), 0), 255))
        }
      }
    }
    return try DecodedImage(pixels: pixels, width: size, height: size)
  }

  /// The value at a pixel of the enlarged picture, linear between the image's pixels.
  private func value(at x: Int, _ y: Int, _ zoom: Int) -> Float {
    func position(_ place: Int) -> (first: Int, second: Int, share: Float) {
      let centre = min(max((Float(place) + 0.5) / Float(zoom) - 0.5, 0), Float(side - 1))
      let first = Int(centre)
      return (first, min(first + 1, side - 1), centre - Float(first))
    }
    let (column, row) = (position(x), position(y))
    func across(_ y: Int) -> Float {
      values[y * side + column.first] * (1 - column.share) + values[y * side + column.second] * column.share
    }
    return across(row.first) * (1 - row.share) + across(row.second) * row.share
  }
}

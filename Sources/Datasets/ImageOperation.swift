// Changes of one image of bytes that keep its size, and how they are described before there is an image:
// the vocabulary of rotation, jitter and TrivialAugment.
import Foundation

/// A change of an image. Results are Pillow's, byte by byte.
package enum ImageOperation: Equatable, Sendable {
  /// Each pixel is the nearest one to where the map leads; black outside.
  case resample(AffineMap)
  /// base + factor · (image − base): less of what the base lacks below a factor of 1, more above it.
  case blend(Base, factor: Float)
  /// Only the highest bits of each value are kept.
  case posterize(bits: Int)
  /// Values from the threshold on are inverted.
  case solarize(threshold: Float)
  /// Each channel is stretched to 0…255.
  case autoContrast
  /// Each channel gets an even histogram.
  case equalize

  /// An image made of the image itself.
  package enum Base: Equatable, Sendable {
    /// Black; its factor is the brightness.
    case black
    /// The mean of the grey values everywhere; its factor is the contrast.
    case meanGrey
    /// The grey value of each pixel; its factor is the saturation.
    case grey
    /// The image smoothed; its factor is the sharpness.
    case smooth
  }
}

/// From the place of a pixel to where its value comes from: x' = xx · x + xy · y + x₀, y' = yx · x + yy · y + y₀.
package struct AffineMap: Equatable, Sendable {
  var xx = 1.0, xy = 0.0, x0 = 0.0
  var yx = 0.0, yy = 1.0, y0 = 0.0

  /// Rows shifted by `x` pixels a row, and columns by `y` a column.
  static func shear(x: Double = 0, y: Double = 0) -> AffineMap { AffineMap(xy: x, yx: y) }

  /// The content moved `x` pixels right and `y` down.
  static func translation(x: Int = 0, y: Int = 0) -> AffineMap { AffineMap(x0: -Double(x), y0: -Double(y)) }

  /// The content turned counterclockwise about the image's centre.
  package static func rotation(degrees: Double, height: Int, width: Int) -> AffineMap {
    let radians = degrees * .pi / 180
    // Quarter turns are exact.
    let (cosine, sine) = ((cos(radians) * 1e15).rounded() / 1e15, (sin(radians) * 1e15).rounded() / 1e15)
    let (x, y) = (Double(width) / 2, Double(height) / 2)
    return AffineMap(
      xx: cosine, xy: -sine, x0: x - cosine * x + sine * y, yx: sine, yy: cosine, y0: y - sine * x - cosine * y)
  }
}

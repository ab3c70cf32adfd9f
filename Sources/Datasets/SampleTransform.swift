// One image from bytes to normalised floats, changed as its draw says: crop, rotation, flip, table, cutout.
// Each step is a pass over bytes in a scratch buffer; steps that change nothing are left out.
import Foundation

/// Prepares single images; owns its scratch memory, so one is needed for each thread.
package final class SampleTransform {
  private let augmentation: Augmentation
  private let channels: Int
  private let height: Int
  private let width: Int
  private var planeSize: Int { height * width }
  /// The normalised value of each byte, by channel: channels × 256.
  private let table: UnsafeMutablePointer<Float>
  private let cropped: UnsafeMutablePointer<UInt8>
  private let rotated: UnsafeMutablePointer<UInt8>
  /// For each pixel of a rotated plane the pixel it comes from, or −1.
  private let origins: UnsafeMutablePointer<Int32>

  /// For images of `height` × `width` with three channels, and an augmentation that was validated for them.
  package init(augmentation: Augmentation, normalization: Normalization, height: Int, width: Int) {
    self.augmentation = augmentation
    self.channels = normalization.mean.count
    self.height = height
    self.width = width
    table = .allocate(capacity: channels * 256)
    for index in 0..<channels * 256 {
      table[index] = normalization.value(of: UInt8(index & 255), channel: index >> 8)
    }
    cropped = .allocate(capacity: channels * height * width)
    rotated = .allocate(capacity: channels * height * width)
    origins = .allocate(capacity: height * width)
  }

  deinit {
    table.deallocate()
    cropped.deallocate()
    rotated.deallocate()
    origins.deallocate()
  }

  /// Writes channels × height × width floats to `target`.
  package func apply(_ draw: SampleDraw, to source: UnsafePointer<UInt8>, into target: UnsafeMutablePointer<Float>) {
    var image = source
    if draw.shiftX != 0 || draw.shiftY != 0 {
      crop(image, draw)
      image = UnsafePointer(cropped)
    }
    if draw.angle != 0 {
      rotate(image, draw.angle)
      image = UnsafePointer(rotated)
    }
    normalize(image, isFlipped: draw.isFlipped, into: target)
    if augmentation.cutout > 0 { cut(draw, from: target) }
  }

  private func crop(_ source: UnsafePointer<UInt8>, _ draw: SampleDraw) {
    let isReflected = augmentation.paddingMode == .reflect
    // Columns first ..< last come from inside the image, the others from the padding.
    let first = min(max(0, -draw.shiftX), width)
    let last = max(min(width, width - draw.shiftX), first)
    for row in 0..<channels * height {
      let (channel, y) = row.quotientAndRemainder(dividingBy: height)
      let target = cropped + row * width
      var sourceY = y + draw.shiftY
      if isReflected { sourceY = Self.reflect(sourceY, height) }
      guard (0..<height).contains(sourceY) else {
        target.update(repeating: 0, count: width)
        continue
      }
      let line = source + (channel * height + sourceY) * width
      if first < last { (target + first).update(from: line + first + draw.shiftX, count: last - first) }
      for x in 0..<first { target[x] = isReflected ? line[Self.reflect(x + draw.shiftX, width)] : 0 }
      for x in last..<width { target[x] = isReflected ? line[Self.reflect(x + draw.shiftX, width)] : 0 }
    }
  }

  private static func reflect(_ index: Int, _ length: Int) -> Int {
    index < 0 ? -index : index >= length ? 2 * (length - 1) - index : index
  }

  /// Pixel centres are turned about the image's centre, and the pixel they fall into is taken.
  private func rotate(_ source: UnsafePointer<UInt8>, _ degrees: Double) {
    let radians = degrees * .pi / 180
    let (cosine, sine) = (Float(cos(radians)), Float(sin(radians)))
    let (centreX, centreY) = (Float(width) / 2, Float(height) / 2)
    for y in 0..<height {
      let down = Float(y) + 0.5 - centreY
      for x in 0..<width {
        let right = Float(x) + 0.5 - centreX
        let fromX = cosine * right - sine * down + centreX
        let fromY = sine * right + cosine * down + centreY
        let isInside = fromX >= 0 && fromX < Float(width) && fromY >= 0 && fromY < Float(height)
        origins[y * width + x] = isInside ? Int32(fromY) * Int32(width) + Int32(fromX) : -1
      }
    }
    for channel in 0..<channels {
      let from = source + channel * planeSize
      let to = rotated + channel * planeSize
      for pixel in 0..<planeSize {
        let origin = Int(origins[pixel])
        to[pixel] = origin < 0 ? 0 : from[origin]
      }
    }
  }

  private func normalize(_ source: UnsafePointer<UInt8>, isFlipped: Bool, into target: UnsafeMutablePointer<Float>) {
    for row in 0..<channels * height {
      let values = table + row / height * 256
      let from = source + row * width
      let to = target + row * width
      if isFlipped {
        for x in 0..<width { to[x] = values[Int(from[width - 1 - x])] }
      } else {
        for x in 0..<width { to[x] = values[Int(from[x])] }
      }
    }
  }

  private func cut(_ draw: SampleDraw, from target: UnsafeMutablePointer<Float>) {
    for channel in 0..<channels {
      for y in draw.cutoutY..<draw.cutoutY + augmentation.cutout {
        let start = (channel * height + y) * width + draw.cutoutX
        (target + start).update(repeating: 0, count: augmentation.cutout)
      }
    }
  }
}

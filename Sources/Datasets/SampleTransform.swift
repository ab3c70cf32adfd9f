// One image from bytes to normalised floats, changed as its draw says: crop, operations on pixels, flip, table, holes.
// Each step is a pass over bytes in a scratch buffer; steps that change nothing are left out.

/// Prepares single images; owns its scratch memory, so one is needed for each thread.
package final class SampleTransform {
  private let augmentation: Augmentation
  private let channels: Int
  private let height: Int
  private let width: Int
  private let processor: ImageProcessor
  /// The normalised value of each byte, by channel: channels × 256.
  private let table: UnsafeMutablePointer<Float>
  /// Each step reads one, or the original, and writes the other.
  private let scratch: (UnsafeMutablePointer<UInt8>, UnsafeMutablePointer<UInt8>)

  /// For images of `height` × `width` with three channels, and an augmentation that was validated for them.
  package init(augmentation: Augmentation, normalization: Normalization, height: Int, width: Int) {
    self.augmentation = augmentation
    self.channels = normalization.mean.count
    self.height = height
    self.width = width
    processor = ImageProcessor(height: height, width: width)
    table = .allocate(capacity: channels * 256)
    for index in 0..<channels * 256 {
      table[index] = normalization.value(of: UInt8(index & 255), channel: index >> 8)
    }
    let size = channels * height * width
    scratch = (.allocate(capacity: size), .allocate(capacity: size))
  }

  deinit {
    table.deallocate()
    scratch.0.deallocate()
    scratch.1.deallocate()
  }

  /// Writes channels × height × width floats to `target`.
  package func apply(_ draw: SampleDraw, to source: UnsafePointer<UInt8>, into target: UnsafeMutablePointer<Float>) {
    var image = source
    if draw.shiftX != 0 || draw.shiftY != 0 {
      crop(image, draw, into: scratch.0)
      image = UnsafePointer(scratch.0)
    }
    func change(_ operation: ImageOperation) {
      let target = image == UnsafePointer(scratch.0) ? scratch.1 : scratch.0
      processor.apply(operation, to: image, into: target)
      image = UnsafePointer(target)
    }
    if draw.angle != 0 { change(.resample(.rotation(degrees: draw.angle, height: height, width: width))) }
    for operation in draw.operations { change(operation) }
    normalize(image, isFlipped: draw.isFlipped, into: target)
    let (x, y, side) = (draw.cutoutX, draw.cutoutY, augmentation.cutout)
    if side > 0 { blank(Rectangle(columns: x..<x + side, rows: y..<y + side), in: target) }
    if let erased = draw.erased { blank(erased, in: target) }
  }

  private func crop(
    _ source: UnsafePointer<UInt8>, _ draw: SampleDraw, into cropped: UnsafeMutablePointer<UInt8>
  ) {
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

  private func blank(_ rectangle: Rectangle, in target: UnsafeMutablePointer<Float>) {
    for channel in 0..<channels {
      for row in rectangle.rows {
        (target + (channel * height + row) * width + rectangle.columns.lowerBound)
          .update(repeating: 0, count: rectangle.columns.count)
      }
    }
  }
}

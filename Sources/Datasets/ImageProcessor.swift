// Image operations on bytes, channels first. Each reads one buffer and writes another;
// roundings are Pillow's, so that recipes tried with torchvision mean the same here.

/// Applies operations to images of three channels and one size; its scratch memory serves one thread.
final class ImageProcessor {
  private let (height, width): (Int, Int)
  private var planeSize: Int { height * width }
  /// For each pixel of a resampled plane the pixel it comes from, or −1.
  private let origins: UnsafeMutablePointer<Int32>
  private let table: UnsafeMutablePointer<UInt8>
  private var histogram = [Int](repeating: 0, count: 256)

  init(height: Int, width: Int) {
    (self.height, self.width) = (height, width)
    origins = .allocate(capacity: height * width)
    table = .allocate(capacity: 256)
  }

  deinit {
    origins.deallocate()
    table.deallocate()
  }

  /// Writes the changed `source` to `target`, which is other memory.
  func apply(
    _ operation: ImageOperation, to source: UnsafePointer<UInt8>, into target: UnsafeMutablePointer<UInt8>
  ) {
    switch operation {
    case .resample(let map): resample(map, source, target)
    case .blend(let base, let factor): blend(base, factor, source, target)
    case .posterize(let bits): replace(source, target) { _, value in value & ~UInt8(0xFF >> bits) }
    case .solarize(let threshold):
      replace(source, target) { _, value in Float(value) < threshold ? value : 255 - value }
    case .autoContrast: stretch(source, target)
    case .equalize: equalize(source, target)
    }
  }

  /// Numbers of 16.16 bits, as Pillow's.
  private func resample(_ map: AffineMap, _ source: UnsafePointer<UInt8>, _ target: UnsafeMutablePointer<UInt8>) {
    func fixed(_ value: Double) -> Int { Int((value * 65536 + 0.5).rounded(.down)) }
    let (stepX, stepY) = (fixed(map.xx), fixed(map.yx))
    let (rowX, rowY) = (fixed(map.xy), fixed(map.yy))
    let startX = fixed(map.x0 + 0.5 * map.xx + 0.5 * map.xy)
    let startY = fixed(map.y0 + 0.5 * map.yx + 0.5 * map.yy)
    for y in 0..<height {
      var (fromX, fromY) = (startX + y * rowX, startY + y * rowY)
      for x in 0..<width {
        let (column, row) = (fromX >> 16, fromY >> 16)
        let isInside = column >= 0 && column < width && row >= 0 && row < height
        origins[y * width + x] = isInside ? Int32(truncatingIfNeeded: row * width + column) : -1
        fromX += stepX
        fromY += stepY
      }
    }
    for channel in 0..<3 {
      let (from, to) = (source + channel * planeSize, target + channel * planeSize)
      for pixel in 0..<planeSize {
        let origin = Int(origins[pixel])
        to[pixel] = origin < 0 ? 0 : from[origin]
      }
    }
  }

  /// Replaces each value by that of a table, which `value` fills for each channel.
  private func replace(
    _ source: UnsafePointer<UInt8>, _ target: UnsafeMutablePointer<UInt8>, _ value: (Int, UInt8) -> UInt8
  ) {
    for channel in 0..<3 {
      for byte in 0..<256 { table[byte] = value(channel, UInt8(byte)) }
      for index in channel * planeSize..<(channel + 1) * planeSize { target[index] = table[Int(source[index])] }
    }
  }

  private func countValues(_ plane: UnsafePointer<UInt8>) {
    for value in 0..<256 { histogram[value] = 0 }
    for pixel in 0..<planeSize { histogram[Int(plane[pixel])] += 1 }
  }

  private func stretch(_ source: UnsafePointer<UInt8>, _ target: UnsafeMutablePointer<UInt8>) {
    for channel in 0..<3 {
      let (from, to) = (source + channel * planeSize, target + channel * planeSize)
      countValues(from)
      let low = histogram.firstIndex { $0 > 0 } ?? 0
      let high = histogram.lastIndex { $0 > 0 } ?? 0
      let scale = high > low ? 255 / Double(high - low) : 1
      let offset = high > low ? -Double(low) * scale : 0
      for byte in 0..<256 { table[byte] = UInt8(min(255, max(0, Double(byte) * scale + offset))) }
      for pixel in 0..<planeSize { to[pixel] = table[Int(from[pixel])] }
    }
  }

  private func equalize(_ source: UnsafePointer<UInt8>, _ target: UnsafeMutablePointer<UInt8>) {
    for channel in 0..<3 {
      let (from, to) = (source + channel * planeSize, target + channel * planeSize)
      countValues(from)
      let step = (planeSize - (histogram.last { $0 > 0 } ?? 0)) / 255
      var sum = step / 2
      for byte in 0..<256 {
        table[byte] = step > 0 ? UInt8(min(255, sum / step)) : UInt8(byte)
        sum += histogram[byte]
      }
      for pixel in 0..<planeSize { to[pixel] = table[Int(from[pixel])] }
    }
  }

  private func blend(
    _ base: ImageOperation.Base, _ factor: Float, _ source: UnsafePointer<UInt8>,
    _ target: UnsafeMutablePointer<UInt8>
  ) {
    func mixed(_ base: Int, _ value: UInt8) -> UInt8 {
      UInt8(min(255, max(0, Float(base) + factor * Float(Int(value) - base))))
    }
    switch base {
    case .black:
      replace(source, target) { _, value in mixed(0, value) }
    case .meanGrey:
      let sum = (0..<planeSize).reduce(0) { $0 + grey(source, $1) }
      let mean = Int(Double(sum) / Double(planeSize) + 0.5)
      replace(source, target) { _, value in mixed(mean, value) }
    case .grey:
      for pixel in 0..<planeSize {
        let base = grey(source, pixel)
        for index in stride(from: pixel, to: 3 * planeSize, by: planeSize) {
          target[index] = mixed(base, source[index])
        }
      }
    case .smooth:
      target.update(from: source, count: 3 * planeSize)
      guard height > 2, width > 2 else { return }
      // The border stays as it is.
      for row in 0..<3 * height where (1..<height - 1).contains(row % height) {
        for index in row * width + 1..<(row + 1) * width - 1 {
          var sum = 4 * Int(source[index])
          for line in [index - width, index, index + width] {
            sum += Int(source[line - 1]) + Int(source[line]) + Int(source[line + 1])
          }
          target[index] = mixed((2 * sum + 13) / 26, source[index])
        }
      }
    }
  }

  /// The luma of ITU-R 601 in Pillow's integers.
  private func grey(_ source: UnsafePointer<UInt8>, _ pixel: Int) -> Int {
    let (red, green, blue) = (source[pixel], source[planeSize + pixel], source[2 * planeSize + pixel])
    return (19595 * Int(red) + 38470 * Int(green) + 7471 * Int(blue) + 0x8000) >> 16
  }
}

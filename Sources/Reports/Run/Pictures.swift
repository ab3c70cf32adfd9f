// Images in a report: test images, training images as the network met them, and the filters it learned.
// Each is a PNG of the pixels themselves; the page enlarges them without blurring.
public import Datasets
import Foundation
public import Training

/// An image of red, green and blue bytes.
struct Raster {
  let width, height: Int
  private(set) var rgb: [UInt8]

  /// A grey one.
  init(width: Int, height: Int, grey: UInt8) {
    (self.width, self.height) = (width, height)
    rgb = [UInt8](repeating: grey, count: width * height * 3)
  }

  /// Writes a pixel's channel.
  subscript(x: Int, y: Int, channel: Int) -> UInt8 {
    get { rgb[(y * width + x) * 3 + channel] }
    set { rgb[(y * width + x) * 3 + channel] = newValue }
  }

  /// Its address in a page.
  func address() throws -> String {
    "data:image/png;base64,"
      + Data(try DecodedImage(pixels: rgb, width: width, height: height).png()).base64EncodedString()
  }
}

extension ImageSet {
  /// Image `index`; one channel is shown as grey.
  func raster(_ index: Int) -> Raster {
    var raster = Raster(width: width, height: height, grey: 0)
    let start = index * imageSize
    for y in 0..<height {
      for x in 0..<width {
        for channel in 0..<3 {
          raster[x, y, channel] = pixels[start + (min(channel, channels - 1) * height + y) * width + x]
        }
      }
    }
    return raster
  }
}

/// Training images, and what the augmentation makes of them in the first epochs.
public struct AugmentationSamples: Sendable {
  /// Rows: the image itself and then one an epoch; columns: images.
  let rows: [[[Float]]]
  let height, width: Int
  let normalization: Normalization

  /// The first `images` of `indices` in the first `epochs` epochs of a run of `configuration`. Throws `DatasetError`.
  public init(
    _ set: ImageSet, indices: [Int], configuration: Configuration, images: Int = 10, epochs: Int = 4
  ) throws {
    let normalization = try configuration.normalization()
    self.normalization = normalization
    (height, width) = (set.height, set.width)
    let shown = Array(indices.prefix(images))
    func row(_ augmentation: Augmentation, epoch: Int) throws -> [[Float]] {
      let loader = try BatchLoader(
        set: set, indices: shown, batchSize: shown.count, augmentation: augmentation, normalization: normalization,
        seed: configuration.training.seed, shuffles: false, dropsLast: false)
      loader.start(epoch: epoch, step: 0)
      defer { loader.stop() }
      let batch = loader.next()
      return (0..<batch.count).map { Array(batch.images[$0 * set.imageSize..<($0 + 1) * set.imageSize]) }
    }
    rows = try [row(.none, epoch: 0)] + (0..<epochs).map { try row(configuration.augmentation, epoch: $0) }
  }

  /// All of them on one sheet.
  var sheet: Raster {
    let columns = rows.first?.count ?? 0
    var sheet = Raster(width: columns * (width + 2), height: rows.count * (height + 2), grey: 128)
    for (row, images) in rows.enumerated() {
      for (column, image) in images.enumerated() {
        for channel in 0..<3 {
          for y in 0..<height {
            for x in 0..<width {
              sheet[column * (width + 2) + 1 + x, row * (height + 2) + 1 + y, channel] = normalization.byte(
                of: image[(channel * height + y) * width + x], channel: channel)
            }
          }
        }
      }
    }
    return sheet
  }
}

/// The filters of a first convolution on three channels.
public struct FirstFilters: Sendable {
  /// Filters × 3 × kernel × kernel.
  let values: [Float]
  let count, kernel: Int

  /// Filters as a checkpoint has them, `[filters, 3, kernel, kernel]`; nil for other shapes.
  public init?(values: [Float], shape: [Int]) {
    guard shape.count == 4, shape[1] == 3, shape[2] == shape[3], values.count == shape.reduce(1, *), !values.isEmpty
    else { return nil }
    self.values = values
    (count, kernel) = (shape[0], shape[2])
  }

  /// All of them on one sheet, each from its own smallest to its own largest value: grey is zero.
  var sheet: Raster {
    let columns = min(count, 16)
    let side = kernel + 1
    var sheet = Raster(width: columns * side + 1, height: (count + columns - 1) / columns * side + 1, grey: 128)
    let size = 3 * kernel * kernel
    for filter in 0..<count {
      let own = values[filter * size..<(filter + 1) * size]
      let largest = max(own.map(abs).max() ?? 1, .leastNormalMagnitude)
      for (index, value) in own.enumerated() {
        let (channel, y, x) = (index / (kernel * kernel), index / kernel % kernel, index % kernel)
        sheet[filter % columns * side + 1 + x, filter / columns * side + 1 + y, channel] = UInt8(
          max(0, min(255, (127.5 + 127.5 * value / largest).rounded())))
      }
    }
    return sheet
  }
}

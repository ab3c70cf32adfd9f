// Training images as the network meets them: what augmentation makes of them, to be looked at.
public import Datasets
import Models

extension Trainer {
  /// The first images of the first epoch, up to four rows of eight and no more than a batch has, twice as large.
  public func augmentedSamples() throws -> DecodedImage {
    let loader = try makeLoader()
    let batch = loader.next()
    let columns = min(8, batch.count)
    let rows = min(4, batch.count / columns)
    let shape = graph.inputShape
    let normalization = try configuration.normalization()
    let scale = 2
    let (width, height) = (columns * shape.width * scale, rows * shape.height * scale)
    var pixels = [UInt8](repeating: 0, count: width * height * 3)
    for y in 0..<height {
      for x in 0..<width {
        let image = y / (shape.height * scale) * columns + x / (shape.width * scale)
        let (row, column) = (y / scale % shape.height, x / scale % shape.width)
        for channel in 0..<3 {
          let value = batch.images[((image * shape.channels + channel) * shape.height + row) * shape.width + column]
          pixels[(y * width + x) * 3 + channel] = normalization.byte(of: value, channel: channel)
        }
      }
    }
    return try DecodedImage(pixels: pixels, width: width, height: height)
  }
}

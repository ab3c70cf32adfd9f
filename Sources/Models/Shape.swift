// The shape of one image's features; the batch is never part of a description.
// Images, feature maps and, with one pixel, vectors are all `channels × height × width`.

/// Channels, height and width of a feature map, for one image.
public struct Shape: Hashable, Codable, Sendable {
  /// Number of feature channels.
  public var channels: Int
  /// Rows.
  public var height: Int
  /// Columns.
  public var width: Int

  /// A map of `channels` × `height` × `width`.
  public init(channels: Int, height: Int, width: Int) {
    self.channels = channels
    self.height = height
    self.width = width
  }

  /// A colour image of CIFAR-10.
  public static let cifar10 = Shape(channels: 3, height: 32, width: 32)

  /// Number of values.
  public var count: Int { channels * height * width }

  /// As many images of this shape as have no more pixels together than `count` of 32×32: that many of smaller ones, and
  /// one at least.
  package func images(likeSmall count: Int) -> Int {
    max(1, count * 32 * 32 / max(32 * 32, height * width))
  }

  /// `[channels, height, width]`.
  public var dimensions: [Int] { [channels, height, width] }
}

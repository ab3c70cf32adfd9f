// PNG and JPEG files to RGB bytes, within bounds on their size.
// The codecs themselves are behind CImageCodecs.
import CImageCodecs

/// The largest images that are read.
enum ImageLimits {
  /// Pixels along a side.
  static let side = 16_384
  /// Pixels of an image.
  static let pixels = 64 << 20
  /// Bytes of a file.
  static let fileSize = 256 << 20
}

/// An image as decoded: 8-bit RGB.
public struct DecodedImage: Equatable, Sendable {
  /// height × width × 3 bytes, rows from the top, red, green and blue together.
  public let pixels: [UInt8]
  /// Columns.
  public let width: Int
  /// Rows.
  public let height: Int
}

/// Decodes PNG (any kind; transparency laid on white) and JPEG (grey or colour; orientation tags are not applied).
/// Images of more than 16,384 pixels along a side, or of more than 64 Mi pixels, are refused.
public enum ImageDecoder {
  /// Decodes a file. Throws `DatasetError` with its path where it is missing, unreadable, truncated or too large.
  public static func decode(path: String) throws -> DecodedImage {
    try decode(bytes: Files.bytes(of: path, limit: ImageLimits.fileSize), name: path)
  }

  /// Decodes the bytes of a file; `name` is what an error calls it. Throws `DatasetError` where they are no image,
  /// truncated or too large.
  public static func decode(bytes: [UInt8], name: String? = nil) throws -> DecodedImage {
    var image = tpsnet_image()
    defer { tpsnet_image_free(&image) }
    let status = bytes.withUnsafeBufferPointer {
      tpsnet_image_decode($0.baseAddress, $0.count, Int32(ImageLimits.side), Int64(ImageLimits.pixels), &image)
    }
    guard status == 0, let pixels = image.pixels else {
      let reason = withUnsafeBytes(of: image.message) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
      throw DatasetError(
        .invalid, at: name, "not a readable image: \(reason)", remedy: "replace it by an intact PNG or JPEG file")
    }
    let (width, height) = (Int(image.width), Int(image.height))
    return DecodedImage(
      pixels: [UInt8](UnsafeBufferPointer(start: pixels, count: width * height * 3)), width: width, height: height)
  }
}

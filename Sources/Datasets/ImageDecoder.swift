// PNG, JPEG and WebP files to RGB bytes, within bounds on their size, and RGB bytes to PNG.
// The codecs themselves are behind ImageCodecs.
import ImageCodecs
import Glibc

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

  /// An image of `pixels`, which must be height × width × 3. Throws `DatasetError` where they are not, or where the
  /// image is larger than those that are read.
  public init(pixels: [UInt8], width: Int, height: Int) throws {
    let sides = 1...ImageLimits.side
    guard sides.contains(width), sides.contains(height), width * height <= ImageLimits.pixels,
      pixels.count == width * height * 3
    else { throw DatasetError(.usage, "\(pixels.count) bytes are no image of \(width) × \(height)") }
    self.init(checked: pixels, width: width, height: height)
  }

  init(checked pixels: [UInt8], width: Int, height: Int) {
    self.pixels = pixels
    self.width = width
    self.height = height
  }

  /// The bytes of a PNG of the image. Throws `DatasetError` where memory is out.
  public func png() throws -> [UInt8] {
    var size = 0
    guard let bytes = tpsnet_png_encode(pixels, Int32(width), Int32(height), &size) else {
      throw DatasetError(.system, "the image cannot be written as PNG")
    }
    defer { free(bytes) }
    return [UInt8](UnsafeBufferPointer(start: bytes, count: size))
  }
}

/// Decodes PNG (any kind), JPEG (grey or colour) and WebP (still pictures); transparency is laid on white and the
/// orientation that a camera noted (EXIF) is applied.
/// Images of more than 16,384 pixels along a side, or of more than 64 Mi pixels, are refused.
public enum ImageDecoder {
  private static let fileSuffixes = [".png", ".jpg", ".jpeg", ".webp"]

  /// Whether a file of this name is such an image, by how it ends.
  static func reads(_ name: String) -> Bool {
    let name = name.lowercased()
    return fileSuffixes.contains { name.hasSuffix($0) }
  }

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
        .invalid, at: name, "not a readable image: \(reason)",
        remedy: image.is_refused != 0 ? nil : "replace it by an intact PNG, JPEG or WebP file")
    }
    let (width, height) = (Int(image.width), Int(image.height))
    let stored = DecodedImage(
      checked: [UInt8](UnsafeBufferPointer(start: pixels, count: width * height * 3)), width: width, height: height)
    return ImageOrientation(file: bytes).upright(stored)
  }
}

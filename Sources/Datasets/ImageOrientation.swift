// The orientation that a camera notes in a picture (EXIF), and turning the picture upright by it.
// What is damaged or missing counts as upright: the pixels are there all the same.

/// One of the eight ways in which rows and columns can be stored, under the numbers of the TIFF standard.
enum ImageOrientation: Int {
  case upright = 1
  case mirrored, upsideDown, flipped, transposed, turnedLeft, transversed, turnedRight

  /// The orientation noted in the bytes of a JPEG, PNG or WebP file.
  init(file bytes: [UInt8]) {
    let note = ByteReader(bytes).exif.flatMap(ByteReader.init(tiff:))
    self = note?.orientation.flatMap(ImageOrientation.init) ?? .upright
  }

  /// `image`, stored so, as it is to be seen.
  func upright(_ image: DecodedImage) -> DecodedImage {
    guard self != .upright else { return image }
    let (width, height) = (image.width, image.height)
    let isTurned = rawValue >= ImageOrientation.transposed.rawValue
    let size = isTurned ? (width: height, height: width) : (width: width, height: height)
    let pixels = [UInt8](unsafeUninitializedCapacity: image.pixels.count) { target, count in
      var position = 0
      for y in 0..<size.height {
        for x in 0..<size.width {
          let (column, row) =
            switch self {
            case .upright: (x, y)
            case .mirrored: (width - 1 - x, y)
            case .upsideDown: (width - 1 - x, height - 1 - y)
            case .flipped: (x, height - 1 - y)
            case .transposed: (y, x)
            case .turnedLeft: (y, height - 1 - x)
            case .transversed: (width - 1 - y, height - 1 - x)
            case .turnedRight: (width - 1 - y, x)
            }
          for channel in 0..<3 { target[position + channel] = image.pixels[(row * width + column) * 3 + channel] }
          position += 3
        }
      }
      count = position
    }
    return DecodedImage(checked: pixels, width: size.width, height: size.height)
  }
}

/// Numbers at places in bytes that nobody has checked.
private struct ByteReader {
  private static let orientationTag = 0x0112
  private let bytes: ArraySlice<UInt8>
  private var isLittle = false

  init(_ bytes: [UInt8]) {
    self.bytes = bytes[...]
  }

  private init(_ bytes: ArraySlice<UInt8>, isLittle: Bool) {
    self.bytes = bytes
    self.isLittle = isLittle
  }

  /// The TIFF structure of EXIF data, which some writers introduce by its name.
  init?(tiff data: ArraySlice<UInt8>) {
    let tiff = data.starts(with: "Exif\0\0".utf8) ? data.dropFirst(6) : data
    guard tiff.starts(with: [0x49, 0x49, 42, 0]) || tiff.starts(with: [0x4D, 0x4D, 0, 42]) else { return nil }
    self.init(tiff, isLittle: tiff.first == 0x49)
  }

  /// The orientation that the first directory of a TIFF structure tells.
  var orientation: Int? {
    guard let directory = number(4, 4), let count = number(directory, 2) else { return nil }
    for entry in 0..<count {
      let start = directory + 2 + 12 * entry
      guard let tag = number(start, 2) else { return nil }
      if tag == Self.orientationTag, number(start + 2, 2) == 3 { return number(start + 8, 2) }
    }
    return nil
  }

  /// Where a picture file has its EXIF data.
  var exif: ArraySlice<UInt8>? {
    if bytes.starts(with: [0xFF, 0xD8]) { return exifOfJPEG }
    if bytes.starts(with: [0x89, 0x50, 0x4E, 0x47]) { return chunk("eXIf", from: 8, size: 0, name: 4, overhead: 12) }
    if bytes.starts(with: "RIFF".utf8) {
      return ByteReader(bytes, isLittle: true).chunk("EXIF", from: 12, size: 4, name: 0, overhead: 8)
    }
    return nil
  }

  /// The second kind of application segment, before the picture's data.
  private var exifOfJPEG: ArraySlice<UInt8>? {
    var position = 2
    while let marker = number(position, 2), marker != 0xFFDA {
      // Between segments, decoders pass over fill bytes and strays.
      guard marker > 0xFF00, marker < 0xFFFF else {
        position += 1
        continue
      }
      guard let size = number(position + 2, 2) else { return nil }
      if marker == 0xFFE1, let data = slice(position + 4, size - 2), data.starts(with: "Exif\0\0".utf8) { return data }
      position += 2 + size
    }
    return nil
  }

  /// The content of the first chunk called `wanted` of those that follow one another from a place on; size and name
  /// are at their places in a chunk, the content behind both.
  private func chunk(_ wanted: String, from start: Int, size: Int, name: Int, overhead: Int) -> ArraySlice<UInt8>? {
    var position = start
    while let length = number(position + size, 4), let found = slice(position + name, 4) {
      if found.elementsEqual(wanted.utf8) { return slice(position + 8, length) }
      // RIFF fills its chunks up to even lengths.
      position += overhead + length + (isLittle ? length % 2 : 0)
    }
    return nil
  }

  private func slice(_ offset: Int, _ count: Int) -> ArraySlice<UInt8>? {
    guard offset >= 0, count >= 0, offset <= bytes.count, count <= bytes.count - offset else { return nil }
    return bytes[bytes.startIndex + offset..<bytes.startIndex + offset + count]
  }

  private func number(_ offset: Int, _ count: Int) -> Int? {
    guard let digits = slice(offset, count) else { return nil }
    return (isLittle ? Array(digits.reversed()) : Array(digits)).reduce(0) { $0 << 8 | Int($1) }
  }
}

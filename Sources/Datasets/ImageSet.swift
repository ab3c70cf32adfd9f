// Images and labels as they lie in memory: one array of bytes, channels first, and one label an image.
// Everything downstream (split, loader, verification) reads this and nothing else.

/// Labelled images of one size, as bytes.
public struct ImageSet: Sendable {
  /// count × channels × height × width values of 0…255, channels first.
  public let pixels: [UInt8]
  /// The class of each image, an index into `classNames`.
  public let labels: [Int32]
  /// Channels of an image: red, green, blue.
  public let channels: Int
  /// Rows of an image.
  public let height: Int
  /// Columns of an image.
  public let width: Int
  /// The names of the classes, by label.
  public let classNames: [String]
  /// The file that each image came from, as class/name; empty where they did not come from one each.
  public let fileNames: [String]

  /// The number of images.
  public var count: Int { labels.count }
  /// The number of bytes of one image.
  public var imageSize: Int { channels * height * width }

  /// Puts a set together. Throws `DatasetError` where the number of bytes, or of files where any are named, is not that
  /// of the labels' images, or where a label has no class.
  public init(
    pixels: [UInt8], labels: [Int32], channels: Int = 3, height: Int, width: Int, classNames: [String],
    fileNames: [String] = []
  ) throws {
    guard (1...4).contains(channels), (1...ImageLimits.side).contains(height), (1...ImageLimits.side).contains(width)
    else {
      throw DatasetError(.usage, "images of \(channels) × \(height) × \(width) are not supported")
    }
    let expected = labels.count.multipliedReportingOverflow(by: channels * height * width)
    guard !expected.overflow, pixels.count == expected.partialValue else {
      throw DatasetError(
        .usage, "\(pixels.count) bytes are not \(labels.count) images of \(channels) × \(height) × \(width)")
    }
    guard fileNames.isEmpty || fileNames.count == labels.count else {
      throw DatasetError(.usage, "\(fileNames.count) files are not those of \(labels.count) images")
    }
    if let wrong = labels.first(where: { !classNames.indices.contains(Int($0)) }) {
      throw DatasetError(.invalid, "label \(wrong) is not one of the \(classNames.count) classes")
    }
    self.pixels = pixels
    self.labels = labels
    self.channels = channels
    self.height = height
    self.width = width
    self.classNames = classNames
    self.fileNames = fileNames
  }

  /// The images at `indices`, in that order. Throws `DatasetError` where there is no such image.
  public func subset(_ indices: [Int]) throws -> ImageSet {
    try check(indices)
    var chosen: [UInt8] = []
    chosen.reserveCapacity(indices.count * imageSize)
    for index in indices { chosen += pixels[index * imageSize..<(index + 1) * imageSize] }
    return try ImageSet(
      pixels: chosen, labels: indices.map { labels[$0] }, channels: channels, height: height, width: width,
      classNames: classNames, fileNames: fileNames.isEmpty ? [] : indices.map { fileNames[$0] })
  }

  /// The images at `indices`, unchanged but for `normalization`: count × channels × height × width, channels first.
  /// Throws `DatasetError` where there is no such image.
  public func normalized(_ indices: some Collection<Int>, by normalization: Normalization) throws -> [Float] {
    try check(indices)
    let planeSize = height * width
    return indices.flatMap { index in
      pixels[index * imageSize..<(index + 1) * imageSize].enumerated().map {
        normalization.value(of: $1, channel: $0 / planeSize)
      }
    }
  }

  /// The number of images of each class.
  public var classCounts: [Int] {
    labels.reduce(into: [Int](repeating: 0, count: classNames.count)) { $0[Int($1)] += 1 }
  }

  /// Mean and standard deviation of each channel over the whole set.
  public var channelStatistics: ChannelStatistics {
    var moments = ChannelMoments(channels: channels, planeSize: height * width)
    moments.add(pixels[...])
    return moments.statistics
  }

  /// The same over the images at `indices`. Throws `DatasetError` where there is no such image.
  public func channelStatistics(of indices: [Int]) throws -> ChannelStatistics {
    try check(indices)
    var moments = ChannelMoments(channels: channels, planeSize: height * width)
    for index in indices { moments.add(pixels[index * imageSize..<(index + 1) * imageSize]) }
    return moments.statistics
  }

  /// Throws `DatasetError` where there is no image at one of `indices`.
  func check(_ indices: some Collection<Int>) throws {
    if let wrong = indices.first(where: { !labels.indices.contains($0) }) {
      throw DatasetError(.usage, "there is no image \(wrong) in a set of \(count)")
    }
  }
}

/// Mean and (population) standard deviation of each channel, of values scaled to 0…1.
public struct ChannelStatistics: Codable, Equatable, Sendable {
  /// The mean of each channel.
  public let mean: [Double]
  /// The standard deviation of each channel.
  public let standardDeviation: [Double]
}

/// Exact sums of values and squares by channel, so that statistics do not depend on order or grouping.
struct ChannelMoments {
  private let planeSize: Int
  private var count = 0
  private var sums: [UInt64]
  private var squares: [UInt64]

  init(channels: Int, planeSize: Int) {
    self.planeSize = planeSize
    sums = Array(repeating: 0, count: channels)
    squares = sums
  }

  /// Adds whole images.
  mutating func add(_ pixels: ArraySlice<UInt8>) {
    pixels.withUnsafeBufferPointer { pixels in
      for (plane, start) in stride(from: 0, to: pixels.count, by: planeSize).enumerated() {
        var sum: UInt64 = 0
        var square: UInt64 = 0
        for value in pixels[start..<start + planeSize] {
          sum &+= UInt64(value)
          square &+= UInt64(value) &* UInt64(value)
        }
        sums[plane % sums.count] += sum
        squares[plane % sums.count] += square
      }
      count += pixels.count / sums.count
    }
  }

  /// Zero where nothing was added.
  var statistics: ChannelStatistics {
    let scale = 255 * Double(max(count, 1))
    let mean = sums.map { Double($0) / scale }
    let deviation = sums.indices.map { channel in
      // Where all values are equal, rounding would leave a deviation that only seems to be one.
      let isConstant =
        UInt64(count).multipliedFullWidth(by: squares[channel]) == sums[channel].multipliedFullWidth(by: sums[channel])
      let variance = Double(squares[channel]) / (255 * scale) - mean[channel] * mean[channel]
      return isConstant ? 0 : max(variance, 0).squareRoot()
    }
    return ChannelStatistics(mean: mean, standardDeviation: deviation)
  }
}

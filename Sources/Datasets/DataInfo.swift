// The numbers one wants to see of a data set before training on it.
// The same for every source, and encodable.

/// Sizes, classes and channel statistics of a data set.
public struct DataInfo: Codable, Equatable, Sendable {
  /// One of the two parts of a data set.
  public struct Part: Codable, Equatable, Sendable {
    /// The number of images.
    public let images: Int
    /// The number of images of each class.
    public let classCounts: [Int]
    /// The mean of each channel, on the scale 0…1.
    public let mean: [Double]
    /// The standard deviation of each channel, on the scale 0…1.
    public let standardDeviation: [Double]

    init(_ set: ImageSet) {
      let statistics = set.channelStatistics
      images = set.count
      classCounts = set.classCounts
      mean = statistics.mean
      standardDeviation = statistics.standardDeviation
    }
  }

  /// "cifar10", "fashion-mnist" or "folder".
  public let dataset: String
  /// The names of the classes, by label.
  public let classNames: [String]
  /// Channels, rows and columns of an image.
  public let imageShape: [Int]
  /// The training images.
  public let train: Part
  /// The test images.
  public let test: Part

  /// Examines a data set.
  public init(_ dataset: Dataset) {
    self.dataset = dataset.name
    classNames = dataset.train.classNames
    imageShape = [dataset.train.channels, dataset.train.height, dataset.train.width]
    train = Part(dataset.train)
    test = Part(dataset.test)
  }
}

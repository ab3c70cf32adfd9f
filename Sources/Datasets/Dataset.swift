// A data set and the words by which a user names one: cifar10, fashion-mnist or folder:PATH.
// Loading follows from the name; every set arrives in the same shape.
import Foundation

/// Images to learn from and images to be judged by.
public struct Dataset: Sendable {
  /// "cifar10", "fashion-mnist", "folder", or a name of one's own; the first is scaled by the study's constants.
  public let name: String
  /// The training images, of which validation images are split off.
  public let train: ImageSet
  /// The test images.
  public let test: ImageSet

  /// Puts a data set together.
  public init(name: String, train: ImageSet, test: ImageSet) {
    self.name = name
    self.train = train
    self.test = test
  }
}

/// Where images come from.
public enum DatasetSource: Equatable, Sendable, CustomStringConvertible {
  /// CIFAR-10, from a data directory.
  case cifar10
  /// Fashion-MNIST, from a data directory or else from Debian's package.
  case fashionMNIST
  /// A folder of images, one folder a class.
  case folder(path: String)

  /// Reads `cifar10`, `fashion-mnist` or `folder:PATH`, whose path becomes absolute (a leading `~` is the home
  /// directory), so that what is written down means the same everywhere. Throws `DatasetError` for anything else.
  public init(parsing text: String) throws {
    switch text {
    case "cifar10": self = .cifar10
    case "fashion-mnist": self = .fashionMNIST
    case let folder where folder.hasPrefix("folder:") && folder.count > "folder:".count:
      let path = (String(folder.dropFirst("folder:".count)) as NSString).expandingTildeInPath
      self = .folder(path: URL(fileURLWithPath: path).standardizedFileURL.path)
    default:
      throw DatasetError(
        .usage, "unknown data set '\(text)'",
        remedy: Files.isFolder(text)
          ? "folder:\(text) is that folder's pictures" : "choose cifar10, fashion-mnist or folder:PATH")
    }
  }

  /// The word that `init(parsing:)` reads.
  public var description: String {
    switch self {
    case .cifar10: "cifar10"
    case .fashionMNIST: "fashion-mnist"
    case .folder(let path): "folder:\(path)"
    }
  }

  /// The names of the classes by label, where they are known without loading.
  public var classNames: [String]? {
    switch self {
    case .cifar10: CIFAR10.classNames
    case .fashionMNIST: FashionMNIST.classNames
    case .folder: nil
    }
  }

  /// Loads the data set. `imageSize` is the side in pixels to which the images of a folder are brought; the others
  /// are 32 × 32. Throws `DatasetError`.
  public func load(from directory: DataDirectory, imageSize: Int = 32) throws -> Dataset {
    switch self {
    case .cifar10: try CIFAR10.load(from: directory)
    case .fashionMNIST: try FashionMNIST.load(from: directory)
    case .folder(let path): try ImageFolder.load(from: path, size: imageSize)
    }
  }
}

extension Dataset {
  /// The constants by which images are scaled where nothing else is asked for: the study's for CIFAR-10, and
  /// otherwise mean and deviation of the training images at `indices`.
  ///
  /// Throws `DatasetError` where a channel is the same in all images.
  public func ownNormalization(of indices: [Int]) throws -> Normalization {
    guard name != "cifar10" else { return .study }
    let statistics = try train.channelStatistics(of: indices)
    return try Normalization(
      mean: statistics.mean.map { Float($0) }, standardDeviation: statistics.standardDeviation.map { Float($0) })
  }
}

// Fashion-MNIST: the data set that Debian packages, brought to the shape of CIFAR-10.
// Its IDX files are read gzipped or plain, and every size is checked against the header's.

/// Fashion-MNIST: 70,000 grey images of clothing, 28 × 28, in ten classes (Xiao, Rasul and Vollgraf, 2017).
public enum FashionMNIST {
  /// Where Debian's package `dataset-fashion-mnist` puts the files.
  public static let debianFolder = "/usr/share/datasets/fashion-mnist"

  /// The ten classes by label.
  public static let classNames = [
    "T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot",
  ]

  private static let sourceSide = 28
  private static let side = 32
  /// All of Fashion-MNIST; a header that announces more is wrong.
  private static let maximumImages = 70_000
  private static let remedy = "install Debian's package dataset-fashion-mnist, or name the folder that has it by --data"

  /// Loads Fashion-MNIST from `directory` or its folder `fashion-mnist`, else from Debian's package.
  /// Throws `DatasetError`.
  public static func load(from directory: DataDirectory) throws -> Dataset {
    let places = [directory.path, directory.path + "/fashion-mnist"]
    return try load(fromFolder: places.first { file("train-labels-idx1-ubyte", in: $0) != nil } ?? debianFolder)
  }

  /// Loads the four files `{train,t10k}-{images-idx3,labels-idx1}-ubyte`, with or without `.gz`, from `folder`.
  /// Images are padded by black to 32 × 32, and their grey is repeated to three channels. Throws `DatasetError`.
  public static func load(fromFolder folder: String = debianFolder) throws -> Dataset {
    Dataset(
      name: "fashion-mnist", train: try images("train", in: folder), test: try images("t10k", in: folder))
  }

  private static func images(_ part: String, in folder: String) throws -> ImageSet {
    let grey = try idx(3, "\(part)-images-idx3-ubyte", in: folder)
    let labels = try idx(1, "\(part)-labels-idx1-ubyte", in: folder)
    let count = labels.count
    guard grey.count == count * sourceSide * sourceSide else {
      throw DatasetError(
        .invalid, at: folder, "\(part) has \(count) labels for \(grey.count / (sourceSide * sourceSide)) images",
        remedy: remedy)
    }
    if let wrong = labels.first(where: { $0 > 9 }) {
      throw DatasetError(
        .invalid, at: folder, "a label of \(part) is \(wrong), not one of 0 to 9", remedy: remedy)
    }
    var pixels = [UInt8](repeating: 0, count: count * 3 * side * side)
    let margin = (side - sourceSide) / 2
    for row in 0..<count * sourceSide {
      let (image, y) = row.quotientAndRemainder(dividingBy: sourceSide)
      for channel in 0..<3 {
        let target = ((image * 3 + channel) * side + y + margin) * side + margin
        for x in 0..<sourceSide { pixels[target + x] = grey[row * sourceSide + x] }
      }
    }
    return try ImageSet(
      pixels: pixels, labels: labels.map(Int32.init), height: side, width: side, classNames: classNames)
  }

  /// The values of an IDX file of bytes: magic number 0x0800 + dimensions, big-endian lengths, values.
  private static func idx(_ dimensions: Int, _ name: String, in folder: String) throws -> [UInt8] {
    guard let path = file(name, in: folder) else {
      throw DatasetError(.missing, at: "\(folder)/\(name).gz", "no such file", remedy: remedy)
    }
    let archive = try Archive(path, .stream)
    _ = try archive.next()
    let header = try archive.read(4 + 4 * dimensions)
    let words = stride(from: 0, to: header.count - 3, by: 4).map { start in
      header[start..<start + 4].reduce(0) { $0 << 8 | Int($1) }
    }
    let expected = [0x0800 + dimensions] + [words.dropFirst().first ?? 0] + [sourceSide, sourceSide]
    guard words == Array(expected.prefix(1 + dimensions)), (1...maximumImages).contains(words[1]) else {
      throw DatasetError(.invalid, at: path, "not an IDX file of Fashion-MNIST: header \(words)", remedy: remedy)
    }
    let size = words.dropFirst().reduce(1, *)
    let values = try archive.read(size)
    guard values.count == size, try archive.read(1).isEmpty else {
      throw DatasetError(
        .invalid, at: path, "holds \(values.count == size ? "more" : "less") than the \(size) values it announces",
        remedy: remedy)
    }
    return values
  }

  private static func file(_ name: String, in folder: String) -> String? {
    ["\(folder)/\(name).gz", "\(folder)/\(name)"].first(where: Files.isFile)
  }
}

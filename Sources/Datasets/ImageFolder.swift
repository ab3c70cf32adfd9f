// A folder of images as a data set: one folder a class, with or without a division into train and test.
// Every image is decoded and fitted once, so that training sees the same bytes as with any other set.
import Formats

/// Data sets made of PNG, JPEG and WebP files.
public enum ImageFolder {
  /// Loads `train/<class>/*.png|jpg|jpeg|webp` and `test/<class>/…`. Where `path` has neither `train` nor `test`, its
  /// own folders are the classes, and about a fifth of the images becomes the test set, chosen by class and file name:
  /// from some thirty images on, ten of each class, pictures that come or go later hardly ever make a test image of one
  /// that was trained on.
  /// Classes are sorted by name; names starting with a dot and other kinds of files are passed over.
  /// Images are brought to `size` × `size` pixels as `DecodedImage.fitted(toSide:)` does.
  ///
  /// Throws `DatasetError` naming the folder that lacks what is needed, or the image that cannot be read.
  public static func load(from path: String, size: Int = 32) throws -> Dataset {
    guard try isDivided(path) else {
      let (classes, train, test) = try divided(path)
      return Dataset(
        name: "folder", train: try images(train, classes: classes, size: size),
        test: try images(test, classes: classes, size: size))
    }
    for part in ["train", "test"] where !Files.isFolder("\(path)/\(part)") {
      let other = validationNames.first { part == "test" && Files.isFolder("\(path)/\($0)") }
      throw DatasetError(
        .missing, at: "\(path)/\(part)", "no such folder",
        remedy: (other.map { "call \($0) test, or " } ?? "") + "give the data set both train and test, or neither")
    }
    let classes = try classes(in: path + "/train")
    return Dataset(
      name: "folder",
      train: try images(files(in: path + "/train", classes: classes, inEach: true), classes: classes, size: size),
      test: try testImages(of: path, classes: classes, size: size))
  }

  /// The test images of what `load` reads, which alone are looked at: `train` need not be there. Throws as `load` does.
  public static func loadTest(from path: String, size: Int = 32) throws -> ImageSet {
    guard try isDivided(path) else {
      let (classes, _, test) = try divided(path)
      return try images(test, classes: classes, size: size)
    }
    let named = Files.isFolder(path + "/train") ? path + "/train" : path + "/test"
    return try testImages(of: path, classes: classes(in: named), size: size)
  }

  /// Whether the folder has images to train on and to test on apart. Throws `DatasetError` where there is no folder.
  public static func isDivided(_ path: String) throws -> Bool {
    guard Files.isFolder(path) else {
      throw DatasetError(.missing, at: path, "no such folder", remedy: "name a folder of images as folder:PATH")
    }
    // One of them alone, without folders in it, is a class of that name.
    let parts = ["\(path)/train", "\(path)/test"].filter(Files.isFolder)
    return try parts.count == 2
      || parts.contains { try !folders(in: $0).isEmpty }
  }

  /// The names of the folders in a folder, sorted.
  static func folders(in folder: String) throws -> [String] {
    try Files.names(in: folder).filter { Files.isFolder("\(folder)/\($0)") }
  }

  /// The names of the pictures in a folder, sorted; a folder may be called like one.
  static func pictures(in folder: String) throws -> [String] {
    try Files.names(in: folder).filter { ImageDecoder.reads($0) && !Files.isFolder("\(folder)/\($0)") }
  }

  private static func classes(in folder: String) throws -> [String] {
    let classes = try folders(in: folder)
    guard !classes.isEmpty else {
      throw DatasetError(.missing, at: folder, "no folders in it", remedy: "make a folder of images for each class")
    }
    // They are sorted, and of two that are equal only the bytes differ.
    if let (name, _) = zip(classes, classes.dropFirst()).first(where: ==) {
      throw DatasetError(
        .invalid, at: "\(folder)/\(name)", "two folders of one name, written in two Unicode forms",
        remedy: "rename one, or put their images together")
    }
    return classes
  }

  private static func testImages(of path: String, classes: [String], size: Int) throws -> ImageSet {
    let folder = path + "/test"
    if let unknown = try self.classes(in: folder).first(where: { !classes.contains($0) }) {
      throw DatasetError(
        .invalid, at: "\(folder)/\(unknown)", "a class without training images", remedy: "add it to train")
    }
    return try images(files(in: folder, classes: classes, inEach: false), classes: classes, size: size)
  }

  /// A file of an image, and the class it shows.
  private struct File {
    let path: String
    let label: Int
    /// Class and name, whatever the folder is called.
    let name: String

    /// Drawn from the name alone.
    var rank: UInt64 {
      get throws { UInt64(try SHA256.of(Array(name.utf8)).prefix(16), radix: 16) ?? 0 }
    }
  }

  /// - Parameter inEach: whether every class has to have images: without, a network would never learn to name it.
  private static func files(in folder: String, classes: [String], inEach: Bool) throws -> [File] {
    var found: [File] = []
    // By the names of this folder: where train writes one in another Unicode form, its name would lead nowhere.
    for name in try self.classes(in: folder) {
      guard let label = classes.firstIndex(of: name) else { continue }
      let classFolder = "\(folder)/\(name)"
      let pictures = try pictures(in: classFolder)
      guard !pictures.isEmpty || !inEach else {
        throw DatasetError(
          .missing, at: classFolder, "no PNG, JPEG or WebP images in it", remedy: "put some there, or remove the folder"
        )
      }
      found += pictures.map { File(path: "\(classFolder)/\($0)", label: label, name: "\(name)/\($0)") }
    }
    guard !found.isEmpty else {
      throw DatasetError(
        .missing, at: folder, "no PNG, JPEG or WebP images in its folders",
        remedy: "put images into a folder for each class")
    }
    return found
  }

  /// The lowest fifth of all ranks is for the test; each class keeps an image to train on, and one image is tested on.
  private static func divided(_ path: String) throws -> (classes: [String], train: [File], test: [File]) {
    let classes = try classes(in: path)
    let files = try files(in: path, classes: classes, inEach: true)
    let ranks = Dictionary(try files.map { ($0.name, try $0.rank) }) { $1 }
    func rank(_ file: File) -> UInt64 { ranks[file.name] ?? 0 }
    let kept = Set(Dictionary(grouping: files, by: \.label).values.compactMap { $0.max { rank($0) < rank($1) }?.name })
    let others = files.filter { !kept.contains($0.name) }
    guard let lowest = others.min(by: { rank($0) < rank($1) }) else {
      throw DatasetError(
        .missing, at: path, "no class has two images", remedy: "give it images to train and to test on")
    }
    let test = others.filter { rank($0) < UInt64.max / 5 || $0.name == lowest.name }
    let tested = Set(test.map(\.name))
    return (classes, files.filter { !tested.contains($0.name) }, test)
  }

  private static func images(_ files: [File], classes: [String], size: Int) throws -> ImageSet {
    guard (1...ImageLimits.side).contains(size) else {
      throw DatasetError(.usage, "images of \(size) × \(size) pixels", remedy: "use a side of 1 to \(ImageLimits.side)")
    }
    var pixels: [UInt8] = []
    pixels.reserveCapacity(files.count * 3 * size * size)
    for file in files { pixels += try ImageDecoder.decode(path: file.path).fitted(toSide: size) }
    return try ImageSet(
      pixels: pixels, labels: files.map { Int32($0.label) }, height: size, width: size,
      classNames: classes.map(\.withoutControls), fileNames: files.map(\.name.withoutControls))
  }
}

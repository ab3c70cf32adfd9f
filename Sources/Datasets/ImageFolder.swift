// A folder of images as a data set: one folder a class, with or without a division into train and test.
// Every image is decoded and fitted once, so that training sees the same bytes as with any other set.

/// Data sets made of PNG, JPEG and WebP files.
public enum ImageFolder {
  /// The share of the images that becomes the test set where the folder has none: one in `testShare`.
  static let testShare = 5

  /// Loads `train/<class>/*.png|jpg|jpeg|webp` and `test/<class>/…`. Where `path` has neither `train` nor `test`, its
  /// own folders are the classes, and the test set is a fifth of the images, drawn evenly from the classes with a
  /// fixed seed. Classes are sorted by name; names starting with a dot and other kinds of files are passed over.
  /// Images are brought to `size` × `size` pixels as `DecodedImage.fitted(toSide:)` does.
  ///
  /// Throws `DatasetError` naming the folder that lacks what is needed, or the image that cannot be read.
  public static func load(from path: String, size: Int = 32) throws -> Dataset {
    guard Files.isFolder(path) else {
      throw DatasetError(.missing, at: path, "no such folder", remedy: "name a folder of images as folder:PATH")
    }
    guard Files.isFolder(path + "/train") || Files.isFolder(path + "/test") else {
      let all = try images(in: path, classes: classes(in: path), size: size, inEach: true)
      guard all.count > 1 else {
        throw DatasetError(.missing, at: path, "one image in all", remedy: "give it images to train and to test on")
      }
      let test = max(1, all.count / testShare)
      let split = try Split.stratified(labels: all.labels, validation: test, seed: 0)
      return Dataset(
        name: "folder", train: try all.subset(split.train), test: try all.subset(split.validation))
    }
    for part in ["train", "test"] where !Files.isFolder("\(path)/\(part)") {
      throw DatasetError(
        .missing, at: "\(path)/\(part)", "no such folder", remedy: "give the data set both train and test, or neither")
    }
    let classes = try classes(in: path + "/train")
    if let unknown = try self.classes(in: path + "/test").first(where: { !classes.contains($0) }) {
      throw DatasetError(
        .invalid, at: "\(path)/test/\(unknown)", "a class without training images", remedy: "add it to train")
    }
    return Dataset(
      name: "folder", train: try images(in: path + "/train", classes: classes, size: size, inEach: true),
      test: try images(in: path + "/test", classes: classes, size: size, inEach: false))
  }

  private static func classes(in folder: String) throws -> [String] {
    let classes = try Files.names(in: folder).filter { Files.isFolder("\(folder)/\($0)") }
    guard !classes.isEmpty else {
      throw DatasetError(.missing, at: folder, "no folders in it", remedy: "make a folder of images for each class")
    }
    return classes
  }

  /// - Parameter inEach: whether every class has to have images: without, a network would never learn to name it.
  private static func images(in folder: String, classes: [String], size: Int, inEach: Bool) throws -> ImageSet {
    var pixels: [UInt8] = []
    var labels: [Int32] = []
    for (label, name) in classes.enumerated() {
      let classFolder = "\(folder)/\(name)"
      guard Files.isFolder(classFolder) else { continue }
      let files = try Files.names(in: classFolder).filter { file in
        ImageDecoder.fileSuffixes.contains { file.lowercased().hasSuffix($0) }
      }
      guard !files.isEmpty || !inEach else {
        throw DatasetError(
          .missing, at: classFolder, "no PNG, JPEG or WebP images in it", remedy: "put some there, or remove the folder"
        )
      }
      for file in files {
        pixels += try ImageDecoder.decode(path: "\(classFolder)/\(file)").fitted(toSide: size)
        labels.append(Int32(label))
      }
    }
    guard !labels.isEmpty else {
      throw DatasetError(
        .missing, at: folder, "no PNG, JPEG or WebP images in its folders",
        remedy: "put images into a folder for each class")
    }
    return try ImageSet(pixels: pixels, labels: labels, height: size, width: size, classNames: classes)
  }
}

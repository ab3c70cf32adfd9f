// What lies in a folder of images and is not learnt from: files in formats that are not read, folders below the
// classes', a validation part. Nobody should find out by counting.

import Formats

extension ImageFolder {
  /// A line for each class folder in which something is passed over, as `photos/cat: 20 files (.heic) are passed over`,
  /// and for a folder of validation images beside `train`. Throws `DatasetError` where a folder cannot be read.
  public static func remarks(on path: String) throws -> [String] {
    let parts = try isDivided(path) ? ["\(path)/train", "\(path)/test"].filter(Files.isFolder) : [path]
    var remarks: [String] = []
    for part in parts {
      for name in try Files.names(in: part) where Files.isFolder("\(part)/\(name)") {
        let others = try Files.names(in: "\(part)/\(name)").filter { !ImageDecoder.reads($0) }
        guard !others.isEmpty else { continue }
        let folders = others.count { Files.isFolder("\(part)/\(name)/\($0)") }
        let suffixes = Set(others.compactMap { other in other.lastIndex(of: ".").map { other[$0...].lowercased() } })
        let kinds = suffixes.isEmpty ? "" : " (\(suffixes.sorted().joined(separator: ", ")))"
        var counts: [String] = []
        if folders < others.count {
          counts.append("\(others.count - folders) file\(others.count - folders == 1 ? "" : "s")\(kinds)")
        }
        if folders > 0 { counts.append("\(folders) folder\(folders == 1 ? "" : "s")") }
        remarks.append(
          "\(part)/\(name): \(counts.joined(separator: " and ")) passed over: images are PNG, JPEG or WebP, in the "
            + "class's folder itself")
      }
    }
    for name in validationNames where try isDivided(path) && Files.isFolder("\(path)/\(name)") {
      remarks.append("\(path)/\(name) is passed over: data.validation holds images of train out")
    }
    return remarks.map(\.withoutControls)
  }

  /// Whether `path` has a folder with an image in it, or such folders in `train`.
  static func hasImages(_ path: String) throws -> Bool {
    let folder = Files.isFolder("\(path)/train") ? "\(path)/train" : path
    return try Files.names(in: folder).contains { name in
      try Files.isFolder("\(folder)/\(name)")
        && Files.names(in: "\(folder)/\(name)").contains(where: ImageDecoder.reads)
    }
  }

  /// What people call a folder of images to choose by.
  static let validationNames = ["val", "valid", "validation"]
}

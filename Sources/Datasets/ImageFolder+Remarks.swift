// What lies in a folder of images and is not learnt from: files in formats that are not read, folders below the
// classes', a validation part. Nobody should find out by counting.
import Formats

extension ImageFolder {
  /// A line for each class folder in which something is passed over, as `photos/cat: 20 files (.heic) passed over`,
  /// and for a folder of validation images beside `train`. Throws `DatasetError` where a folder cannot be read.
  public static func remarks(on path: String) throws -> [String] {
    let isDivided = try isDivided(path)
    let parts = isDivided ? ["\(path)/train", "\(path)/test"].filter(Files.isFolder) : [path]
    var remarks: [String] = []
    for part in parts {
      for name in try folders(in: part) {
        let folders = try folders(in: "\(part)/\(name)")
        let files = try Files.names(in: "\(part)/\(name)").filter { !ImageDecoder.reads($0) && !folders.contains($0) }
        let suffixes = Set(files.compactMap { file in file.lastIndex(of: ".").map { file[$0...].lowercased() } })
        let kinds = suffixes.isEmpty ? "" : " (\(suffixes.sorted().joined(separator: ", ")))"
        let counts = [(files.count, "file", kinds), (folders.count, "folder", "")].filter { $0.0 > 0 }
          .map { "\($0) \($1)\($0 == 1 ? "" : "s")\($2)" }
        guard !counts.isEmpty else { continue }
        remarks.append(
          "\(part)/\(name): \(counts.joined(separator: " and ")) passed over: images are PNG, JPEG or WebP, in the "
            + "class's folder itself")
      }
    }
    for name in validationNames where isDivided && Files.isFolder("\(path)/\(name)") {
      remarks.append("\(path)/\(name) is passed over: data.validation holds images of train out")
    }
    return remarks.map(\.withoutControls)
  }

  /// Whether `path` has a folder with an image in it, or such folders in `train`.
  static func hasImages(_ path: String) throws -> Bool {
    let folder = try Files.isFolder("\(path)/train") && isDivided(path) ? "\(path)/train" : path
    return try folders(in: folder).contains { try !pictures(in: "\(folder)/\($0)").isEmpty }
  }

  /// What people call a folder of images to choose by.
  static let validationNames = ["val", "valid", "validation"]
}

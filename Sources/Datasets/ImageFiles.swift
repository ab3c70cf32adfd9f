// Which files a user means who names files and folders of images, and their bytes,
// also from standard input.
import Foundation

/// Images named on a command line.
public enum ImageFiles {
  /// What stands for standard input.
  public static let standardInput = "-"

  /// The files that `paths` name: a folder stands for the images in it and below it, sorted by path, but for names that
  /// start with a dot; everything else for itself. Throws `DatasetError` where a path names nothing, or a folder without
  /// images.
  public static func expand(_ paths: [String]) throws -> [String] {
    try paths.flatMap { path -> [String] in
      if path == standardInput { return [path] }
      guard Files.exists(path) else {
        throw DatasetError(.missing, at: path, "no such file or folder", remedy: "name images, folders or -")
      }
      guard Files.isFolder(path) else { return [path] }
      let images = try images(in: path, below: [])
      guard !images.isEmpty else {
        throw DatasetError(.missing, at: path, "no PNG, JPEG or WebP images in it", remedy: "name a folder of images")
      }
      return images.sorted()
    }
  }

  /// The images in a folder and below it, also behind links unless these lead back to where they came from. A folder
  /// below that cannot be read stands for itself: who reads it says so, and loses none of the others.
  private static func images(in folder: String, below above: [String]) throws -> [String] {
    if !above.isEmpty, access(folder, R_OK | X_OK) != 0 { return [folder] }
    let place = URL(fileURLWithPath: folder).resolvingSymlinksInPath().path
    guard !above.contains(place) else { return [] }
    return try Files.names(in: folder).flatMap { name in
      let path = folder.hasSuffix("/") ? folder + name : "\(folder)/\(name)"
      if Files.isFolder(path) { return try images(in: path, below: above + [place]) }
      return ImageDecoder.reads(name) ? [path] : []
    }
  }

  /// Decodes the image in the file `path`, or that on standard input. Throws `DatasetError`.
  public static func decode(_ path: String) throws -> DecodedImage {
    guard path == standardInput else { return try ImageDecoder.decode(path: path) }
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 1 << 20)
    while case let part = try standardInput(&buffer), !part.isEmpty {
      bytes += part
      guard bytes.count <= ImageLimits.fileSize else {
        throw DatasetError(.invalid, at: "standard input", "more than \(ImageLimits.fileSize) bytes")
      }
    }
    return try ImageDecoder.decode(bytes: bytes, name: "standard input")
  }

  /// The next bytes of standard input, none at its end; `buffer` is where they are put.
  private static func standardInput(_ buffer: inout [UInt8]) throws -> ArraySlice<UInt8> {
    while true {
      // Another program that has the same terminal or pipe may have asked it not to wait.
      var place = pollfd(fd: STDIN_FILENO, events: Int16(POLLIN), revents: 0)
      poll(&place, 1, -1)
      let count = read(STDIN_FILENO, &buffer, buffer.count)
      if count >= 0 { return buffer[..<count] }
      guard errno == EINTR || errno == EAGAIN else {
        throw DatasetError(.system, at: "standard input", "cannot be read: \(Files.reason())")
      }
    }
  }
}

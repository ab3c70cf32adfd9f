// Files that are replaced whole or not at all: whoever reads the path sees the old bytes or the new ones,
// also after a crash or a full disk.
package import Foundation
import Glibc

/// Whole-file reading and atomic replacement.
package enum AtomicFile {
  /// Replaces the file at `url` with `data`: a temporary file in the same folder, synchronised, renamed over
  /// the old one, and the folder synchronised.
  ///
  /// On an error the old file is untouched and nothing temporary stays behind. A symbolic link is followed, so
  /// the file it names is replaced and the link stays; what is neither missing nor a regular file is refused.
  package static func write(_ data: Data, to url: URL) throws(FileError) {
    let target = url.resolvingSymlinksInPath()
    if let mode = mode(of: target.path), mode != S_IFREG {
      throw FileError(operation: "write", path: url.path, reason: "it is a folder or a device, not a file")
    }
    let folder = target.deletingLastPathComponent()
    let unique = String(UInt64.random(in: .min ... .max), radix: 16)
    let temporary = folder.appendingPathComponent(".\(unique).partial").path
    do throws(FileError) {
      try replace(target.path, with: data, by: temporary)
    } catch {
      throw FileError(operation: error.operation, path: url.path, reason: error.reason)
    }
    try FileDescriptor(opening: folder.path, flags: O_RDONLY | O_DIRECTORY, for: "write").synchronize()
  }

  /// Removes what writers that were killed left in `folder`, in which nobody may be writing now.
  package static func removeRemains(in folder: URL) {
    for name in (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
    where name.hasPrefix(".") && name.hasSuffix(".partial") {
      unlink(folder.appendingPathComponent(name).path)
    }
  }

  /// The bytes of the regular file at `url`; folders, pipes and devices are refused rather than read for ever.
  package static func read(_ url: URL) throws(FileError) -> Data {
    let file = try FileDescriptor(opening: url.path, flags: O_RDONLY | O_NONBLOCK, for: "read")
    let status = try file.status()
    guard status.st_mode & S_IFMT == S_IFREG else {
      throw FileError(operation: "read", path: url.path, reason: "it is a folder or a device, not a file")
    }
    return try file.read(count: Int(status.st_size))
  }

  private static func replace(_ path: String, with data: Data, by temporary: String) throws(FileError) {
    let file = try FileDescriptor(opening: temporary, flags: O_WRONLY | O_CREAT | O_EXCL, for: "write")
    do throws(FileError) {
      try file.write(data)
      try file.synchronize()
      guard rename(temporary, path) == 0 else { throw FileError(operation: "write", path: path, code: errno) }
    } catch {
      unlink(temporary)
      throw error
    }
  }

  private static func mode(of path: String) -> mode_t? {
    var status = stat()
    return stat(path, &status) == 0 ? status.st_mode & S_IFMT : nil
  }
}

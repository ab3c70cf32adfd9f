// Reading through libarchive: one compressed file, or chosen files of a tar archive.
// What is read is bounded by the caller, and names in an archive never become paths.
import CArchive

/// An open archive, or a single file that may be gzipped.
final class Archive {
  enum Kind {
    /// A tar archive, gzipped or not.
    case tar
    /// One stream of bytes, gzipped or not.
    case stream
  }

  struct Entry {
    let name: String
    let isRegularFile: Bool
    let isFolder: Bool
  }

  private let path: String
  private let archive: OpaquePointer
  /// libarchive must not be asked for data where there is no entry.
  private var hasEntry = false

  init(_ path: String, _ kind: Kind) throws {
    guard let archive = archive_read_new() else { throw DatasetError(.system, "libarchive cannot start") }
    self.path = path
    self.archive = archive
    let isReady =
      archive_read_support_filter_gzip(archive) == ARCHIVE_OK
      && (kind == .tar ? archive_read_support_format_tar(archive) : archive_read_support_format_raw(archive))
        == ARCHIVE_OK
    guard isReady, archive_read_open_filename(archive, path, 1 << 16) == ARCHIVE_OK else {
      throw failure()
    }
  }

  deinit { archive_read_free(archive) }

  /// The next entry, or nil at the end.
  func next() throws -> Entry? {
    var entry: OpaquePointer?
    let status = archive_read_next_header(archive, &entry)
    hasEntry = status == ARCHIVE_OK || status == ARCHIVE_WARN
    if status == ARCHIVE_EOF { return nil }
    guard hasEntry, let entry else { throw failure() }
    let name = archive_entry_pathname(entry).map { String(cString: $0) } ?? ""
    let type = UInt32(archive_entry_filetype(entry))
    return Entry(
      name: name, isRegularFile: type == UInt32(S_IFREG) && archive_entry_hardlink(entry) == nil,
      isFolder: type == UInt32(S_IFDIR))
  }

  /// The next bytes of the entry, at most `count`; fewer only at its end, none where there is no entry.
  func read(_ count: Int) throws -> [UInt8] {
    guard hasEntry else { return [] }
    var wentWrong = false
    let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
      while filled < count, let base = buffer.baseAddress {
        let step = archive_read_data(archive, base + filled, count - filled)
        if step < 0 { wentWrong = true }
        if step <= 0 { break }
        filled += step
      }
    }
    if wentWrong { throw failure() }
    return bytes
  }

  private func failure() -> DatasetError {
    let reason = archive_error_string(archive).map { String(cString: $0) } ?? "it cannot be read"
    return DatasetError(.invalid, at: path, "damaged or of another kind: \(reason)", remedy: "fetch the file again")
  }

  /// Writes the regular files of the archive at `path` that are called one of `names`, whatever folder they are in,
  /// into `folder`. All else is passed over, except that a wanted name may occur only once and only as a regular file
  /// of at most `limit` bytes, and that no name may climb out of its folder.
  static func unpack(_ path: String, names: Set<String>, into folder: String, limit: Int) throws {
    let archive = try Archive(path, .tar)
    var seen: Set<String> = []
    while let entry = try archive.next() {
      let parts = entry.name.split(separator: "/")
      let refusal = { (problem: String) in
        DatasetError(.invalid, at: path, "its entry '\(entry.name)' \(problem)", remedy: CIFAR10.remedy)
      }
      guard !entry.name.hasPrefix("/"), !parts.contains("..") else { throw refusal("points out of the archive") }
      guard let name = parts.last.map(String.init), names.contains(name), !entry.isFolder else { continue }
      guard entry.isRegularFile else { throw refusal("is no regular file") }
      guard seen.insert(name).inserted else { throw refusal("occurs twice") }
      let file = try NewFile("\(folder)/\(name)")
      var size = 0
      while case let bytes = try archive.read(1 << 20), !bytes.isEmpty {
        size += bytes.count
        guard size <= limit else { throw refusal("is larger than \(limit) bytes") }
        try bytes.withUnsafeBytes { try file.append($0) }
      }
      try file.close()
    }
  }
}

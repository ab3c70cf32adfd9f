// Reading and writing whole files: sizes known before memory is taken, and nothing visible before it is complete.
// A refusal of the system becomes a DatasetError that names the file.
import Foundation

enum Files {
  static func isFile(_ path: String) -> Bool {
    var status = stat()
    return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
  }

  static func isFolder(_ path: String) -> Bool {
    var status = stat()
    return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
  }

  static func exists(_ path: String) -> Bool {
    var status = stat()
    return lstat(path, &status) == 0
  }

  /// The size in bytes of a regular file.
  static func size(of path: String, remedy: String? = nil) throws -> Int {
    var status = stat()
    guard stat(path, &status) == 0 else {
      throw DatasetError(errno == ENOENT ? .missing : .system, at: path, reason(), remedy: remedy)
    }
    guard status.st_mode & S_IFMT == S_IFREG else {
      throw DatasetError(.invalid, at: path, "not a regular file", remedy: remedy)
    }
    return Int(status.st_size)
  }

  /// The bytes of a regular file of at most `limit` bytes.
  static func bytes(of path: String, limit: Int, remedy: String? = nil) throws -> [UInt8] {
    let size = try size(of: path, remedy: remedy)
    guard size <= limit else {
      throw DatasetError(.invalid, at: path, "\(size) bytes, more than the \(limit) expected at most", remedy: remedy)
    }
    guard let file = fopen(path, "rb") else {
      throw DatasetError(.system, at: path, reason(), remedy: remedy)
    }
    defer { fclose(file) }
    let bytes = [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
      count = buffer.baseAddress.map { fread($0, 1, size, file) } ?? 0
    }
    guard bytes.count == size else {
      throw DatasetError(.system, at: path, "only \(bytes.count) of \(size) bytes could be read", remedy: remedy)
    }
    return bytes
  }

  /// Hands the bytes of a file to `body`, a mebibyte at a time.
  static func forEachChunk(of path: String, _ body: (UnsafeRawBufferPointer) throws -> Void) throws {
    guard let file = fopen(path, "rb") else { throw DatasetError(.system, at: path, reason()) }
    defer { fclose(file) }
    let chunk = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 64)
    defer { chunk.deallocate() }
    while case let count = fread(chunk.baseAddress, 1, chunk.count, file), count > 0 {
      try body(UnsafeRawBufferPointer(rebasing: chunk[..<count]))
    }
    guard ferror(file) == 0 else { throw DatasetError(.system, at: path, reason()) }
  }

  /// Writes a new file through to the disk; it is for folders that are renamed into place afterwards.
  static func write(_ bytes: [UInt8], to path: String) throws {
    let file = try NewFile(path)
    try bytes.withUnsafeBytes { try file.append($0) }
    try file.close()
  }

  /// Makes a folder and those above it.
  static func makeFolder(_ path: String) throws {
    do {
      try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    } catch {
      throw DatasetError(
        .system, at: path, "the folder cannot be made: \(error.localizedDescription)",
        remedy: "choose another by --data or TPSNET_DATA")
    }
  }

  /// Runs `body` on a new hidden folder inside `parent`, which is removed afterwards unless it was renamed.
  static func withTemporaryFolder<Result>(in parent: String, _ body: (String) throws -> Result) throws -> Result {
    let folder = "\(parent)/\(temporaryPrefix)\(UUID().uuidString)"
    try makeFolder(folder)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    return try body(folder)
  }

  /// Renames a folder to a name that is still free, at once and through to the disk.
  static func publish(_ folder: String, as destination: String) throws {
    guard rename(folder, destination) == 0 else {
      throw DatasetError(
        .system, at: destination, "cannot take its place: \(reason())", remedy: "move away what is there")
    }
    let parent = open((destination as NSString).deletingLastPathComponent, O_RDONLY)
    guard parent >= 0 else { return }
    fsync(parent)
    Glibc.close(parent)
  }

  /// The names in a folder that do not start with a dot, sorted.
  static func names(in folder: String) throws -> [String] {
    let names: [String]
    do {
      names = try FileManager.default.contentsOfDirectory(atPath: folder).filter { !$0.hasPrefix(".") }.sorted()
    } catch {
      throw DatasetError(.system, at: folder, "the folder cannot be read")
    }
    // What Foundation cannot read in a name it replaces, and nothing is there under that name.
    if let name = names.first(where: { $0.contains("\u{FFFD}") && access("\(folder)/\($0)", F_OK) != 0 }) {
      throw DatasetError(.invalid, at: "\(folder)/\(name)", "a name that is not UTF-8", remedy: "rename it")
    }
    return names
  }

  /// The system's words for the last failure.
  static func reason() -> String {
    strerror(errno).map { String(cString: $0) } ?? "error \(errno)"
  }
}

/// A file being written, flushed to the disk when closed.
final class NewFile {
  private let path: String
  private var file: UnsafeMutablePointer<FILE>?

  /// Opens a file: emptied, or at its end when `appending`.
  init(_ path: String, appending: Bool = false) throws {
    self.path = path
    file = fopen(path, appending ? "ab" : "wb")
    if file == nil { throw failure() }
  }

  deinit {
    if let file { fclose(file) }
  }

  func append(_ bytes: UnsafeRawBufferPointer) throws {
    guard let file, let base = bytes.baseAddress, !bytes.isEmpty else { return }
    guard fwrite(base, 1, bytes.count, file) == bytes.count else { throw failure() }
  }

  func close() throws {
    guard let file else { return }
    self.file = nil
    let flushed = fflush(file) == 0 && fsync(fileno(file)) == 0
    guard fclose(file) == 0, flushed else { throw failure() }
  }

  private func failure() -> DatasetError {
    DatasetError(
      .system, at: path, "cannot be written: \(Files.reason())", remedy: "free space or choose another --data")
  }
}

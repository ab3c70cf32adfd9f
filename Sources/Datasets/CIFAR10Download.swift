// CIFAR-10 from the network: fetched to a .part file that a later run continues, checked, then unpacked and
// put into place by the same steps as an import.
public import Foundation

/// How far a download is.
public struct DownloadProgress: Equatable, Sendable {
  /// Bytes that are on the disk, those of earlier runs included.
  public let receivedBytes: Int
  /// Bytes of the whole file.
  public let totalBytes: Int
}

/// Fetching CIFAR-10.
public enum CIFAR10Download {
  /// The address of the official binary archive.
  public static let officialAddress = "https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz"

  /// What to fetch, and what it must turn out to be.
  package struct Source: Sendable {
    package let address: String
    package let size: Int
    package let sha256: String
    package let reference: CIFAR10Reference

    package init(address: String, size: Int, sha256: String, reference: CIFAR10Reference) {
      self.address = address
      self.size = size
      self.sha256 = sha256
      self.reference = reference
    }
  }

  /// Fetches the official binary archive (170,052,171 bytes) into `directory`, checks its SHA-256, and unpacks it to
  /// `cifar-10-batches-bin` there. `$TPSNET_DATA_URL` names another server: the archive's address, or the folder it is
  /// in. An interrupted download is continued by the next call. Blocks until done; `progress` is called now and then
  /// from another thread. Returns the report of the data; where genuine data is there already, nothing is fetched.
  ///
  /// Throws `DatasetError` where the server cannot be reached, what it sends is not the archive, or the data cannot be
  /// written.
  @discardableResult
  public static func run(
    into directory: DataDirectory, environment: [String: String] = ProcessInfo.processInfo.environment,
    progress: @escaping @Sendable (DownloadProgress) -> Void = { _ in }
  ) throws -> DataReport {
    try run(official(environment), into: directory, progress: progress)
  }

  /// The official archive.
  package static func official(_ environment: [String: String]) -> Source {
    Source(
      address: address(environment), size: 170_052_171,
      sha256: "c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd", reference: .official)
  }

  /// The address to fetch from.
  package static func address(_ environment: [String: String]) -> String {
    guard let mirror = environment["TPSNET_DATA_URL"], !mirror.isEmpty else { return officialAddress }
    let path = URL(string: mirror)?.path ?? mirror
    if path.hasSuffix(".gz") || path.hasSuffix(".tgz") { return mirror }
    return mirror + (mirror.hasSuffix("/") ? "" : "/") + "cifar-10-binary.tar.gz"
  }

  @discardableResult
  package static func run(
    _ source: Source, into directory: DataDirectory, progress: @escaping @Sendable (DownloadProgress) -> Void
  ) throws -> DataReport {
    try DataImport.unlessPresent(in: directory, inAnyLayout: true, reference: source.reference) {
      try fetchAndInstall(source, into: directory, progress: progress)
    }
  }

  private static func fetchAndInstall(
    _ source: Source, into directory: DataDirectory, progress: @escaping @Sendable (DownloadProgress) -> Void
  ) throws -> DataReport {
    let part = directory.path + "/cifar-10-binary.tar.gz.part"
    try fetch(source, to: part, progress: progress)
    let found = try SHA256.ofFile(part)
    guard found == source.sha256 else {
      try? FileManager.default.removeItem(atPath: part)
      throw DatasetError(
        .invalid, at: source.address, "what was received has SHA-256 \(found) instead of \(source.sha256)",
        remedy: "try again, or set TPSNET_DATA_URL to a server that has the official archive")
    }
    let report = try Files.withTemporaryFolder(in: directory.path) { folder in
      try Archive.unpack(part, names: Set(CIFAR10.Layout.binary.fileNames), into: folder, limit: DataImport.fileLimit)
      return try DataImport.install(DataDirectory(path: folder), into: directory, reference: source.reference)
    }
    try? FileManager.default.removeItem(atPath: part)
    return report
  }

  /// Bytes that make another attempt worth while.
  private static let leastProgress = 1 << 20

  /// Completes the file at `part`.
  private static func fetch(
    _ source: Source, to part: String, progress: @escaping @Sendable (DownloadProgress) -> Void
  ) throws {
    guard let url = URL(string: source.address), ["http", "https"].contains(url.scheme?.lowercased()), url.host != nil
    else {
      throw DatasetError(
        .usage, at: source.address, "not an http or https address",
        remedy: "correct TPSNET_DATA_URL; for a local archive run `tpsnet data import`")
    }
    func present() throws -> Int { Files.isFile(part) ? try Files.size(of: part) : 0 }
    // Not a part of this archive.
    if try present() > source.size { try? FileManager.default.removeItem(atPath: part) }
    while case let offset = try present(), offset != source.size {
      do {
        try Transfer(url: url, path: part, offset: offset, size: source.size, progress: progress).run()
      } catch let error as DatasetError where error.kind == .network {
        // A connection that brought much before it broke is taken up again.
        guard try present() >= offset + leastProgress else { throw error }
      }
    }
  }
}

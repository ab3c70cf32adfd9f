// A copy of CIFAR-10 that lies elsewhere, brought into the data directory in the official binary layout.
// It is checked first, and appears in its place complete or not at all.

/// Bringing in CIFAR-10 from a folder or an archive.
public enum DataImport {
  /// The largest file of CIFAR-10, with room to spare for copies divided otherwise.
  static let fileLimit = 256 << 20

  /// Takes CIFAR-10 from `source`, a folder or a (gzipped) tar archive in either layout, checks that its images are
  /// CIFAR-10's, and writes them to `cifar-10-batches-bin` in `directory`. Returns the report of what was written; where
  /// genuine data is there already in that layout, nothing is written and its report is returned. Throws `DatasetError`
  /// where the source is missing, unreadable or not CIFAR-10, or where the place is taken by something else.
  @discardableResult
  public static func run(from source: String, into directory: DataDirectory) throws -> DataReport {
    try run(from: source, into: directory, reference: .official)
  }

  @discardableResult
  package static func run(
    from source: String, into directory: DataDirectory, reference: CIFAR10Reference, fileLimit: Int = fileLimit
  ) throws -> DataReport {
    guard Files.isFolder(source) || Files.isFile(source) else {
      throw DatasetError(
        .missing, at: source, "no such folder or archive", remedy: "name a folder or .tar.gz that has CIFAR-10")
    }
    return try unlessPresent(in: directory, reference: reference) {
      try bring(DataDirectory(path: source), into: directory, reference: reference, fileLimit: fileLimit)
    }
  }

  private static func bring(
    _ source: DataDirectory, into directory: DataDirectory, reference: CIFAR10Reference, fileLimit: Int
  ) throws -> DataReport {
    if Files.isFolder(source.path) { return try install(source, into: directory, reference: reference) }
    return try Files.withTemporaryFolder(in: directory.path) { folder in
      let names = Set(CIFAR10.Layout.allCases.flatMap(\.fileNames))
      try Archive.unpack(source.path, names: names, into: folder, limit: fileLimit)
      guard CIFAR10.Layout.allCases.contains(where: { CIFAR10Folder(path: folder, layout: $0).presentFiles > 0 }) else {
        throw DatasetError(
          .invalid, at: source.path, "no file of CIFAR-10 in it", remedy: "name an archive that has CIFAR-10")
      }
      return try install(DataDirectory(path: folder), into: directory, reference: reference)
    }
  }

  /// The report of genuine data already in `directory`, binary unless `inAnyLayout`, or else of what `bring` puts there,
  /// one process at a time.
  static func unlessPresent(
    in directory: DataDirectory, inAnyLayout: Bool = false, reference: CIFAR10Reference,
    _ bring: () throws -> DataReport
  ) throws -> DataReport {
    func found() throws -> DataReport? {
      if inAnyLayout, let report = try? DataVerification.verify(directory, against: reference), report.isGenuine {
        return report
      }
      return try presentReport(in: directory, reference: reference)
    }
    // Before anything is written: data that is there may be read-only.
    if let present = try found() {
      Files.sweep(directory.path)
      return present
    }
    return try Files.withLock(on: directory.path) {
      try found() ?? bring()
    }
  }

  /// The report of genuine binary data already in `directory`, nil where there is none and its place is free.
  private static func presentReport(in directory: DataDirectory, reference: CIFAR10Reference) throws -> DataReport? {
    for path in [directory.path, directory.binaryFolder]
    where CIFAR10Folder(path: path, layout: .binary).presentFiles == CIFAR10.batchNames.count {
      let report = try? DataVerification.verify(DataDirectory(path: path), against: reference)
      if let report, report.isGenuine { return report }
    }
    guard !Files.exists(directory.binaryFolder) else {
      throw DatasetError(
        .invalid, at: directory.binaryFolder, "exists, but is not CIFAR-10", remedy: "move it away and try again")
    }
    return nil
  }

  /// Checks the data in `source` and writes it as binary files to its place in `directory`.
  static func install(
    _ source: DataDirectory, into directory: DataDirectory, reference: CIFAR10Reference
  ) throws -> DataReport {
    let folder = try source.cifar10()
    let found = try DataVerification.verify(source, against: reference)
    guard found.isGenuine else {
      throw DatasetError(
        .invalid, at: folder.path, "its \(found.train.images) + \(found.test.images) images are not CIFAR-10's",
        remedy: "fetch the copy again")
    }
    let classNames = try folder.classNames()
    try Files.withTemporaryFolder(in: directory.path) { temporary in
      for name in CIFAR10.batchNames {
        try Files.write(folder.batch(named: name).records, to: "\(temporary)/\(name).bin")
      }
      let meta = classNames.joined(separator: "\n") + "\n"
      try Files.write(Array(meta.utf8), to: "\(temporary)/\(CIFAR10.Layout.binary.metaName)")
      try Files.publish(temporary, as: directory.binaryFolder)
    }
    return try DataVerification.verify(DataDirectory(path: directory.binaryFolder), against: reference)
  }
}

// One process at a time brings data into a folder: two would write into one another's half-done files.
// The system lets go of the lock when the process ends, however it ends.
import Foundation

extension Files {
  /// How the names of folders begin that are there for a while; a UUID follows.
  static let temporaryPrefix = ".tpsnet-"

  /// Makes `folder` where it is missing (and removes it again if nothing comes of it), and runs `body` while no other
  /// process brings data into it. Throws `DatasetError` where another has the folder.
  static func withLock<Result>(on folder: String, _ body: () throws -> Result) throws -> Result {
    let isNew = !exists(folder)
    try makeFolder(folder)
    do {
      return try locked(folder, body)
    } catch {
      if isNew { rmdir(folder) }  // Which refuses where there is anything in it.
      throw error
    }
  }

  /// Removes what interrupted processes left in `folder`, where nobody is at work in it and it can be written.
  static func sweep(_ folder: String) { try? locked(folder) {} }

  private static func locked<Result>(_ folder: String, _ body: () throws -> Result) throws -> Result {
    let descriptor = open(folder, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw DatasetError(.system, at: folder, "cannot be opened: \(reason())") }
    defer { close(descriptor) }
    // File systems without locks are trusted to their user.
    if flock(descriptor, LOCK_EX | LOCK_NB) != 0, errno == EWOULDBLOCK {
      throw DatasetError(
        .system, at: folder, "another process is bringing data into it",
        remedy: "wait for its end, or choose another --data")
    }
    removeRemains(in: folder)
    return try body()
  }

  /// Removes what processes that were killed left half done an hour ago or more: of what is younger, another machine
  /// that shares the folder may still make something.
  private static func removeRemains(in folder: String) {
    for name in (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    where name.hasPrefix(temporaryPrefix) && UUID(uuidString: String(name.dropFirst(temporaryPrefix.count))) != nil {
      let path = folder + "/" + name
      var status = stat()
      guard stat(path, &status) == 0, time(nil) - status.st_mtim.tv_sec > 3600 else { continue }
      try? FileManager.default.removeItem(atPath: path)
    }
  }
}

// A folder for a test, and a file system so small that it can be filled.
// Both are gone when the last reference to them goes.
public import Foundation

/// Where tests make their folders: in memory where a gibibyte is free, because writing through to a disk is most of the
/// time of a training run that takes a moment.
private let temporaryPlace: URL = {
  let memory = "/dev/shm"
  var status = statvfs()
  let room = statvfs(memory, &status) == 0 ? UInt64(status.f_bavail) * UInt64(status.f_frsize) : 0
  return room > 1 << 30 && access(memory, W_OK) == 0
    ? URL(fileURLWithPath: memory) : FileManager.default.temporaryDirectory
}()

/// A new empty folder, removed with what is in it.
public final class TemporaryFolder: Sendable {
  /// Where it is.
  public let url: URL

  /// Makes the folder.
  public init() throws {
    url = temporaryPlace.appendingPathComponent("tpsnet-tests-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
  }

  deinit { remove() }

  /// Removes it now.
  public func remove() { try? FileManager.default.removeItem(at: url) }

  /// The path of what is called `name` in it.
  public func path(_ name: String) -> String { url.appendingPathComponent(name).path }

  /// Writes a file, with the folders that it is in, and returns its path.
  public func write(_ name: String, _ data: Data) throws -> String {
    let file = url.appendingPathComponent(name)
    try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
    try data.write(to: file)
    return file.path
  }
}

/// A mounted file system in memory, which only root can have.
public final class SmallDisk {
  private let folder: TemporaryFolder
  /// Where it is mounted.
  public var path: String { folder.url.path }
  private var filler: String { path + "/filler" }

  /// Whether there can be one.
  public static let isPossible = (try? SmallDisk(megabytes: 1)) != nil

  /// Nil where nothing can be mounted.
  public init?(megabytes: Int) throws {
    folder = try TemporaryFolder()
    guard geteuid() == 0, mount("tmpfs", folder.url.path, "tmpfs", 0, "size=\(megabytes)m") == 0 else { return nil }
  }

  deinit { umount2(folder.url.path, Int32(MNT_DETACH)) }

  /// Takes all the room that there is.
  public func fill() {
    let file = open(filler, O_WRONLY | O_CREAT | O_APPEND, 0o600)
    defer { close(file) }
    let page = [UInt8](repeating: 0, count: 4096)
    while write(file, page, page.count) > 0 {}
  }

  /// Gives the room back that `fill` took.
  public func clear() { unlink(filler) }

  /// Allows no more writing.
  public func makeReadOnly() -> Bool {
    mount("tmpfs", path, "tmpfs", UInt(MS_REMOUNT | MS_RDONLY), nil) == 0
  }
}

/// The program `name` that was built beside the running tests; nil where it is not there.
public func builtProgram(_ name: String) -> URL? {
  let tests = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
  var folders = [tests.deletingLastPathComponent()]
  for argument in CommandLine.arguments {
    folders.append(URL(fileURLWithPath: argument).resolvingSymlinksInPath().deletingLastPathComponent())
  }
  return folders.map { $0.appendingPathComponent(name) }.first { FileManager.default.isExecutableFile(atPath: $0.path) }
}

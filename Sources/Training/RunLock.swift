// One process at a time writes a run: two that resume the same one would mix their checkpoints.
// The system lets go of the lock when the process ends, however it ends.
import Formats
import Foundation

/// Held by the trainer of a run for as long as it lives.
final class RunLock {
  private let descriptor: Int32

  /// Throws `ConfigurationError` where another trainer has the run, and `FileError` where nothing can be written.
  init(_ run: RunDirectory) throws {
    let folder = run.url.appendingPathComponent("checkpoints")
    let path = folder.appendingPathComponent(".lock").path
    descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o666)
    guard descriptor >= 0 else { throw FileError(operation: "write", path: path, code: errno) }
    // File systems without locks are trusted to their user.
    if flock(descriptor, LOCK_EX | LOCK_NB) != 0, errno == EWOULDBLOCK {
      throw ConfigurationError(
        "run \(run.url.path) is being trained by another trainer: wait for its end, or choose another name")
    }
    for place in [folder, run.url] { AtomicFile.removeRemains(in: place) }
  }

  deinit { close(descriptor) }
}

// An open file as a value that closes itself: the few system calls that reading and atomic writing need,
// repeated when interrupted and turned into typed errors.
import Foundation
import Glibc

/// An open file or folder, closed when the value goes.
struct FileDescriptor: ~Copyable {
  private let number: Int32
  private let path: String

  /// Opens `path` with the flags of open(2); created files get 0666 less the process's mask.
  init(opening path: String, flags: Int32, for operation: String) throws(FileError) {
    var number: Int32
    repeat { number = open(path, flags | O_CLOEXEC, 0o666) } while number < 0 && errno == EINTR
    guard number >= 0 else { throw FileError(operation: operation, path: path, code: errno) }
    self.number = number
    self.path = path
  }

  deinit { close(number) }

  /// What fstat(2) tells of the file.
  func status() throws(FileError) -> stat {
    var status = stat()
    guard fstat(number, &status) == 0 else { throw FileError(operation: "examine", path: path, code: errno) }
    return status
  }

  /// Reads up to `count` bytes; fewer where the file ends. A size beyond the memory is an error, not a trap.
  func read(count: Int) throws(FileError) -> Data {
    guard count > 0 else { return Data() }
    // Where the kernel promises memory that it does not have, malloc would succeed.
    guard count <= sysconf(Int32(_SC_PHYS_PAGES)) * sysconf(Int32(_SC_PAGESIZE)), let memory = malloc(count) else {
      throw FileError(operation: "read", path: path, code: ENOMEM)
    }
    var filled = 0
    while filled < count {
      let got = Glibc.read(number, memory + filled, count - filled)
      if got > 0 {
        filled += got
      } else if got == 0 {
        break
      } else if errno != EINTR {
        let code = errno
        free(memory)
        throw FileError(operation: "read", path: path, code: code)
      }
    }
    return Data(bytesNoCopy: memory, count: filled, deallocator: .free)
  }

  /// Writes all of `data`.
  func write(_ data: Data) throws(FileError) {
    var code: Int32 = 0
    data.withUnsafeBytes { buffer in
      var written = 0
      while written < buffer.count {
        let put = Glibc.write(number, buffer.baseAddress?.advanced(by: written), buffer.count - written)
        if put >= 0 {
          written += put
        } else if errno != EINTR {
          code = errno
          break
        }
      }
    }
    guard code == 0 else { throw FileError(operation: "write", path: path, code: code) }
  }

  /// Waits until what was written is on the disk; file systems that cannot tell are taken at their word.
  func synchronize() throws(FileError) {
    guard fsync(number) != 0, errno != EINVAL, errno != ENOTSUP else { return }
    throw FileError(operation: "write", path: path, code: errno)
  }
}

// A file that a command writes on request must not be one that it has just read:
// weights or a picture would be gone for a slip of the hand.
import Foundation
import Training

enum OutputFile {
  /// Throws `ConfigurationError` where `path`, the value of `option`, is one of `inputs`, under whatever name.
  static func demand(_ option: String, _ path: String, isNoneOf inputs: [URL]) throws {
    guard let output = identity(path) else { return }
    for input in inputs where identity(input.path) == output {
      throw ConfigurationError("\(option) \(path) would overwrite \(input.relativePath): name another file")
    }
  }

  /// The files that make a run, its page apart, which is written anew.
  static func files(of run: RunDirectory) -> [URL] {
    [run.configuration, run.metrics, run.summary, run.bestWeights, run.lastWeights, run.state]
  }

  /// What the system knows a file by; nil where there is none.
  private static func identity(_ path: String) -> [UInt64]? {
    var status = stat()
    guard stat(path, &status) == 0 else { return nil }
    return [UInt64(status.st_dev), UInt64(status.st_ino)]
  }
}

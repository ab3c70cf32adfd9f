// A folder with a small data set in CIFAR-10's binary layout and a tiny configuration,
// and a run in it that several tests look at.
import Foundation
import Randomness
import TestSupport
import Testing

/// Data, a configuration and a folder of runs.
final class Workspace: Sendable {
  let folder: TemporaryFolder
  let data: String
  let configuration: String
  let runs: String

  /// Six files of `imagesPerFile` images.
  init(imagesPerFile: Int = 20) throws {
    folder = try TemporaryFolder()
    let files = imagesPerFile == 20 ? Self.twentyEach : Self.files(of: imagesPerFile)
    for (name, bytes) in files { _ = try folder.write("data/cifar-10-batches-bin/\(name).bin", bytes) }
    data = folder.path("data")
    runs = folder.path("runs")
    configuration = try folder.write(
      "tiny.yaml",
      Data(
        """
        model:
          stem: { channels: 4 }
          layers:
            - { blocks: 1, channels: 4, stride: 2 }
            - { blocks: 1, channels: 8, stride: 2 }
          pool: 8
        data: { validation: 20 }
        training: { epochs: 2, batchSize: 16, threads: 1, seed: 5, ema: 0.5 }
        """.utf8))
  }

  private static let twentyEach = files(of: 20)

  /// Six files of so many images, of which the first class's are brightest at the top.
  private static func files(of images: Int) -> [(name: String, bytes: Data)] {
    ((1...5).map { "data_batch_\($0)" } + ["test_batch"]).enumerated().map { file, name in
      var random = CounterRandom(seed: 3, UInt64(file))
      var bytes = Data()
      for image in 0..<images {
        let label = image % 10
        bytes.append(UInt8(label))
        for index in 0..<3072 {
          bytes.append(UInt8(random.integer(below: 150) + (index % 1024 / 103 == label ? 100 : 0)))
        }
      }
      return (name, bytes)
    }
  }

  /// The arguments of a training run called `name`.
  func training(_ name: String, _ more: String...) -> [String] {
    ["train", "--config", configuration, "--data", data, "--runs", runs, "--name", name] + more
  }

  /// The arguments that go on with the run called `name`.
  func resuming(_ name: String) -> [String] { ["train", "--resume", name, "--data", data, "--runs", runs] }

  /// Where the run called `name` has `file`.
  func file(_ name: String, _ file: String) -> URL {
    URL(fileURLWithPath: runs).appendingPathComponent("\(name)/\(file)")
  }

  /// One workspace for all tests that only read the run `shared` in it, in single precision, and that run's outcome.
  static let shared: Result<(workspace: Workspace, outcome: Outcome), any Error> = Result {
    let workspace = try Workspace()
    // What is static never goes of itself.
    atexit { if let folder = try? Workspace.shared.get().workspace.folder { folder.remove() } }
    return (workspace: workspace, outcome: try tpsnet(workspace.training("shared", "--precision", "fp32")))
  }
}

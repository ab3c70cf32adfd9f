// Signals and kills at any moment: the exit code, the checkpoint,
// and after all resumptions the same bytes as without an interruption.
import Formats
import Foundation
import Randomness
import Testing

@Suite(.serialized) struct InterruptionTests {
  let workspace: Workspace

  init() throws { workspace = try Workspace() }

  private static let weights = "checkpoints/last.safetensors"

  /// A run long enough to be met in the middle of an epoch: 80 images one by one or in pairs.
  private func training(_ name: String, epochs: Int, checkpointSeconds: Double) -> [String] {
    workspace.training(
      name, "--epochs", "\(epochs)", "--batch-size", "2", "--set", "training.checkpointSeconds=\(checkpointSeconds)",
      "--set", "model.dropout=0.2", "--set", "training.evaluateEvery=5")
  }

  private func expectSameWeights(_ one: String, _ other: String) throws {
    for file in [Self.weights, "checkpoints/best.safetensors"] {
      let first = try Data(contentsOf: workspace.file(one, file))
      #expect(try Data(contentsOf: workspace.file(other, file)) == first, "\(file)")
    }
  }

  @Test(arguments: [SIGINT, SIGTERM]) func aSignalEndsARunThatCanGoOn(signal: Int32) throws {
    let expected = try tpsnet(training("whole", epochs: 60, checkpointSeconds: 3600))
    #expect(expected.code == 0, "\(expected.errors)")
    let program = try Program(training("cut", epochs: 60, checkpointSeconds: 3600))
    program.wait(for: workspace.file("cut", "metrics.csv"))
    program.send(signal)
    let outcome = try program.outcome()
    #expect(outcome.code == 130 && outcome.output.isEmpty, "\(outcome.errors)")
    #expect(outcome.errorLines.last?.hasPrefix("interrupted after ") == true)
    #expect(outcome.errorLines.last?.contains("tpsnet train --resume ") == true)
    let notes = try SafetensorsFile(contentsOf: workspace.file("cut", Self.weights)).metadata
    let step = try #require(Int(notes["step"] ?? ""))
    #expect((40..<2400).contains(step))
    #expect(!FileManager.default.fileExists(atPath: workspace.file("cut", "summary.json").path))

    let rest = try tpsnet(workspace.resuming("cut"))
    #expect(rest.code == 0 && rest.errors.contains("resumed after step \(step)\n"), "\(rest.errors)")
    try expectSameWeights("cut", "whole")
    let lines = expected.output.split(separator: "\n")
    #expect(rest.output.split(separator: "\n").dropFirst().first == lines.dropFirst().first)
    let again = try tpsnet(workspace.resuming("cut"))
    #expect(again.code == 0 && again.output == rest.output && again.errors.contains("is finished"))
  }

  @Test func killsChangeNothing() throws {
    let epochs = 60
    let start = ContinuousClock.now
    let expected = try tpsnet(training("whole", epochs: epochs, checkpointSeconds: 0.1))
    let seconds = (ContinuousClock.now - start) / .seconds(1)
    #expect(expected.code == 0, "\(expected.errors)")

    let seed = UInt64.random(in: 0..<1_000_000)
    var random = CounterRandom(seed: seed)
    var kills: [Double] = []
    var attempts = 0
    var isFinished = false
    while !isFinished, attempts < 40 {
      let exists = FileManager.default.fileExists(atPath: workspace.file("killed", "config.yaml").path)
      let program = try Program(
        exists
          ? workspace.resuming("killed")
          : training("killed", epochs: epochs, checkpointSeconds: 0.1))
      attempts += 1
      if kills.count < 5 {
        let delay = 0.05 + Double(random.uniform()) * seconds / 4
        let end = ContinuousClock.now + .seconds(delay)
        program.wait { ContinuousClock.now >= end }
        if program.isRunning {
          program.send(SIGKILL)
          kills.append(delay)
        }
      }
      let outcome = try program.outcome()
      isFinished = outcome.code == 0
      #expect(isFinished || outcome.code == nil, "seed \(seed), kills \(kills): \(outcome.errors)")
    }
    print("killed after \(kills) s (seed \(seed)) of a run of \(seconds) s")
    #expect(isFinished && kills.count >= 3, "seed \(seed), kills \(kills)")
    try expectSameWeights("killed", "whole")
    let files = try FileManager.default.contentsOfDirectory(atPath: workspace.file("killed", "").path)
    #expect(files.contains("summary.json"))
  }

  @Test func aRunHasOneTrainer() throws {
    let program = try Program(training("one", epochs: 3000, checkpointSeconds: 3600))
    program.wait(for: workspace.file("one", "metrics.csv"))
    let other = try tpsnet(workspace.resuming("one"))
    #expect(other.code == 2 && other.errorLines.count == 1 && other.output.isEmpty)
    #expect(other.errors.contains("one is being trained by another trainer"))
    program.send(SIGKILL)
    #expect(try program.outcome().code == nil)
    let rest = try Program(workspace.resuming("one"))
    rest.wait(forError: "training images")
    rest.send(SIGINT)
    #expect(try rest.outcome().code == 130)
  }

  /// As `timeout` and Slurm send them.
  @Test func twoSignalsAtOnceAreOneWish() throws {
    let program = try Program(training("both", epochs: 3000, checkpointSeconds: 3600))
    program.wait(for: workspace.file("both", "metrics.csv"))
    for signal in [SIGSTOP, SIGINT, SIGTERM, SIGHUP, SIGCONT] { program.send(signal) }
    let outcome = try program.outcome()
    #expect(outcome.code == 130 && outcome.errors.contains("interrupted after"), "\(outcome.errors)")
  }

  /// Threads are scheduled as they like, hence the attempts: were the second ignored, all would write a checkpoint.
  @Test func aSecondSignalEndsAtOnce() throws {
    var hasEndedAtOnce = false
    for attempt in 0..<24 where !hasEndedAtOnce {
      let program = try Program(training("twice-\(attempt)", epochs: 3000, checkpointSeconds: 3600))
      program.wait(for: workspace.file("twice-\(attempt)", "metrics.csv"))
      // What comes with the first is no second one. Stopped between the two, where that meets it between signal and
      // checkpoint, the run does not end by itself meanwhile.
      program.send(SIGINT)
      usleep(UInt32(500 << (attempt % 6)))
      program.send(SIGSTOP)
      usleep(400_000)
      program.send(SIGTERM)
      program.send(SIGCONT)
      let outcome = try program.outcome()
      #expect(outcome.code == 130, "\(outcome.errors)")
      hasEndedAtOnce = !outcome.errors.contains("interrupted after")
      #expect(try tpsnet("summary", "--weights", workspace.file("twice-\(attempt)", Self.weights).path).code == 0)
    }
    #expect(hasEndedAtOnce)
  }
}

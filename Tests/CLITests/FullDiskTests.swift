// A disk that fills while a network trains: the error, and a run that goes on once there is room again.
// It needs a small file system of its own, which only root can mount.
import Foundation
import TestSupport
import Testing

@Suite struct FullDiskTests {
  let workspace: Workspace

  init() throws { workspace = try Workspace() }

  @Test(.enabled(if: SmallDisk.isPossible, "only root can mount a small file system")) func aFullDiskLosesNothing()
    throws
  {
    let disk = try #require(try SmallDisk(megabytes: 1))
    let settings = ["--epochs", "40", "--batch-size", "4", "--set", "training.checkpointSeconds=0"]
    #expect(try tpsnet(workspace.training("whole") + settings).code == 0)

    let arguments = [
      "train", "--config", workspace.configuration, "--data", workspace.data, "--runs", disk.path, "--name", "full",
    ]
    let run = URL(fileURLWithPath: disk.path).appendingPathComponent("full")
    let program = try Program(arguments + settings)
    program.wait(for: run.appendingPathComponent("metrics.csv"))
    program.wait {
      disk.fill()
      return false
    }
    let outcome = try program.outcome()
    #expect(outcome.code == 1 && outcome.output.isEmpty, "\(outcome.errors)")
    let message = String(outcome.errorLines.last ?? "")
    #expect(
      message.hasPrefix("tpsnet: cannot write \(run.path)/") && message.hasSuffix("No space left on device"),
      "\(message)")
    #expect(
      outcome.errors.contains("the last checkpoint stays; ") && outcome.errors.contains("train --resume \(run.path)"))
    #expect(
      try tpsnet("summary", "--weights", run.appendingPathComponent("checkpoints/last.safetensors").path).code == 0)

    let resume = ["train", "--resume", run.path, "--data", workspace.data]
    #expect(try tpsnet(resume).code == 1)
    disk.clear()
    let rest = try tpsnet(resume)
    #expect(rest.code == 0, "\(rest.errors)")
    let weights = "checkpoints/last.safetensors"
    #expect(
      try Data(contentsOf: run.appendingPathComponent(weights)) == Data(contentsOf: workspace.file("whole", weights)))
  }

  @Test(.enabled(if: SmallDisk.isPossible, "only root can mount a small file system")) func aReadOnlyDiskIsNamed()
    throws
  {
    let disk = try #require(try SmallDisk(megabytes: 1))
    try #require(disk.makeReadOnly())
    let outcome = try tpsnet(
      "train", "--config", workspace.configuration, "--data", workspace.data, "--runs", disk.path, "--name", "a")
    #expect(outcome.code == 1 && outcome.output.isEmpty)
    #expect(outcome.errorLines.last?.contains("\(disk.path)/a: Read-only file system") == true, "\(outcome.errors)")
  }
}

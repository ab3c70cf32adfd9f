// A search whose disk fills up, or cannot be written: it ends with the reason,
// and goes on where it was once there is room.
import Foundation
import Search
import TestSupport
import Testing

@Suite struct SearchDiskTests {
  let data: Workspace

  init() throws { data = try Workspace() }

  @Test(.enabled(if: SmallDisk.isPossible, "only root can mount a small file system")) func aFullDiskLosesNoTrial()
    throws
  {
    let disk = try #require(try SmallDisk(megabytes: 1))
    let settings = ["--pruner", "none", "--epochs", "50"]
    let quiet = try SearchWorkspace(data: data)
    #expect(try tpsnet(quiet.arguments(trials: 3) + settings).code == 0)

    let workspace = try SearchWorkspace(data: data, folder: URL(fileURLWithPath: disk.path))
    let program = try Program(workspace.arguments(trials: 3) + settings)
    program.wait { (try? workspace.trials().contains { $0.intermediateValues.count > 2 }) == true }
    program.wait {
      disk.fill()
      return false
    }
    let outcome = try program.outcome()
    #expect(outcome.code == 1, "\(outcome.errors)")
    // The log is on the full disk, too.
    let reason = outcome.errorLines.last ?? ""
    #expect(reason.contains("No space left on device") || reason.contains("is there room"), "\(outcome.errors)")
    #expect(try workspace.trials().allSatisfy { $0.state == .waiting || $0.state == .complete })
    disk.clear()
    let rest = try tpsnet(workspace.arguments(trials: 3) + settings)
    #expect(rest.code == 0, "\(rest.errors)")
    #expect(try workspace.trials().map(\.intermediateValues) == quiet.trials().map(\.intermediateValues))
    for number in 0..<3 { #expect(try workspace.weights(number) == quiet.weights(number)) }
  }

  @Test(.enabled(if: SmallDisk.isPossible, "only root can mount a small file system")) func aReadOnlyFolderIsNamed()
    throws
  {
    let disk = try #require(try SmallDisk(megabytes: 1))
    let workspace = try SearchWorkspace(data: data, folder: URL(fileURLWithPath: disk.path))
    try #require(disk.makeReadOnly())
    let outcome = try tpsnet(workspace.arguments(trials: 1) + ["--pruner", "none"])
    #expect(outcome.code == 2 && outcome.errors.contains("choose another --folder"), "\(outcome.errors)")
  }

  @Test(.enabled(if: SmallDisk.isPossible, "only root can mount a small file system"))
  func whatMayNotBeWrittenCanBeRead() throws {
    let workspace = try SearchWorkspace(data: data)
    #expect(try tpsnet(workspace.arguments(trials: 1) + ["--pruner", "none", "--epochs", "1"]).code == 0)
    let disk = try #require(try SmallDisk(megabytes: 4))
    let copy = disk.path + "/the study?.db"
    try FileManager.default.copyItem(atPath: workspace.storage, toPath: copy)
    try #require(disk.makeReadOnly())
    for command in ["list", "best", "report"] {
      let arguments = ["search", command, "--study", "tiny", "--json", "--storage"]
      let outcome = try tpsnet(arguments + [copy])
      #expect(
        try outcome.code == 0 && outcome.output == tpsnet(arguments + [workspace.storage]).output, "\(outcome.errors)")
    }
    let stop = try tpsnet("search", "stop", "--study", "tiny", "--storage", copy)
    #expect(stop.code == 1 && stop.errors.contains("may not be written"), "\(stop.errors)")
  }
}

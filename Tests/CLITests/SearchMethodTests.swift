// The samplers and pruners of `tpsnet search run`, each from the option to the finished trials.
// What they choose is tested beside them; here it is whether the program does it.
import Foundation
import Search
import Testing

@Suite struct SearchMethodTests {
  let workspace: SearchWorkspace

  init() throws { workspace = try SearchWorkspace(data: Workspace()) }

  private func run(_ settings: String..., trials: Int) throws -> [Trial] {
    let outcome = try tpsnet(workspace.arguments(workers: 1, trials: trials) + settings)
    #expect(outcome.code == 0, "\(outcome.errors)")
    return try workspace.trials()
  }

  @Test func afterItsFirstTrialsTPEChoosesOtherwiseThanChance() throws {
    let trials = try run("--sampler", "tpe", "--pruner", "none", "--epochs", "1", trials: 14)
    let other = try SearchWorkspace(data: workspace.data)
    #expect(try tpsnet(other.arguments(workers: 1, trials: 14) + ["--pruner", "none", "--epochs", "1"]).code == 0)
    let random = try other.trials()
    #expect(trials.count == 14 && trials.allSatisfy { $0.state == .complete })
    #expect(trials.prefix(10).map(\.parameters) == random.prefix(10).map(\.parameters))
    #expect(trials.suffix(4).map(\.parameters) != random.suffix(4).map(\.parameters))
  }

  @Test func aGridEndsWithItsLastPoint() throws {
    try Data("model.stem.channels: { low: 2, high: 4 }\ntraining.batchSize: [8, 16]\n".utf8)
      .write(to: URL(fileURLWithPath: workspace.space))
    let trials = try run("--sampler", "grid", "--pruner", "none", "--epochs", "1", trials: 100)
    #expect(trials.count == 6 && trials.allSatisfy { $0.state == .complete })
    #expect(Set(trials.map(\.parameters)).count == 6)
  }

  @Test(arguments: [
    ["--pruner", "median", "--epochs", "9"], ["--pruner", "asha", "--asha", "stop", "--epochs", "9"],
  ])
  func whoIsStoppedDoesNotWait(settings: [String]) throws {
    let outcome = try tpsnet(workspace.arguments(workers: 1, trials: 16) + settings)
    #expect(outcome.code == 0, "\(outcome.errors)")
    let trials = try workspace.trials()
    let stopped = trials.filter { $0.state == .pruned }
    #expect(!stopped.isEmpty && stopped.allSatisfy { $0.intermediateValues.count < 9 })
    let whole = trials.filter { $0.state == .complete }
    #expect(!whole.isEmpty && whole.allSatisfy { $0.intermediateValues.count == 9 })
    #expect(stopped.count + whole.count == 16)
  }
}

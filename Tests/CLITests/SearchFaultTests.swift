// Workers, supervisors and everything at once, killed at random moments:
// no trial is lost, none is completed twice, and the results are those of a study that nobody disturbed.
import Foundation
import Randomness
import Search
import Testing

@Suite(.serialized) struct SearchFaultTests {
  let data: Workspace

  init() throws { data = try Workspace() }

  /// What is killed.
  private enum Target: CaseIterable { case worker, supervisor, everything }

  /// Runs the study of `workspace` to its end, killing something `kills` times, and returns how often it did.
  private func run(_ workspace: SearchWorkspace, _ arguments: [String], kills: Int, seed: UInt64) throws -> Int {
    var random = CounterRandom(seed: seed)
    var done = 0
    /// The epochs that the trials at work have reported.
    func progress() -> [Int: Int] {
      let running = ((try? workspace.trials()) ?? []).filter { $0.state == .running }
      return Dictionary(running.map { ($0.number, $0.intermediateValues.count) }) { $1 }
    }
    var known = progress()
    for _ in 0..<4 * kills + 1 {
      let program = try Program(arguments)
      while program.isRunning, done < kills {
        let pause = ContinuousClock.now + .milliseconds(50 + random.integer(below: 200))
        // Three deaths at the same place are a trial's end, so each has to come from one place to the next.
        program.wait {
          guard ContinuousClock.now >= pause else { return false }
          let now = progress()
          return !now.isEmpty && now.allSatisfy { number, epochs in known[number].map { epochs > $0 } ?? true }
        }
        known = progress()
        let workers = Processes.children(of: program.number)
        guard program.isRunning, !workers.isEmpty else { continue }
        let target = Target.allCases[random.integer(below: 3)]
        done += 1
        switch target {
        case .worker: kill(workers[random.integer(below: workers.count)], SIGKILL)
        case .supervisor: program.send(SIGKILL)
        case .everything:
          program.send(SIGKILL)
          workers.forEach { kill($0, SIGKILL) }
        }
        if target != .worker {
          #expect(try program.outcome().code == nil)
          workers.forEach(Processes.waitForEnd)
        }
      }
      let outcome = try program.outcome()
      if outcome.code != nil {
        #expect(outcome.code == 0, "seed \(seed): \(outcome.errors)")
        return done
      }
    }
    Issue.record("seed \(seed): the study did not end")
    return done
  }

  @Test func killsLoseNothingAndChangeNothing() throws {
    let settings = ["--pruner", "none", "--epochs", "24"]
    let quiet = try SearchWorkspace(data: data)
    let undisturbed = try tpsnet(quiet.arguments(workers: 1) + settings)
    #expect(undisturbed.code == 0, "\(undisturbed.errors)")
    let expected = try quiet.trials()
    #expect(expected.count == 12 && expected.allSatisfy { $0.state == .complete && $0.intermediateValues.count == 24 })

    let seed = UInt64.random(in: 0..<1_000_000)
    let workspace = try SearchWorkspace(data: data)
    let kills = try run(workspace, workspace.arguments() + settings, kills: 12, seed: seed)
    print("\(kills) kills, seed \(seed)")
    let trials = try workspace.trials()
    #expect(trials.map(\.number) == Array(0..<12) && kills >= 5, "seed \(seed)")
    for (trial, other) in zip(trials, expected) {
      #expect(trial.state == .complete && trial.parameters == other.parameters, "seed \(seed), \(trial)")
      #expect(trial.value == other.value && trial.intermediateValues == other.intermediateValues, "seed \(seed)")
      #expect(try workspace.weights(trial.number) == quiet.weights(trial.number), "seed \(seed), trial \(trial.number)")
      #expect(try workspace.completions(trial.number) <= 1, "seed \(seed), trial \(trial.number)")
    }
  }

  @Test func killsLeaveRungsIntact() throws {
    let seed = UInt64.random(in: 0..<1_000_000)
    let workspace = try SearchWorkspace(data: data)
    let kills = try run(
      workspace, workspace.arguments(trials: 48) + ["--epochs", "8"], kills: 10, seed: seed)
    print("\(kills) kills, seed \(seed)")
    #expect(kills >= 3)
    let (storage, record) = try workspace.study()
    let trials = try workspace.trials()
    let failures = trials.compactMap(\.error)
    #expect(
      trials.count == 48 && trials.allSatisfy { $0.state == .complete || $0.state == .pruned },
      "seed \(seed), \(failures)")
    for (rung, epochs) in [1, 2, 4].enumerated() {
      let values = try storage.values(ofRung: rung, in: record.id)
      #expect(
        Set(values.map(\.number)).count == values.count && values.count >= 48 >> rung, "seed \(seed), rung \(rung)")
      for (number, value) in values { #expect(trials[number].intermediateValues[epochs] == value, "seed \(seed)") }
      #expect(try storage.promote(rung: rung, reductionFactor: 2, in: record.id)?.trial == nil, "seed \(seed)")
    }
    for trial in trials {
      #expect(trial.state == .pruned || trial.intermediateValues.count == 8, "seed \(seed)")
      #expect(try workspace.completions(trial.number) <= (trial.state == .complete ? 1 : 0), "seed \(seed)")
    }
  }

  /// Stops a process at a moment at which it does not hold the database's lock.
  private func freeze(_ process: Int32, outsideOfTransactionsIn workspace: SearchWorkspace) throws {
    let storage = try DatabaseStorage(url: workspace.storage, patience: .milliseconds(200))
    let study = try #require(try storage.study(named: "tiny"))
    for _ in 0..<100 {
      kill(process, SIGSTOP)
      if (try? storage.setAttribute("test", to: "0", ofStudy: study.id)) != nil { return }
      kill(process, SIGCONT)
      usleep(3000)
    }
  }

  @Test func aFrozenWorkersTrialIsTakenOverOnceAndItWritesNothingMore() throws {
    let workspace = try SearchWorkspace(data: data)
    let program = try Program(workspace.arguments(trials: 3) + ["--pruner", "none", "--epochs", "80"])
    program.wait { (try? workspace.trials().count { $0.intermediateValues.count > 2 }) ?? 0 >= 2 }
    let frozen = try #require(Processes.children(of: program.number).first)
    defer { kill(frozen, SIGCONT) }
    try freeze(frozen, outsideOfTransactionsIn: workspace)
    program.wait { (try? workspace.trials().count { $0.state == .complete }) == 3 }
    let trials = try workspace.trials()
    #expect(trials.count == 3 && trials.allSatisfy { $0.state == .complete && $0.intermediateValues.count == 80 })
    let weights = try (0..<3).map(workspace.weights)
    kill(frozen, SIGCONT)
    let outcome = try program.outcome()
    #expect(outcome.code == 0, "\(outcome.errors)")
    #expect(try workspace.trials() == trials)
    #expect(try (0..<3).map(workspace.weights) == weights)
    for number in 0..<3 { #expect(try workspace.completions(number) == 1) }
  }
}

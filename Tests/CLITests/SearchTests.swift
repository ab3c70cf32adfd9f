// `tpsnet search` as a user meets it: a study from its making to the winner's training,
// the same whatever the number of workers, and refusals that say what would be right.
import Foundation
import Search
import TestSupport
import Testing
import Training

@Suite struct SearchTests {
  let data: Workspace

  init() throws { data = try Workspace() }

  @Test func oneWorkerAndFourGiveTheSameTrials() throws {
    let settings = ["--pruner", "none", "--epochs", "3"]
    let one = try SearchWorkspace(data: data)
    let four = try SearchWorkspace(data: data)
    #expect(try tpsnet(one.arguments(workers: 1) + settings).code == 0)
    #expect(try tpsnet(four.arguments(workers: 4) + settings).code == 0)
    let (first, second) = (try one.trials(), try four.trials())
    #expect(first.count == 12 && Set(first.map(\.parameters)).count == 12)
    #expect(first.map(\.parameters) == second.map(\.parameters))
    #expect(first.map(\.intermediateValues) == second.map(\.intermediateValues))
    #expect(first.map(\.value) == second.map(\.value) && first.allSatisfy { $0.value != nil })
    for number in 0..<12 { #expect(try one.weights(number) == four.weights(number), "trial \(number)") }
  }

  @Test func aStudyIsMadeReadAndGoneOnWith() throws {
    let workspace = try SearchWorkspace(data: data)
    let made = try tpsnet(workspace.arguments(trials: 8) + ["--epochs", "4"])
    #expect(made.code == 0, "\(made.errors)")
    #expect(made.errors.contains("3 variables; 100.00 % (± 0.03 %) of the space keeps the budget\n"))
    #expect(made.errors.contains("4 epochs, rungs after 1, 2\n"))
    #expect(made.output.hasPrefix("study tiny: 8 trials: ") && !made.output.contains("running"))
    #expect(made.errors.contains("the best in full: ") && made.errors.contains(" --data \(data.data)\n"))

    let again = try tpsnet(workspace.arguments(trials: 8) + ["--epochs", "4"])
    #expect(again.code == 0 && again.output == made.output, "\(again.errors)")
    let more = try tpsnet(
      "search", "run", "--study", "tiny", "--storage", workspace.storage, "--data", data.data, "--trials", "10")
    #expect(more.code == 0 && more.output.hasPrefix("study tiny: 10 trials: "), "\(more.errors)")

    let place = ["--study", "tiny", "--storage", workspace.storage]
    let list = try tpsnet(["search", "list", "--json"] + place).json()
    let rows = try #require(list["trials"] as? [[String: Any]])
    #expect(rows.count == 10 && (list["counts"] as? [String: Int])?["RUNNING"] == 0)
    #expect(
      rows.allSatisfy {
        $0["accuracy"] is Double && $0["parameters"] is Int && $0["multiplyAdds"] is Int && $0["seconds"] is Double
      })
    #expect(rows.allSatisfy { ($0["values"] as? [String: Any])?.count == 3 })
    let csv = try tpsnet(["search", "list", "--csv"] + place).output.split(separator: "\n")
    #expect(csv.count == 11)
    #expect(csv[0].hasPrefix("number,state,rung,epochs,accuracy,parameters,multiplyAdds,seconds,model.stem.channels,"))
    #expect(try tpsnet(["search", "list"] + place).output.split(separator: "\n").count == 13)
    let best = try tpsnet(["search", "best", "--top", "2", "--json"] + place)
    let winners = try #require(JSONSerialization.jsonObject(with: Data(best.output.utf8)) as? [[String: Any]])
    #expect(winners.count == 2 && winners[0]["state"] as? String == "COMPLETE")
  }

  // Optuna's times are those of the clock on the wall.
  @Test func timesAreNotedAsTheWallShowsThem() throws {
    let workspace = try SearchWorkspace(data: data)
    let outcome = try tpsnet(
      workspace.arguments(trials: 1) + ["--epochs", "1", "--pruner", "none"], environment: ["TZ": "ABC-05:45"])
    #expect(outcome.code == 0, "\(outcome.errors)")
    let started = try #require(workspace.trials().first?.started)
    let here = Double(TimeZone.current.secondsFromGMT(for: started))
    #expect(abs(started.timeIntervalSinceNow + here - 5.75 * 3600) < 600, "\(started)")
  }

  @Test func anEnqueuedTrialIsRunAndTheWinnerTrained() throws {
    let workspace = try SearchWorkspace(data: data)
    #expect(try tpsnet(workspace.arguments(trials: 1) + ["--pruner", "none", "--epochs", "1"]).code == 0)
    let place = ["--study", "tiny", "--storage", workspace.storage]
    let enqueued = try tpsnet(["search", "enqueue", "model.stem.channels=5", "training.batchSize=16"] + place)
    #expect(enqueued.code == 0 && enqueued.output.hasPrefix("trial 1: model.stem.channels=5 "), "\(enqueued.errors)")
    #expect(enqueued.output.contains("optimizer.learningRate=0."))
    let twice = try tpsnet(["search", "enqueue", "model.stem.channels=7"] + place)
    #expect(twice.code == 2 && twice.errors.contains("model.stem.channels: 7 is not one of"), "\(twice.errors)")
    #expect(try tpsnet(["search", "worker", "--data", data.data, "--threads", "1"] + place).code == 0)
    let trials = try workspace.trials()
    #expect(trials.map(\.state) == [.complete, .complete])

    let trained = try tpsnet(
      "train", "--from-trial", "tiny#1", "--storage", workspace.storage, "--data", data.data, "--runs", data.runs,
      "--name", "winner", "--epochs", "2", "--threads", "1")
    #expect(trained.code == 0 && trained.output.contains("test accuracy "), "\(trained.errors)")
    let text = try String(contentsOf: data.file("winner", "config.yaml"), encoding: .utf8)
    #expect(text.contains("channels: 5") && text.contains("batchSize: 16") && text.contains("epochs: 2"))
    let remark = "the network is not that of the trial"
    #expect(!trained.errors.contains(remark))
    let other = try tpsnet(
      "train", "--from-trial", "tiny#1", "--storage", workspace.storage, "--config", data.configuration, "--data",
      "/none")
    #expect(other.code == 1 && other.errors.contains(remark), "\(other.errors)")
    let missing = try tpsnet("train", "--from-trial", "tiny#2", "--storage", workspace.storage)
    #expect(missing.code == 2 && missing.errorLines.count == 1 && missing.errors.contains("has no trial 2"))
  }

  /// A study on a part of the images holds 1,000 out; the winner is trained with as many held out as its configuration has.
  @Test func aTrialInFullHoldsOutWhatItsConfigurationDoes() throws {
    let workspace = try SearchWorkspace(data: data)
    let place = ["--study", "tiny", "--storage", workspace.storage]
    #expect(try tpsnet(workspace.arguments("--images", "40", "--epochs", "1", workers: 0)).code == 0)
    #expect(try tpsnet(["search", "enqueue", "training.batchSize=8"] + place).code == 0)
    let (_, record) = try workspace.study()
    let definition = try StudyDefinition(json: try #require(record.attributes[StudyDefinition.attribute]))
    #expect(try definition.baseConfiguration().data.validation == 1000)
    let trained = try tpsnet(
      "train", "--from-trial", "tiny#0", "--storage", workspace.storage, "--data", data.data, "--runs", data.runs,
      "--name", "in-full", "--threads", "1")
    #expect(trained.code == 0 && trained.errors.contains(" 20 held out for validation"), "\(trained.errors)")
    // The command that makes the study again knows both.
    let page = data.folder.path("images.html")
    #expect(try tpsnet(["search", "report", "--output", page] + place).code == 0)
    #expect(try String(contentsOfFile: page, encoding: .utf8).contains(" --images 40 "))
  }

  @Test func aMachineIsMeasuredForItsBudgetAndRungsMakeTheSchedule() throws {
    let workspace = try SearchWorkspace(data: data)
    let settings = ["--epochs", "3", "--horizon", "rung", "--budget-seconds", "1000"]
    let tight = try tpsnet(workspace.arguments(trials: 4) + settings + ["--budget-memory", "1k"])
    #expect(tight.code == 2 && tight.errors.contains("predicted MiB of memory"), "\(tight.errors)")
    let outcome = try tpsnet(workspace.arguments(trials: 4) + settings + ["--budget-memory", "4G"])
    #expect(outcome.code == 0 && outcome.errors.contains("3 epochs, rungs after 1\n"), "\(outcome.errors)")
    for trial in try workspace.trials() {
      let seconds = try #require(Double(trial.userAttributes["predictedSecondsPerEpoch"] ?? ""))
      #expect(seconds >= 0 && seconds < 1000 && trial.state != .failed)
      let run = try #require(TrialFolder(of: trial.number, in: workspace.folder).newest)
      #expect(try String(contentsOf: run.configuration, encoding: .utf8).contains("warmRestarts"))
    }
  }

  /// A whitening stem, which bounds its channels, is not what is measured.
  @Test func aMachineIsMeasuredForPresetsWithWhiteningStems() throws {
    let storage = data.folder.path("whitening.db")
    let outcome = try tpsnet(
      "search", "run", "--study", "w", "--storage", storage, "--data", data.data, "--preset", "tiny", "--space",
      "training", "--trials", "1", "--workers", "0", "--budget-seconds", "1e9", "--set", "training.batchSize=16",
      "--set", "data.validation=20")
    #expect(outcome.code == 0 && outcome.output.hasPrefix("study w: 0 trials"), "\(outcome.errors)")
  }

  @Test(arguments: [
    ["--epochs", "3", "--reduction-factor", "1"], ["--epochs", "3", "--grace", "0"],
    ["--pruner", "median", "--epochs", "100000000000"],
  ])
  func impossibleRungsAreRefusedAtOnce(arguments: [String]) throws {
    let outcome = try tpsnet(SearchWorkspace(data: data).arguments() + arguments)
    #expect(outcome.code == 2 && outcome.errors.contains(": use "), "\(outcome.errors)")
  }

  @Test func aPasswordIsNeverShown() throws {
    let outcome = try tpsnet(
      "search", "report", "--study", "s", "--storage", "postgresql://me:se%2Fcret@127.0.0.1:1/none")
    #expect(outcome.code != 0 && !outcome.errors.contains("cret") && outcome.errors.contains("me@127.0.0.1:1/none"))
    let folder = try TemporaryFolder()
    _ = try folder.write(".study", Data("\"another\"".utf8))
    let taken = try tpsnet(
      "search", "run", "--study", "s", "--space", "training", "--folder", folder.url.path, "--storage",
      "postgresql://me:secret@127.0.0.1:1/none")
    #expect(taken.code != 0 && !taken.errors.contains("secret"), "\(taken.errors)")
  }

  @Test func ctrlCGivesTrialsBack() throws {
    let workspace = try SearchWorkspace(data: data)
    let arguments = workspace.arguments(trials: 4) + ["--pruner", "none", "--epochs", "60"]
    let program = try Program(arguments)
    program.wait { (try? workspace.trials().contains { $0.intermediateValues.count > 2 }) == true }
    let workers = Processes.children(of: program.number)
    program.send(SIGINT)
    let outcome = try program.outcome()
    #expect(outcome.code == 130 && outcome.errorLines.last == "interrupted; the same command goes on")
    #expect(workers.count == 2 && workers.allSatisfy { kill($0, 0) != 0 })
    #expect(try workspace.trials().allSatisfy { $0.state == .waiting || $0.state == .complete })
    #expect(try tpsnet(arguments).code == 0)
    #expect(try workspace.trials().allSatisfy { $0.state == .complete && $0.intermediateValues.count == 60 })
  }

  @Test func workersOutliveNoSupervisor() throws {
    let workspace = try SearchWorkspace(data: data)
    let program = try Program(workspace.arguments(trials: 4) + ["--pruner", "none", "--epochs", "600"])
    program.wait { (try? workspace.trials().contains { $0.intermediateValues.count > 2 }) == true }
    let workers = Processes.children(of: program.number)
    program.send(SIGKILL)
    #expect(try program.outcome().code == nil && workers.count == 2)
    workers.forEach(Processes.waitForEnd)
    let trials = try workspace.trials()
    #expect(
      trials.allSatisfy { $0.state == .waiting || $0.state == .complete } && trials.contains { $0.state == .waiting })
  }

  @Test func aStudyIsStoppedFromElsewhere() throws {
    let workspace = try SearchWorkspace(data: data)
    let program = try Program(workspace.arguments(trials: 4) + ["--pruner", "none", "--epochs", "600"])
    program.wait { (try? workspace.trials().contains { $0.intermediateValues.count > 2 }) == true }
    #expect(try tpsnet("search", "stop", "--study", "tiny", "--storage", workspace.storage).code == 0)
    let outcome = try program.outcome()
    #expect(outcome.code == 0, "\(outcome.errors)")
    let trials = try workspace.trials()
    #expect(
      trials.allSatisfy { $0.state == .waiting || $0.state == .complete } && trials.contains { $0.state == .waiting })
  }

  @Test func refusalsNameTheOptionAndTheRemedy() throws {
    let workspace = try SearchWorkspace(data: data)
    let unknown = try tpsnet("search", "run", "--study", "x", "--storage", workspace.storage)
    #expect(unknown.code == 2 && unknown.errorLines.count == 1 && unknown.errors.contains("--space FILE makes it"))
    #expect(!FileManager.default.fileExists(atPath: workspace.storage), "nothing is left of a study that cannot be")
    let none = try tpsnet("search", "list", "--study", "x", "--storage", workspace.storage + "-none")
    #expect(
      none.code == 2 && none.errors.hasPrefix("tpsnet: there is no \(workspace.storage)-none: "), "\(none.errors)")
    // A file of something else stays as it is.
    let stranger = workspace.storage + "-stranger"
    try Data().write(to: URL(fileURLWithPath: stranger))
    let empty = try tpsnet("search", "list", "--storage", stranger)
    #expect(empty.code == 1 && empty.errors.contains("holds no studies: check --storage"), "\(empty.errors)")
    #expect(try Data(contentsOf: URL(fileURLWithPath: stranger)).isEmpty)
    let url = try tpsnet("search", "list", "--study", "x", "--storage", "mysql://here/there")
    #expect(url.code == 2 && url.errorLines.count == 1, "\(url.errors)")
    let space = try tpsnet(workspace.arguments() + ["--space", "nowhere.yaml"])
    #expect(
      space.code == 2 && space.errors.contains("nowhere.yaml: no such file, and none of the spaces tpsnet, training"))
    let budget = try tpsnet(workspace.arguments() + ["--budget", "10"])
    #expect(budget.code == 2 && budget.errors.contains("keeps the budget"), "\(budget.errors)")

    #expect(try tpsnet(workspace.arguments(trials: 1) + ["--epochs", "1"]).code == 0)
    for (option, value) in [
      ("--seed", "3"), ("--epochs", "2"), ("--pruner", "none"), ("--budget", "1M"), ("--horizon", "rung"),
      ("--images", "50"), ("--lease", "9"),
    ] {
      let outcome = try tpsnet("search", "run", "--study", "tiny", "--storage", workspace.storage, option, value)
      #expect(
        outcome.code == 2 && outcome.errorLines.count == 1 && outcome.errors.contains(option), "\(outcome.errors)")
    }
    let second = try tpsnet(workspace.arguments() + ["--storage", workspace.storage + "-second"])
    #expect(second.code == 2 && second.errors.contains("holds the trials of another study"), "\(second.errors)")
    #expect(!FileManager.default.fileExists(atPath: workspace.storage + "-second"))
    // Nor do two studies share a folder in which neither has begun.
    func make(_ study: String, in folder: String) throws -> Outcome {
      try tpsnet(
        workspace.arguments(workers: 0) + [
          "--study", study, "--storage", workspace.storage + "-shared", "--folder",
          "\(workspace.folder.path)-\(folder)",
        ])
    }
    #expect(try ["one", "one", "two"].allSatisfy { try make($0, in: $0).code == 0 })
    let guest = try make("two", in: "one")
    #expect(guest.code == 2 && guest.errors.contains("is the folder of another study"), "\(guest.errors)")
    #expect(try make("three", in: "one").errors.contains("holds the trials of another study"))
    let other = try tpsnet("search", "best", "--study", "x", "--storage", workspace.storage)
    #expect(other.code == 2 && other.errors.contains("there is no study x; there are tiny"), "\(other.errors)")
    let folder = try tpsnet(
      "search", "run", "--study", "tiny", "--storage", workspace.storage, "--trials", "2", "--folder", "/proc/nowhere")
    #expect(folder.code == 2 && folder.errors.contains("choose another with --folder"), "\(folder.errors)")
  }
}

// Runs that cannot be: what they say,
// and that what was good before is still there.
import Compute
import Datasets
import Foundation
import Models
import TestSupport
import Testing
import Training

@Suite struct TrainingFailureTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func expectGood(_ run: RunDirectory, location: SourceLocation = #_sourceLocation) throws {
    let parameters = try Checkpoint.load(run.lastWeights).parameters
    let isGood = parameters.values.elements.allSatisfy(\.isFinite)
    #expect(isGood, sourceLocation: location)
    if FileManager.default.fileExists(atPath: run.bestWeights.path) {
      #expect(throws: Never.self, sourceLocation: location) { try Checkpoint.load(run.bestWeights) }
    }
  }

  // With 12 images an epoch has four steps, with 48 one: then the damage shows in the evaluation first.
  @Test(arguments: [12, 48], [0, 3600.0]) func divergenceKeepsTheLastGoodCheckpoint(
    batchSize: Int, checkpointSeconds: Double
  ) throws {
    var configuration = Tiny.configuration
    configuration.optimizer.learningRate = batchSize == 12 ? 1e30 : 1e38
    configuration.training.batchSize = batchSize
    configuration.training.checkpointSeconds = checkpointSeconds
    let trainer = TrainerRun(configuration, .fp32, folder.run())
    let error = #expect(throws: TrainingError.self) { _ = try trainer.outcome() }
    let text = error?.description ?? ""
    #expect(text.hasPrefix("training diverged at step ") && text.contains("optimizer.learningRate"), "\(text)")
    try expectGood(trainer.run)
    let again = TrainerRun(configuration, .fp32, trainer.run)
    again.resumes = true
    #expect(throws: TrainingError.self) { _ = try again.outcome() }
  }

  // After the one step of the run every weight is finite, but products of them are not: only the evaluation can tell.
  // Rates from 1e8 to 1e20 do that; still larger ones make NaNs of the maps, which a ReLU takes for zeros.
  @Test func weightsThatOnlyTheEvaluationFindsUselessAreNotKept() throws {
    var configuration = Tiny.configuration
    configuration.optimizer.learningRate = 1e14
    configuration.training.batchSize = 48
    configuration.training.epochs = 1
    let trainer = TrainerRun(configuration, .fp32, folder.run())
    let text = failure { _ = try trainer.outcome() } ?? "no error"
    #expect(text.hasPrefix("training diverged at step 1: the validation loss is no longer a finite number"), "\(text)")
    #expect(try Checkpoint.describe(trainer.run.lastWeights).notes["epoch"] == "0")
    #expect(!FileManager.default.fileExists(atPath: trainer.run.bestWeights.path))
  }

  /// Expects `error` before anything of the run is written.
  private func expectRefusal(
    _ configuration: Configuration, _ run: RunDirectory, _ error: String, location: SourceLocation = #_sourceLocation
  ) {
    #expect(failure { _ = try TrainerRun(configuration, .fp32, run).outcome() } == error, sourceLocation: location)
    #expect(!FileManager.default.fileExists(atPath: run.url.path), sourceLocation: location)
  }

  // Configurations made in code are checked as those of files are.
  @Test func impossibleSettingsAreRefused() {
    func expect(_ error: String, _ change: (inout Configuration) -> Void) {
      var configuration = Tiny.configuration
      change(&configuration)
      expectRefusal(configuration, folder.run(), error)
    }
    expect("training.evaluateEvery: use 1 or more epochs") { $0.training.evaluateEvery = 0 }
    expect(
      "optimizer.scaleFactor: 0 leaves the branches of model.initialization: zeroResidual silent for ever: use another "
        + "factor or another start"
    ) {
      ($0.model.initialization, $0.optimizer.scaleFactor) = (.zeroResidual, 0)
    }
    expect("optimizer.lookahead.decay: 1 never lets go of the first weights: use less, or a power above 0") {
      $0.optimizer.lookahead = .init(every: 5, decay: 1)
    }
    expect("optimizer.muon.steps: rounding errors would take over after 7: use 1 to 6") {
      ($0.optimizer.kind, $0.optimizer.muon.steps) = (.muon, 7)
    }
  }

  /// Unless the caller names another.
  @Test func thePrecisionIsTheConfigurations() throws {
    var configuration = Tiny.configuration
    configuration.training.precision = .bf16
    let trainer = try Trainer(
      configuration, dataset: Tiny.dataset(64), backend: ReferenceBackend(), run: folder.run())
    let error = #expect(throws: ComputeError.self) { try trainer.train() }
    guard case .unsupportedPrecision(.bf16, _)? = error else {
      Issue.record("\(String(describing: error))")
      return
    }
  }

  @Test func aWarmUpLeavesEpochsBehindIt() throws {
    var configuration = Tiny.configuration
    configuration.schedule.warmup = 3
    let run = folder.run()
    expectRefusal(configuration, run, "schedule.warmup: 3.0 epochs leave nothing of 3: use fewer")
    // A part of a longer schedule may be all warm-up.
    configuration.schedule.period = 30
    _ = try TrainerRun(configuration, .fp32, run).result()
  }

  @Test func aScheduleDoesNotEndBeforeTheRun() throws {
    var configuration = Tiny.configuration
    configuration.schedule = Schedule(.linear)
    configuration.schedule.period = 2
    expectRefusal(
      configuration, folder.run(),
      "schedule.period: after 2.0 of 3 epochs nothing would be learnt any more: use 0 (all epochs), a schedule.minimum "
        + "above 0, or schedule.kind=warmRestarts")
    configuration.schedule.minimum = 0.1
    _ = try TrainerRun(configuration, .fp32, folder.run()).result()
  }

  @Test func stepsOfTheRateLieWithinTheRun() throws {
    var configuration = Tiny.configuration
    configuration.schedule = Schedule(.steps)
    configuration.schedule.milestones = [3, 32_000]
    expectRefusal(
      configuration, folder.run(),
      "schedule.milestones: none lies before the end of 3 epochs: count in epochs, not steps")
    configuration.schedule.milestones = [2, 32_000]
    _ = try TrainerRun(configuration, .fp32, folder.run()).result()
  }

  @Test func moreImagesThanThereAreCannotBeABatch() throws {
    var configuration = Tiny.configuration
    configuration.training.batchSize = 49
    expectRefusal(
      configuration, folder.run(),
      "a batch size of 49 for 48 images; choose training.batchSize from 1 to 48, or use more images")
  }

  @Test func slowWeightsThatNeverFollowAreRefused() throws {
    var configuration = Tiny.configuration
    configuration.optimizer.lookahead.every = 12
    expectRefusal(
      configuration, folder.run(),
      "optimizer.lookahead.every: 12: the weights that are judged would not follow in the run's 12 steps: use fewer")
  }

  @Test func validationMustLeaveImages() throws {
    var configuration = Tiny.configuration
    configuration.data.validation = 64
    let text = failure { _ = try TrainerRun(configuration, .fp32, folder.run()).outcome() }
    #expect(text?.hasPrefix("64 validation images out of 64 training images") == true)
  }

  @Test func otherImagesAreRefused() throws {
    var configuration = Tiny.configuration
    configuration.model.input = Shape(channels: 3, height: 16, width: 16)
    var text = failure { _ = try TrainerRun(configuration, .fp32, folder.run()).outcome() }
    #expect(text == "model.input: the network takes 3×16×16 images, the data set has 3×8×8")
    configuration = Tiny.configuration
    configuration.model.classes = 10
    text = failure { _ = try TrainerRun(configuration, .fp32, folder.run()).outcome() }
    #expect(text?.hasPrefix("model.classes: the network has 10 classes, the data set 4") == true)
  }

  @Test func aFolderBelowAFileIsRefused() throws {
    let file = folder.url.appendingPathComponent("file")
    try Data().write(to: file)
    let run = RunDirectory(file.appendingPathComponent("runs/run"))
    let text = failure { _ = try TrainerRun(Tiny.configuration, .fp32, run).outcome() } ?? "no error"
    #expect(text.hasPrefix("cannot create the run folder \(run.url.path): Not a directory") && text.contains("--runs"))
  }

  @Test func namesAreChosenAndChecked() throws {
    let runs = folder.url
    #expect(try RunDirectory.unused(in: runs, name: nil, stem: "a").url.lastPathComponent == "a-1")
    _ = try TrainerRun(Tiny.configuration, .fp32, folder.run("a-1")).result()
    #expect(try RunDirectory.unused(in: runs, name: nil, stem: "a").url.lastPathComponent == "a-2")
    #expect(failure { _ = try RunDirectory.unused(in: runs, name: "a-1", stem: "a") }?.contains("--resume a-1") == true)
    for name in ["", ".", "..", "a/b"] {
      #expect(failure { _ = try RunDirectory.unused(in: runs, name: name, stem: "a") }?.hasPrefix("--name ") == true)
    }
    #expect(try RunDirectory.find("a-1", in: runs).url == folder.run("a-1").url)
    #expect(try RunDirectory.find(folder.run("a-1").url.path, in: URL(fileURLWithPath: "/")).exists)
    #expect(failure { _ = try RunDirectory.find("b", in: runs) }?.hasPrefix("no run b: ") == true)
  }
}

// A run that was interrupted and resumed ends with the same bytes as one that was not,
// wherever it was interrupted; and a folder that does not fit is refused.
import Compute
import Datasets
import Formats
import Foundation
import Models
import OneDNNBackend
import TestSupport
import Testing
import Training

@Suite struct ResumeTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  /// Everything that is drawn or averaged: twelve steps in three epochs.
  private static var configuration: Configuration {
    var configuration = Tiny.configuration
    configuration.model.blockDropout = 0.2
    configuration.model.dropout = 0.3
    configuration.augmentation = Augmentation(
      cropPadding: 2, paddingMode: .reflect, flip: .alternating, rotation: 10, cutout: 2)
    configuration.optimizer.nesterov = true
    configuration.schedule.warmup = 1
    configuration.training.ema = 0.9
    configuration.training.labelSmoothing = 0.1
    return configuration
  }

  /// The other optimizer, weights that are taken back, images that are mixed, and layers of the other kind.
  private static var muon: Configuration {
    var configuration = configuration
    configuration.model = Tiny.groups
    (configuration.model.blockDropout, configuration.model.dropout) = (0.2, 0.3)
    configuration.optimizer.kind = .muon
    (configuration.optimizer.biasFactor, configuration.optimizer.scaleFactor) = (4, 0)
    configuration.optimizer.lookahead = .init(every: 3, decay: 0.8, power: 1)
    configuration.training.ema = 0
    (configuration.augmentation.trivialAugment, configuration.augmentation.cutMix) = (true, 1)
    return configuration
  }

  private func run(_ name: String, _ precision: Precision, muon: Bool = false) -> TrainerRun {
    TrainerRun(muon ? Self.muon : Self.configuration, precision, folder.run(name))
  }

  /// The history without what the clock decides.
  private func timeless(_ history: [EpochRecord]) -> [EpochRecord] {
    history.map { record in
      var record = record
      (record.imagesPerSecond, record.seconds) = (0, 0)
      return record
    }
  }

  private func expectSame(_ one: TrainerRun, _ other: TrainerRun, _ comment: Comment) throws {
    for file in [\RunDirectory.lastWeights, \.bestWeights] {
      #expect(try Data(contentsOf: one.run[keyPath: file]) == Data(contentsOf: other.run[keyPath: file]), comment)
    }
  }

  /// Weights that nothing changes, so that no epoch is better than the first.
  private static var standing: Configuration {
    var configuration = Tiny.configuration
    configuration.optimizer.learningRate = 1e-30
    configuration.model.batchNorm.momentum = 1e-6
    return configuration
  }

  /// A run that was stopped in its second epoch.
  private func interrupted(_ configuration: Configuration) throws -> TrainerRun {
    let run = TrainerRun(configuration, .fp32, folder.run())
    run.interruption = 5
    guard case .interrupted = try run.outcome() else { throw TrainerRun.Unfinished() }
    return run
  }

  /// A kill between an epoch's weights and the state that knows of them, and then another processor, on which the epoch
  /// done again is no better than those before: weights that nothing changes stand for one.
  @Test func bestWeightsAreThoseOfTheRunAsItEnded() throws {
    let first = try interrupted(Self.standing)
    var lost = try SafetensorsFile(contentsOf: first.run.bestWeights)
    #expect(lost.metadata["epoch"] == "1")
    (lost.metadata["epoch"], lost.metadata["seed"]) = ("3", "999")
    try lost.write(to: first.run.bestWeights)
    let second = TrainerRun(Self.standing, .fp32, first.run)
    second.resumes = true
    let result = try second.result()
    let best = try Checkpoint.describe(first.run.bestWeights)
    #expect(result.chosenEpoch == 2 && best.notes["epoch"] == "2" && best.notes["seed"] != "999")
  }

  /// What is judged in the end are weights that are there, whatever became of those that were best before.
  @Test(arguments: [nil, Data("no".utf8)]) func bestWeightsThatAreLostDoNotCount(damage: Data?) throws {
    let first = try interrupted(Self.standing)
    try FileManager.default.removeItem(at: first.run.bestWeights)
    try damage?.write(to: first.run.bestWeights)
    let second = TrainerRun(Self.standing, .fp32, first.run)
    second.resumes = true
    let result = try second.result()
    #expect(result.chosenEpoch > 1)
    #expect(try Checkpoint.describe(first.run.bestWeights).notes["epoch"] == "\(result.chosenEpoch)")
  }

  /// What a trainer refused once it refuses again, and it can do what the error advises.
  @Test func anotherRunIsNotBegunOver() throws {
    let first = try interrupted(Tiny.configuration)
    let trainer = try Trainer(
      Tiny.configuration, dataset: Tiny.dataset(first.images), backend: OneDNNBackend(threads: 1), precision: .fp32,
      run: first.run)
    for _ in 0..<2 {
      #expect(failure { _ = try trainer.train() }?.contains("is there already: resume it") == true)
    }
    try trainer.resume()
    guard case .finished(let result) = try trainer.train() else { throw TrainerRun.Unfinished() }
    #expect(result.history.count == Tiny.configuration.training.epochs)
  }

  /// A run that began in bf16 and goes on where there is none.
  @Test func withoutBF16ItGoesOnInFP32() throws {
    let first = TrainerRun(Tiny.configuration, .fp32, folder.run())
    first.interruption = 3
    guard case .interrupted = try first.outcome() else { throw TrainerRun.Unfinished() }
    var weights = try SafetensorsFile(contentsOf: first.run.lastWeights)
    weights.metadata["precision"] = "bf16"
    try weights.write(to: first.run.lastWeights)
    let trainer = try Trainer(
      Tiny.configuration, dataset: Tiny.dataset(first.images), backend: ReferenceBackend(), run: first.run)
    try trainer.resume()
    guard case .finished = try trainer.train() else { throw TrainerRun.Unfinished() }
    #expect(try Checkpoint.describe(first.run.lastWeights).trainingPrecision == .fp32)
  }

  @Test(arguments: precisions, [false, true])
  func anInterruptionChangesNothing(precision: Precision, muon: Bool) throws {
    let whole = run("whole", precision, muon: muon)
    let expected = try whole.result()
    #expect(whole.steps == 12)
    for step in [1, 2, 4, 5, 7, 11, 12] {
      let first = run("at \(step)", precision, muon: muon)
      first.interruption = step
      guard case .interrupted(let epoch, let stepInEpoch) = try first.outcome() else {
        Issue.record("not interrupted at \(step)")
        continue
      }
      #expect(epoch == step / 4 && stepInEpoch == step % 4)
      let second = run("at \(step)", precision, muon: muon)
      second.resumes = true
      let result = try second.result()
      #expect(second.plans.first?.resumedAt == step && second.steps == 12 - step)
      #expect(timeless(result.history) == timeless(expected.history), "interrupted at \(step)")
      #expect(result.chosenEpoch == expected.chosenEpoch && result.validationAccuracy == expected.validationAccuracy)
      try expectSame(second, whole, "interrupted at \(step)")
    }
  }

  @Test(arguments: [1, 2]) func manyInterruptionsChangeNothing(threads: Int) throws {
    let whole = run("whole", .fp32)
    whole.threads = threads
    _ = try whole.result()
    var last = run("pieces", .fp32)
    var pieces = 0
    repeat {
      last = run("pieces", .fp32)
      last.threads = threads
      last.resumes = pieces > 0
      last.interruption = 1
      pieces += 1
      if case .finished = try last.outcome() { break }
    } while pieces < 20
    #expect(pieces == 13)
    try expectSame(last, whole, "interrupted after every step")
  }

  @Test func aRunKilledAtItsStartKeepsItsStartWeights() throws {
    let (store, _) = try Tiny.store()
    var configuration = Tiny.configuration
    configuration.training.ema = 0.9
    let whole = TrainerRun(configuration, .fp32, folder.run("whole"))
    whole.start = store
    let copy = folder.run("copy")
    whole.onEvent = { [run = whole.run] event in
      if case .started = event { try FileManager.default.copyItem(at: run.url, to: copy.url) }
    }
    _ = try whole.result()
    #expect(copy.exists)
    let second = TrainerRun(configuration, .fp32, copy)
    second.resumes = true
    _ = try second.result()
    #expect(second.steps == 12)
    try expectSame(second, whole, "killed before the first step")
  }

  @Test func aFinishedRunHasNothingLeftToDo() throws {
    let whole = run("whole", .fp32)
    let expected = try whole.result()
    let again = run("whole", .fp32)
    again.resumes = true
    #expect(try again.result().history == expected.history)
    #expect(again.steps == 0)
  }

  @Test func anotherConfigurationIsRefused() throws {
    let first = run("run", .fp32)
    first.interruption = 3
    _ = try first.outcome()
    var configuration = Self.configuration
    configuration.optimizer.momentum = 0.8
    let second = TrainerRun(configuration, .fp32, first.run)
    second.resumes = true
    let text = failure { _ = try second.outcome() } ?? "no error"
    #expect(text.hasPrefix("\(first.run.state.path): belongs to another configuration"))
  }

  /// What is held out now may have been trained on.
  @Test func otherImagesAreRefused() throws {
    let first = run("run", .fp32)
    first.interruption = 3
    _ = try first.outcome()
    let second = run("run", .fp32)
    (second.images, second.resumes) = (65, true)
    let text = failure { _ = try second.outcome() } ?? "no error"
    #expect(text.hasPrefix("\(first.run.state.path): the training images are not those"), "\(text)")
  }

  @Test func whatAKillLeftIsRemoved() throws {
    let first = run("run", .fp32)
    first.interruption = 3
    _ = try first.outcome()
    let remains = first.run.state.deletingLastPathComponent().appendingPathComponent(".1f.partial")
    try Data("half".utf8).write(to: remains)
    let second = run("run", .fp32)
    second.resumes = true
    _ = try second.outcome()
    #expect(!FileManager.default.fileExists(atPath: remains.path))
  }

  @Test func aRunOfAnOlderVersionGoesOn() throws {
    let whole = run("whole", .fp32)
    let expected = try whole.result()
    let first = run("run", .fp32)
    first.interruption = 3
    _ = try first.outcome()
    // What it did not know yet, and what it knew and made no use of.
    let keys = ["squeezeExcitation", "trivialAugment"]
    var state = try SafetensorsFile(contentsOf: first.run.state)
    let lines = try #require(state.metadata["configuration"]).split(separator: "\n")
    var older = lines.filter { line in !keys.contains { line.contains("\($0):") } }
    try #require(older.count == lines.count - keys.count)
    older.insert("  keep: 1", at: try #require(older.firstIndex(of: "training:")) + 1)
    state.metadata["configuration"] = older.joined(separator: "\n")
    state.metadata["images"] = nil
    try state.serialized().write(to: first.run.state)
    let second = run("run", .fp32)
    second.resumes = true
    #expect(timeless(try second.result().history) == timeless(expected.history))
  }

  @Test func damagedStatesAreRefused() throws {
    let first = run("run", .fp32)
    first.interruption = 3
    _ = try first.outcome()
    let bytes = try Data(contentsOf: first.run.state)
    var flipped = bytes
    flipped[bytes.count / 2] ^= 4
    var counters = try SafetensorsFile(bytes)
    counters.metadata["state"] = "{}"
    var short = SafetensorsFile(metadata: counters.metadata)
    for tensor in counters.tensors { try short.add(tensor.name, shape: [1], floats: [0]) }
    for (damaged, remedy) in [
      (flipped, "restore a copy"), (bytes.dropLast(9), "restore a copy"),
      (Data(), "--weights \(first.run.lastWeights.path)"),
      (counters.serialized(), ""), (short.serialized(), ""),
    ] {
      try damaged.write(to: first.run.state)
      let second = run("run", .fp32)
      second.resumes = true
      let text = failure { _ = try second.outcome() } ?? "no error"
      #expect(text.hasPrefix("\(first.run.state.path): ") && !text.contains("\n"), "\(text)")
      #expect(remedy.isEmpty || text.contains(remedy), "\(text)")
    }
    try FileManager.default.copyItem(at: first.run.lastWeights, to: folder.url.appendingPathComponent("weights"))
    try FileManager.default.removeItem(at: first.run.state)
    let second = run("run", .fp32)
    second.resumes = true
    #expect(failure { _ = try second.outcome() }?.contains("\(first.run.state.path): No such file") == true)
    try FileManager.default.copyItem(at: first.run.lastWeights, to: first.run.state)
    let third = run("run", .fp32)
    third.resumes = true
    #expect(failure { _ = try third.outcome() }?.contains("not a training state") == true)
  }
}

// A run's report at every stage of the run, and several runs compared:
// well-formed pages that need no network, with the run's own numbers.
import Datasets
import Foundation
import Models
import Plots
import Reports
import TestSupport
import Testing
import Training

@Suite struct RunReportTests {
  private static func configuration(seed: UInt64 = 7) -> Configuration {
    var configuration = Configuration(model: ResNetSpec(stem: 4, widthFactor: 1, blocks: [1, 1]))
    configuration.training.epochs = 5
    configuration.training.seed = seed
    (configuration.data.mean, configuration.data.std) = ([0.5, 0.5, 0.5], [0.25, 0.25, 0.25])
    return configuration
  }

  private static func history(_ epochs: Int, isValidated: Bool = true) -> [EpochRecord] {
    (0..<epochs).map { index in
      let share = Double(index + 1) / 10
      return EpochRecord(
        epoch: index + 1, step: 10 * (index + 1), trainLoss: 2 - share, trainAccuracy: share,
        validationLoss: isValidated ? 2.1 - share : nil, validationAccuracy: isValidated ? share - 0.01 : nil,
        learningRate: 0.1 - share / 10, imagesPerSecond: 1000, seconds: 60 * Double(index + 1))
    }
  }

  private static let summary = RunSummary(
    parameters: 1, epochs: 5, seconds: 300, validationAccuracy: 0.49, chosenEpoch: 5, testAccuracy: 0.4567,
    testAccuracyFlipTTA: 0.4678, trainingPFLOP: 1, precision: "fp32", threads: 2, seed: 7, cpu: "A <fast> processor",
    versions: ["tpsnet": "1"], dataset: "cifar10")

  /// Six images of two classes, of which the network gets four right, and is surest of a wrong one.
  private static func test() throws -> TestResult {
    let pixels = (0..<1152).map { UInt8($0 % 256) }
    let images = try ImageSet(
      pixels: pixels, labels: [0, 1, 0, 1, 0, 1], height: 8, width: 8, classNames: ["<cat>", "dog & co"])
    let logits: [Float] = [3, 0, 0, 3, 0, 1, 9, 0, 2, 0, 0, 2]
    return TestResult(
      Evaluation(logits: logits, labels: images.labels, classes: 2), classNames: images.classNames, images: images,
      precision: "bf16")
  }

  private static func run(
    _ name: String = "mine", epochs: Int = 5, isValidated: Bool = true, isFinished: Bool = true, seed: UInt64 = 7
  ) throws -> RunData {
    try RunData(
      name: name, configuration: configuration(seed: seed), history: history(epochs, isValidated: isValidated),
      summary: isFinished ? summary : nil)
  }

  @Test func aFinishedRunIsReportedInFull() throws {
    var run = try Self.run("a & <b>")
    run.test = try Self.test()
    run.samples = try AugmentationSamples(Self.training(), indices: [3, 1], configuration: Self.configuration())
    run.filters = FirstFilters(values: (0..<4 * 27).map { Float($0 - 54) }, shape: [4, 3, 3, 3])
    let page = try PageReader(run.html(path: "runs/a & <b>", dataFlag: " --data d"))
    #expect(page.isSelfContained)
    #expect(
      page.text.contains("Run a & <b>: test accuracy 45.67 % (46.78 % with mirror images averaged) after 5 epochs"))
    #expect(page.text.contains("best validation accuracy 49.00 %, epoch 5") && page.text.contains("A <fast> processor"))
    #expect(page.text.contains("4 of 6 correct") && page.text.contains("2 of 2 wrong images"))
    #expect(page.text.contains("dog & co, not <cat> 100 %") && page.text.contains("<cat>, not dog & co 73 %"))
    #expect(page.elements["img"] == 4 && page.elements["svg"] == 8)
    #expect(page.text.contains("66.67 %, computed anew in bf16; "))
    #expect(page.text.contains("tpsnet train --config 'runs/a & <b>'/config.yaml --name again --data d\n"))
    #expect(page.text.contains("tpsnet test --run 'runs/a & <b>' --data d\n"))
    #expect(page.text.contains("learningRate: 0.1"))
  }

  @Test func aRunFromWeightsSaysFromWhich() throws {
    let run = try RunData(
      name: "mine", configuration: Self.configuration(), history: Self.history(5), summary: Self.summary,
      startWeights: "my weights")
    let page = try PageReader(run.html(path: "runs/mine"))
    #expect(page.text.contains("tpsnet train --config runs/mine/config.yaml --weights 'my weights' --name again"))
    let compared = try PageReader(RunComparison([run, Self.run("drawn")]).html())
    #expect(compared.text.contains("start weights") && compared.text.contains("my weights"))
  }

  @Test(arguments: [0, 1, 3], [true, false]) func aRunUnderWayIsReportedAsFarAsItIs(
    epochs: Int, isValidated: Bool
  ) throws {
    let run = try Self.run(epochs: epochs, isValidated: isValidated, isFinished: false)
    let page = try PageReader(run.html(path: "runs/mine"))
    #expect(page.isSelfContained && page.elements["svg"] == 5 && page.elements["img"] == nil)
    #expect(page.text.contains("no epoch has ended yet") == (epochs == 0))
    #expect(page.text.contains("under way, \(epochs) of 5 epochs in \(epochs):00") == (epochs > 0))
    #expect(page.text.contains("best validation accuracy") == (epochs > 0 && isValidated))
    for width in [30, 100] {
      let lines = run.text(width: width, usesColor: false).split(separator: "\n").filter { $0.contains("┤") }
      #expect(lines.allSatisfy { $0.count <= width } && lines.isEmpty == (epochs == 0))
    }
  }

  @Test func runsAreCompared() throws {
    let runs = [try Self.run("one"), try Self.run("two", epochs: 2, isFinished: false, seed: 8), try Self.run("three")]
    let comparison = RunComparison(runs)
    let page = try PageReader(comparison.html())
    #expect(page.isSelfContained && page.elements["svg"] == 7)
    #expect(page.text.contains("training.seed") && !page.text.contains("optimizer.learningRate"))
    #expect(page.text.contains("2 of 5") && page.text.contains("45.67 %"))
    #expect(try PageReader(RunComparison([runs[0], runs[2]]).html()).text.contains("the same configuration"))
    let names = comparison.figures.map(\.name)
    #expect(Set(names).count == names.count && names.contains("accuracy-against-compute"))
    guard case .scatter(let clusters) = comparison.figures[3].plot.content else { throw Missing() }
    // Not all have been tested, so that validation is what all have in common.
    #expect(clusters.map(\.name) == ["one", "two", "three"] && clusters.map { $0.points[0].y } == [0.49, 0.19, 0.49])
  }

  @Test func seedsAreSummedUp() throws {
    let runs = try [(7, 0.45), (8, 0.47), (9, 0.49)].map { seed, accuracy in
      var summary = Self.summary
      (summary.seed, summary.testAccuracy, summary.validationAccuracy) = (UInt64(seed), accuracy, seed == 9 ? nil : 0.4)
      var configuration = Self.configuration(seed: UInt64(seed))
      // Which changes no result.
      configuration.training.threads = seed
      return try RunData(
        name: "seed-\(seed)", configuration: configuration, history: Self.history(5), summary: summary)
    }
    var other = Self.configuration(seed: 8)
    other.training.labelSmoothing = 0.1
    let different = try RunData(name: "other", configuration: other, history: [], summary: Self.summary)
    let text = try RunComparison(runs + [different, Self.run("unfinished", isFinished: false)]).text(
      width: 100, usesColor: false)
    let groups = RunComparison(runs + [different]).groups
    let document = try JSONSerialization.jsonObject(with: JSONEncoder().encode(groups)) as? [[String: Any]]
    let test = try #require(document?.first?["testAccuracy"] as? [String: Double])
    #expect(groups.count == 1 && abs((test["mean"] ?? 0) - 0.47) < 1e-9)
    #expect(abs((test["standardDeviation"] ?? 0) - 0.02) < 1e-9)
    let expected =
      "seed-7, seed-8, seed-9: mean ± standard deviation of 3 seeds: test 47.00 ± 2.00 %, mirrored 46.78 ± 0.00 %"
    #expect(text.contains(expected), "\(text)")
    #expect(try !RunComparison([runs[0], different]).text(width: 100, usesColor: false).contains("mean ±"))
  }

  private struct Missing: Error {}

  @Test func theHistoryIsReadBack() throws {
    let folder = try TemporaryFolder()
    let run = RunDirectory(folder.url)
    #expect(try run.history().isEmpty)
    let text = """
      epoch,step,train_loss,train_accuracy,val_loss,val_accuracy,learning_rate,images_per_second,seconds
      1,10,1.9,0.1,2.0,0.09,0.09,1000.0,60.0
      2,20,1.8,0.2,,,0.08,1000.0,120.0

      """
    try Data(text.utf8).write(to: run.metrics)
    let history = try run.history()
    #expect(history.map(\.epoch) == [1, 2] && history.map(\.validationAccuracy) == [0.09, nil])
    #expect(history[0].trainLoss == 1.9 && history[1].step == 20 && history[1].seconds == 120)
    try Data("epoch,step\nx,1\n".utf8).write(to: run.metrics)
    #expect(throws: CheckpointError.self) { try run.history() }
  }

  @Test func confidenceIsHeldToAccuracy() throws {
    let perfect = Calibration((0..<10).map { (confidence: 0.8, isCorrect: $0 < 8) })
    #expect(perfect.bins.count == 1 && abs(perfect.expectedError) < 1e-12)
    let mixed = Calibration([(0.9, true), (0.9, false), (0.3, true), (1, true)])
    // |0.5 − 0.9| of two images, |1 − 0.3| and |1 − 1| of one each.
    #expect(mixed.bins.map(\.count) == [1, 2, 1] && abs(mixed.expectedError - (2 * 0.4 + 0.7) / 4) < 1e-12)
    #expect(Calibration([]).expectedError == 0)
    let test = try Self.test()
    #expect(test.mistakes.map(\.image) == [3, 2] && test.mistakes.map(\.predicted) == [0, 1])
    #expect(abs(test.mistakes[1].confidence - 1 / (1 + exp(-1.0))) < 1e-6)
  }

  private static func training() throws -> ImageSet {
    let pixels: [UInt8] = (0..<4 * 3072).map { byte in UInt8(truncatingIfNeeded: byte * 7) }
    return try ImageSet(pixels: pixels, labels: [0, 1, 0, 1], height: 32, width: 32, classNames: ["a", "b"])
  }

  /// Every kind of network is drawn with all its parameters, each once.
  @Test(arguments: [ResNetSpec.Layer.Entry.block, .convPool], [0, 1])
  func theArchitectureHoldsEveryParameter(entry: ResNetSpec.Layer.Entry, blocks: Int) throws {
    var configuration = Self.configuration()
    configuration.model.preActivation = entry == .block && blocks == 1
    configuration.model.stem.whitening = entry == .convPool && blocks == 1
    configuration.model.squeezeExcitation = blocks == 1 ? 4 : 0
    configuration.model.layers[1].entry = entry
    configuration.model.layers[1].blocks = entry == .block ? blocks + 1 : blocks
    let run = try RunData(name: "mine", configuration: configuration, history: [], summary: nil)
    guard case .diagram(let diagram) = run.figures.last?.plot.content else { throw Missing() }
    let counts = diagram.stages.flatMap(\.notes).filter { $0.hasSuffix(" parameters") }.compactMap {
      Int($0.dropLast(11).filter(\.isNumber))
    }
    #expect(counts.reduce(0, +) == run.network.parameters && counts.count >= 4)
    let weighting = diagram.stages.flatMap(\.boxes).filter { $0.hasSuffix("squeeze-and-excitation") }
    #expect(weighting.count == (blocks == 1 ? 2 : 0))
    #expect(diagram.stages.count { $0.hasShortcut } == (entry == .convPool && blocks == 0 ? 1 : 2))
  }

  @Test func filtersNeedThreeChannels() {
    #expect(FirstFilters(values: [Float](repeating: 0, count: 27), shape: [1, 3, 3, 3]) != nil)
    #expect(FirstFilters(values: [Float](repeating: 0, count: 9), shape: [1, 1, 3, 3]) == nil)
    #expect(FirstFilters(values: [1], shape: [1, 3, 3, 3]) == nil)
  }
}

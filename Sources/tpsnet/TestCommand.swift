// `tpsnet test`: a checkpoint's accuracy on a split, for each class and with its confusions,
// and its logits for other tools.
import ArgumentParser
import Compute
import Datasets
import Formats
import Foundation
import Models
import OneDNNBackend
import Reports
import Training

struct TestCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "test",
    abstract: "Evaluate a checkpoint: accuracy, per-class accuracy, confusion matrix, calibration, worst mistakes.",
    discussion: """
      Mistakes are listed by their confidence; an image is named by its place in the split.

      EXAMPLE
        tpsnet test --run sprint-1 --tta flip
        tpsnet test --weights sprint --save-logits logits.safetensors --json
      """)

  enum Part: String, ExpressibleByArgument, CaseIterable { case test, validation, train }

  @OptionGroup var source: WeightsOptions
  @OptionGroup var dataOptions: DataOptions
  @OptionGroup var engine: EngineOptions
  @Option(
    help: ArgumentHelp("cifar10, fashion-mnist or folder:PATH; default: what it was trained on.", valueName: "set"))
  var dataset: String?
  @Option(help: "Which images: test, validation or train.")
  var split: Part = .test
  @Option(
    help: "Views whose logits are averaged: none, flip (image and mirror image) or full (six: also moved by a pixel).")
  var tta: TestTimeAugmentation = .none
  @Option(help: "Batch size; results differ by rounding at most. Default: 250, fewer of images larger than 32×32.")
  var batchSize: Int?
  @Flag(help: "Apply batch normalisations on their own instead of folding them into convolutions.")
  var unfolded = false
  @Option(help: ArgumentHelp("Write logits and labels, in the order of the files.", valueName: "file"))
  var saveLogits: String?
  @Flag(help: "Print one JSON document.")
  var json = false

  func validate() throws {
    if let batchSize, !(1...65_536).contains(batchSize) {
      throw ValidationError("--batch-size \(batchSize): use 1 to 65536")
    }
  }

  private struct Result: Encodable {
    let images: Int
    let correct: Int
    let accuracy: Double
    let loss: Double
    let tta: String
    let precision: String
    let split: String
    let calibrationError: Double
    let perClass: [Double?]
    let confusion: [[Int]]
    let classNames: [String]
    let mistakes: [TestResult.Mistake]
  }

  /// How many mistakes are shown.
  private static let shown = 5

  func run() throws {
    let loaded = try source.load()
    if let saveLogits { try OutputFile.demand("--save-logits", saveLogits, isNoneOf: [loaded.file]) }
    let (graph, info) = (loaded.graph, loaded.info)
    var configuration = loaded.configuration
    if let dataset { configuration.data.dataset = try DatasetSource(parsing: dataset).description }
    let (set, indices) = try images(configuration, info)
    try info.check(set, fits: graph)
    if let remark = info.remark(on: set) { Console.error(remark) }

    let backend = try OneDNNBackend.make(configuration, threads: engine.threads)
    let precision = loaded.precision(engine.precision)
    let plan = try backend.compileInference(
      graph, batchSize: min(batchSize ?? Trainer.evaluationBatch(of: graph.inputShape), indices.count),
      precision: precision, foldsBatchNorm: !unfolded,
      parameters: loaded.parameters)
    let evaluation = try Evaluator(
      plan, classes: graph.classes, set: set, indices: indices, normalization: info.normalization
    ).evaluate(tta: tta)

    let files = set.fileNames.isEmpty ? [] : indices.map { set.fileNames[$0] }
    let result = TestResult(evaluation, classNames: set.classNames, files: files)
    if json {
      try Console.json(
        Result(
          images: evaluation.labels.count, correct: evaluation.correct, accuracy: evaluation.accuracy,
          loss: evaluation.loss, tta: tta.rawValue, precision: precision.rawValue, split: split.rawValue,
          calibrationError: result.calibration.expectedError, perClass: evaluation.perClass,
          confusion: evaluation.confusion, classNames: set.classNames,
          mistakes: Array(result.mistakes.prefix(TestResult.listed))))
    } else {
      show(result, of: configuration.data.dataset, precision)
    }
    // Last, so that a folder that cannot be written costs nobody the result.
    if let saveLogits { try save(evaluation, to: URL(fileURLWithPath: saveLogits)) }
  }

  private func show(_ result: TestResult, of dataset: String, _ precision: Precision) {
    let evaluation = result.evaluation
    Console.out(result.text)
    Console.out("")
    Console.out(
      "\(dataset) \(split.rawValue): \(Format.grouped(evaluation.correct)) of \(Format.grouped(evaluation.labels.count)) "
        + "correct, accuracy \(Format.percent(evaluation.accuracy)), loss \(Format.fixed(evaluation.loss, 4)) "
        + "(tta \(tta.rawValue), \(precision.rawValue))")
    Format.confidence(evaluation.accuracy, of: evaluation.labels.count).map { Console.out($0) }
    Console.out("calibration error \(Format.percent(result.calibration.expectedError))")
    for mistake in result.mistakes.prefix(Self.shown) {
      Console.out("most confidently wrong: \(result.place(of: mistake)), \(result.caption(mistake))")
    }
  }

  private func images(_ configuration: Configuration, _ info: CheckpointInfo) throws -> (ImageSet, [Int]) {
    if split == .test {
      let set = try testImages(configuration, info)
      return (set, Array(0..<set.count))
    }
    let data = try configuration.dataset(from: dataOptions.directory)
    if split == .validation {
      try info.check(heldOut: configuration.data, of: data.train)
    } else {
      try info.check(trainedOn: data.train, of: configuration.data)
    }
    let parts = try Trainer.split(data.train, configuration.data)
    let indices = split == .train ? parts.train : parts.validation
    guard !indices.isEmpty else {
      throw ConfigurationError("--split \(split.rawValue): the run held no images out (data.validation=0)")
    }
    return (data.train, indices)
  }

  private func testImages(_ configuration: Configuration, _ info: CheckpointInfo) throws -> ImageSet {
    guard case .folder(let path) = try DatasetSource(parsing: configuration.data.dataset) else {
      return try configuration.dataset(from: dataOptions.directory).test
    }
    if try !ImageFolder.isDivided(path) {
      Console.error(
        "\(path) has no folders train and test: judged by the fifth of its images that training leaves out; to have all "
          + "judged, move its folders into \(path)/test")
      if info.trainingImages == nil, info.dataset == configuration.data.dataset {
        Console.error("weights of an earlier version, which divided such folders otherwise, know some of these images")
      }
    }
    return try ImageFolder.loadTest(from: path, size: configuration.model.input.height)
  }

  private func save(_ evaluation: Evaluation, to url: URL) throws {
    var file = SafetensorsFile()
    let images = evaluation.labels.count
    try file.add("logits", shape: [images, evaluation.classes], floats: evaluation.logits)
    try file.add("labels", shape: [images], int64s: evaluation.labels.map(Int64.init))
    try file.write(to: url)
  }
}

// `tpsnet train`: one run from its configuration (or from where it was interrupted) to the test accuracy
// of the weights that were chosen without the test images.
import ArgumentParser
import Compute
import Datasets
import Formats
import Foundation
import Models
import OneDNNBackend
import Reports
import Search
import Training

struct TrainCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "train",
    abstract: "Train a network; resume an interrupted run exactly.",
    discussion: """
      Settings come from, weakest first: defaults, --preset, --config, --set, flags. Everything of a run goes to \
      runs/<name>/. Ctrl-C writes a checkpoint and exits 130; --resume goes on from it, on as many threads \
      to the same bytes.

      EXAMPLE
        tpsnet train --preset tpsnet --epochs 30 --name thirty
        tpsnet train --resume thirty
        tpsnet train --from-trial first#17 --epochs 300
      """)

  @OptionGroup var options: ConfigurationOptions
  @OptionGroup var dataOptions: DataOptions
  @OptionGroup var engine: EngineOptions

  @Option(help: ArgumentHelp("cifar10, fashion-mnist or folder:PATH.", valueName: "set"))
  var dataset: String?
  @Option(help: "Passes over the training images.")
  var epochs: Int?
  @Option(help: "Batch size.")
  var batchSize: Int?
  @Option(name: [.customLong("learning-rate"), .customLong("lr")], help: "Peak learning rate.")
  var learningRate: Double?
  @Option(help: "Seed of start weights, order, augmentation and dropout.")
  var seed: UInt64?
  @Option(help: "Train on at most so many images.")
  var limitTrain: Int?
  @Option(
    help: "Name of the run; default: that of the preset, configuration file, weights or trial, with a number.")
  var name: String?
  @Option(help: ArgumentHelp("Folder of all runs; default: runs.", valueName: "dir"), transform: path)
  var runs = "runs"
  @Option(help: ArgumentHelp("Go on with an interrupted run.", valueName: "run"))
  var resume: String?
  @Option(
    help: ArgumentHelp(
      "Start from the weights of a checkpoint, or from shipped ones, and, without --preset and --config, with their "
        + "settings. For another number of classes the classifier starts anew.", valueName: "file"))
  var weights: String?
  @Option(
    help: ArgumentHelp("Train a trial of a search in full, on all images that are not held out.", valueName: "study#17")
  )
  var fromTrial: String?
  @OptionGroup var place: StorageOptions

  private var flags: [Configuration.Layer] {
    let pairs: [(String, String?)] = [
      ("data.dataset", dataset.map(YAMLText.scalar)), ("training.epochs", epochs.map { "\($0)" }),
      ("training.batchSize", batchSize.map { "\($0)" }), ("optimizer.learningRate", learningRate.map { "\($0)" }),
      ("training.seed", seed.map { "\($0)" }), ("data.limitTrain", limitTrain.map { "\($0)" }),
    ]
    return pairs.compactMap { key, value in value.map { .assignment("\(key)=\($0)") } } + engine.layers
  }

  func validate() throws {
    if resume != nil, !options.isEmpty || !flags.isEmpty || name != nil || weights != nil || fromTrial != nil {
      throw ValidationError("--resume goes on with the run as it was configured: leave out other settings")
    }
    if fromTrial == nil, !place.flag.isEmpty {
      throw ValidationError("--storage is where --from-trial STUDY#N is looked for: name one")
    }
    if fromTrial != nil, options.preset != nil {
      throw ValidationError("--from-trial has a configuration of its own: leave out --preset, or change it with --set")
    }
  }

  func run() throws {
    let folder = URL(fileURLWithPath: runs)
    var configuration: Configuration
    var resumed: RunDirectory?
    let checkpoint = try weights.map(ShippedWeights.file)
    let trial = try fromTrial.map { try StudyTrial($0, in: place) }
    if let resume {
      let run = try RunDirectory.find(resume, in: folder)
      if let summary = try run.finishedSummary() {
        Console.error(
          "\(run.url.path) is finished; to train on: \(Environment.program) train --weights "
            + "\(ShellText.quoted(try run.chosenWeights.path))\(dataOptions.flag) --epochs …")
        return try report(summary, run)
      }
      configuration = try run.storedConfiguration()
      resumed = run
    } else {
      configuration = try Configuration.resolve(base(trial, checkpoint) + options.layers + flags)
      configuration.remarkOnFactors()
      if let trial, trial.configuration.model != configuration.model {
        Console.error("the network is not that of the trial: --config or --set changes it")
      }
    }
    let dataset: Dataset
    do {
      if resumed == nil { try configuration.announceFolder() }
      dataset = try configuration.dataset(from: dataOptions.directory)
    } catch let error as DatasetError where error.kind == .missing && resumed != nil {
      throw DatasetError(
        .missing, at: error.path, error.problem,
        remedy: "a run goes on with the images that it began with: bring them back, link them there, or say --data")
    }
    if resumed == nil { try configuration.suit(dataset.train, namesClasses: options.namesClasses()) }
    try configuration.fillNormalization(from: dataset)
    let backend = try OneDNNBackend.make(configuration)
    let start = try checkpoint.map { try Self.load($0, for: configuration) }
    let run = try resumed ?? RunDirectory.unused(in: folder, name: name, stem: stem(trial))
    if FileManager.default.fileExists(atPath: run.url.appendingPathComponent(StudyRecord.ownerFile).path) {
      throw ConfigurationError("\(run.url.path) is the folder of a study: choose another --name")
    }
    let (begun, precision) = run.precision(configuration.training.precision, best: OneDNNBackend.bestPrecision)
    if begun == .bf16, precision == .fp32 {
      Console.error("this CPU has no bf16, in which the run began: it goes on in fp32, and not to the same bytes")
    }
    var interruption: Interruption?
    let reporter = ProgressReporter(
      isTerminal: Console.isTerminal, width: Console.width, usesColor: Console.usesColor, write: Console.progress)
    defer { reporter.finish() }
    var log: TensorBoardLog?
    let trainer = try Trainer(
      configuration, dataset: dataset, backend: backend, precision: precision, run: run,
      emit: { event in
        reporter.show(event)
        log?.record(event)
      }, isInterrupted: { interruption?.isRequested == true })
    if let start, let weights {
      if try trainer.start(from: start.parameters, called: weights) {
        try start.info.checkOrder(of: dataset.train)
        if let remark = start.info.remark(on: dataset.train) { Console.error(remark) }
      } else {
        Console.error("the classifier starts anew: the checkpoint's has another shape")
      }
      try start.info.check(heldOut: configuration.data, of: dataset.train)
    }
    if resumed != nil { try trainer.resume() }
    log = TensorBoardLog(run: run, configuration: configuration, samples: try trainer.augmentedSamples()) { problem in
      reporter.finish()
      Console.error(problem)
    }

    Console.error(
      "run \(run.url.path): \(Format.grouped(try configuration.model.graph().parameterCount)) parameters, "
        + "\(precision.rawValue), \(Format.counted(backend.threads, "thread"))")
    let continuation =
      "go on with: \(Environment.program) train --resume \(ShellText.quoted(run.url.path))\(dataOptions.flag)"
    let outcome: TrainingOutcome
    do {
      // Until here there is nothing to save, and a signal just ends the program.
      let watch = Interruption()
      interruption = watch
      outcome = try trainer.train()
      if case .finished = outcome { watch.endAtOnce(saying: "interrupted before the test; \(continuation)") }
    } catch  where run.exists && (error is FileError || error is SafetensorsError) {
      reporter.finish()
      Console.error("the last checkpoint stays; once files can be written again, \(continuation)")
      throw error
    }
    reporter.finish()
    switch outcome {
    case .interrupted(let epoch, let step):
      Console.error("interrupted after epoch \(epoch), step \(step); \(continuation)")
      throw ExitCode(130)
    case .finished(let result):
      let (summary, evaluation) = try finish(run, result, configuration, dataset, backend, precision)
      try run.write(summary)
      log?.finish(summary)
      do {
        try writeReport(run, evaluation, configuration, dataset, precision)
      } catch {
        // What matters is written.
        Console.error("no report: \(error)")
      }
      try report(summary, run)
    }
  }

  /// Weights to start from. Those that do not say for which network they are may have the classifier of another one.
  private static func load(
    _ file: URL, for configuration: Configuration
  ) throws -> (parameters: ParameterStore, graph: Graph, info: CheckpointInfo) {
    do {
      return try Checkpoint.load(file, fallback: configuration)
    } catch let error as CheckpointError {
      guard let others = try? Checkpoint.load(file) else { throw error }
      return others
    }
  }

  /// What `--preset` and the like are laid over: a trial's configuration, or that of weights where nothing else is
  /// named: plain settings for their network if they do not say how they were trained.
  private func base(_ trial: StudyTrial?, _ checkpoint: URL?) throws -> [Configuration.Layer] {
    if let trial { return [.text(try trial.configuration.yaml(), origin: trial.study)] }
    guard let checkpoint, options.base.isEmpty,
      let info = try? Checkpoint.describe(checkpoint)
    else { return [] }
    var own = try info.configuration() ?? Configuration(model: info.model)
    own.data.dataset = info.dataset ?? own.data.dataset
    (own.data.mean, own.data.std) = (info.normalization.mean, info.normalization.standardDeviation)
    // The weights are of the whole network, and the threads were another training's.
    own.training.growth = []
    own.training.threads = 0
    return [.text(try own.yaml(), origin: checkpoint.path)]
  }

  /// What a run without a name is called after.
  private func stem(_ trial: StudyTrial?) -> String {
    if let trial { return "\(trial.study.replacing("/", with: "-"))-trial-\(trial.number)" }
    let file = options.configs.last ?? (options.preset == nil ? weights : nil)
    return options.preset ?? file.map { URL(fileURLWithPath: $0).deletingPathExtension().lastPathComponent }
      ?? Preset.default.name
  }

  /// Reads the chosen weights back and judges them on the test images, once.
  private func finish(
    _ run: RunDirectory, _ result: TrainingResult, _ configuration: Configuration, _ dataset: Dataset,
    _ backend: OneDNNBackend, _ precision: Precision
  ) throws -> (RunSummary, Evaluation) {
    let graph = try configuration.model.graph()
    let evaluator = try Evaluator(
      weights: run.chosenWeights, backend: backend, set: dataset.test, precision: precision)
    let evaluation = try evaluator.evaluate()
    let epochs = result.history.count
    let imagesPerEpoch = (result.history.last?.step ?? 0) / max(1, epochs) * configuration.training.batchSize
    var summary = RunSummary(
      parameters: graph.parameterCount, epochs: epochs, seconds: result.seconds,
      validationAccuracy: result.validationAccuracy, chosenEpoch: result.chosenEpoch,
      testAccuracy: evaluation.accuracy, testAccuracyFlipTTA: try evaluator.evaluate(tta: .flip).accuracy,
      trainingPFLOP: configuration.trainingOperations(in: 0..<epochs) * Double(imagesPerEpoch) / 1e15,
      precision: precision.rawValue, threads: backend.threads, seed: configuration.training.seed,
      cpu: Environment.cpu, versions: Environment.versions, dataset: dataset.name)
    summary.testImages = evaluation.labels.count
    return (summary, evaluation)
  }

  /// The run's page for a browser: all of it is known by now but the drawing.
  private func writeReport(
    _ run: RunDirectory, _ evaluation: Evaluation, _ configuration: Configuration, _ dataset: Dataset,
    _ precision: Precision
  ) throws {
    var data = try RunData(run)
    try data.add(evaluation, dataset, of: run, configuration, in: precision)
    let page = try data.html(path: run.url.relativePath, dataFlag: dataOptions.flag)
    try AtomicFile.write(Data(page.utf8), to: run.report)
  }

  private func report(_ summary: RunSummary, _ run: RunDirectory) throws {
    let validation = summary.validationAccuracy.map { ", validation accuracy \(Format.percent($0))" } ?? ""
    Console.out(
      "\(summary.dataset): \(summary.epochs) epochs in \(Format.duration(summary.seconds)); "
        + "weights of epoch \(summary.chosenEpoch)\(validation)")
    Console.out(
      "test accuracy \(Format.percent(summary.testAccuracy)) "
        + "(\(Format.percent(summary.testAccuracyFlipTTA)) with mirror images averaged)")
    summary.testImages.flatMap { Format.confidence(summary.testAccuracy, of: $0) }.map { Console.out($0) }
    Console.out("weights: \(try run.chosenWeights.path)")
    if FileManager.default.fileExists(atPath: run.report.path) { Console.out("report: \(run.report.path)") }
  }
}

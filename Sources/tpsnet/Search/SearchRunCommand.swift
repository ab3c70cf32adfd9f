// `tpsnet search run`: makes a study or goes on with it, and watches the workers that it starts.
// It may be killed at any moment: the same command goes on.
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

struct SearchRunCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "run",
    abstract: "Make a study, or go on with it, with worker processes on this machine.",
    discussion: """
      The same command again goes on with the study; so does --study NAME alone. --trials may grow. Everything else of \
      a study stays as it was made: other settings are refused.

      Ctrl-C lets all workers write a checkpoint and give their trials back, and exits 130. Workers whose supervisor \
      dies do the same. Trials that crash their worker again and again at the same place fail; others go on from their \
      last checkpoint.

      EXAMPLE
        tpsnet search run --study first --space tpsnet --trials 200 \\
            --images 10000 --workers 2
        tpsnet search run --study rates --space training \\
            --set training.epochs=9 --pruner none --trials 30
      """)

  @OptionGroup var options: StudyOptions
  @OptionGroup(title: "Study") var made: StudyMakingOptions
  @OptionGroup var dataOptions: DataOptions

  @Option(
    help: "The number of trials that the study is to have in all; default: as the study was made; a new one has no end."
  )
  var trials: Int?
  @Option(help: "Worker processes; 0 makes the study and leaves it to `search worker`.")
  var workers = 1
  @Option(help: "Threads of each; default: training.threads, or else the processors divided among the workers.")
  var threadsPerWorker: Int?
  @Option(
    help: ArgumentHelp(
      "Folder of the trials' checkpoints and logs; default: as the study has it, of a new one runs/<study>.",
      valueName: "dir"), transform: path)
  var folder: String?
  @Option(
    help: ArgumentHelp(
      "Seconds without a sign of life after which a worker is taken for dead; default: 60.", valueName: "seconds"))
  var lease: Double?

  func validate() throws {
    if let trials, trials < 1 { throw ValidationError("--trials \(trials): use 1 or more") }
    if !(0...256).contains(workers) { throw ValidationError("--workers \(workers): use 0 to 256") }
    if let threadsPerWorker, !(1...1024).contains(threadsPerWorker) {
      throw ValidationError("--threads-per-worker \(threadsPerWorker): use 1 to 1024")
    }
    if let lease, !StudyRecord.leases.contains(lease) {
      throw ValidationError("--lease \(lease): use 0.5 to 86400 seconds")
    }
  }

  func run() throws {
    let interruption = Interruption()
    let new = try options.place.isThere ? nil : newDefinition()
    let storage = try options.place.open()
    let (record, definition) = try study(in: storage, new)
    let proposer = try definition.proposer()
    describe(proposer)
    let folder = try studyFolder(record, storage)
    guard workers > 0 else { return Console.out(try StudyProgress(storage, record).line) }

    let threads = try threads(definition)
    let processors = Processors.available
    if threads * workers > processors {
      Console.error("\(workers) × \(threads) threads on \(processors) processors: expect them to wait for each other")
    }
    let supervisor = try Supervisor(count: workers, arguments: workerArguments(folder, threads), logs: folder)
    Console.error(
      "\(Format.counted(workers, "worker")) of \(Format.counted(threads, "thread")), logs in \(folder.path)"
    )
    watch(supervisor, record, storage, interruption)

    let progress = try StudyProgress(storage, record)
    Console.out(progress.line)
    if interruption.isRequested {
      Console.error("interrupted; the same command goes on")
      throw ExitCode(130)
    }
    if !supervisor.complaints.isEmpty {
      supervisor.complaints.forEach { Console.error("tpsnet: worker: \($0)") }
      throw ExitCode(1)
    }
    if let reason = try progress.commonestError(storage, record) {
      let failed =
        progress.best == nil
        ? "no trial has a result" : "\(Format.counted(progress.counts[.failed] ?? 0, "trial")) failed"
      Console.error("tpsnet: \(failed); the most frequent reason: \(reason)")
      if progress.best == nil { throw ExitCode(1) }
    }
    let made = progress.counts.values.reduce(0, +)
    if let wanted = definition.trials, made < wanted, !isStopped(record, storage) {
      Console.error(
        "the space has no more points that are possible and keep the budget: \(Format.counted(made, "trial")) instead of "
          + "\(wanted)")
    }
    if let best = progress.best {
      Console.error("the best in full: \(record.command(forTrial: best.number, in: options.place))\(dataOptions.flag)")
    }
  }

  /// Threads of each worker: as the option says, or else the configuration, or else its share of the processors.
  private func threads(_ definition: StudyDefinition) throws -> Int {
    let configured = try definition.baseConfiguration().training.threads
    let share = max(1, Processors.available / max(1, workers))
    return threadsPerWorker ?? (configured > 0 ? configured : share)
  }

  /// The study, made where there is none, and otherwise held to what is asked for.
  private func study(
    in storage: any StudyStorage, _ new: StudyDefinition?
  ) throws -> (StudyRecord, StudyDefinition) {
    let known = try storage.study(named: options.study)
    if let known, known.attributes[StudyDefinition.attribute] != nil {
      let stored = try known.definition()
      if let lease, .seconds(lease) != known.lease {
        throw ConfigurationError(
          "--lease: study \(known.name) was made with \(known.lease / .seconds(1)) seconds, which its workers go by: "
            + "leave the option out, or choose another --study")
      }
      var definition = try made.definition(goingOnWith: stored)
      try definition.demandSame(as: stored, study: known.name)
      definition.trials = trials ?? stored.trials
      if definition.trials != stored.trials {
        try storage.setAttribute(StudyDefinition.attribute, to: definition.json(), ofStudy: known.id)
      }
      Console.error(try StudyProgress(storage, known).line)
      return (known, definition)
    }
    let definition = try new ?? newDefinition()
    // The definition comes last: a study that has one has the rest.
    let attributes = [
      (StudyRecord.leaseAttribute, "\(lease ?? 60)"), (StudyRecord.ownerAttribute, StudyRecord.newOwner),
      (StudyDefinition.attribute, try definition.json()),
    ]
    guard let known else {
      return (
        try storage.createStudy(named: options.study, attributes: Dictionary(uniqueKeysWithValues: attributes)),
        definition
      )
    }
    // Made by another program, which may have enqueued trials.
    for (key, json) in attributes { try storage.setAttribute(key, to: json, ofStudy: known.id) }
    return (try storage.known(known.name), definition)
  }

  /// A new study's trials would go on from the checkpoints of another's. Throws `ConfigurationError` there, and where a
  /// name is to be a folder's and cannot.
  private func demandEmptyFolder() throws {
    let name = options.study
    if name.hasPrefix("-")
      || folder == nil && (name.contains("/") || [".", ".."].contains(name) || name.utf8.count > 200)
    {
      throw ConfigurationError(
        "--study \(name): use a plain folder name" + (name.hasPrefix("-") ? "" : ", or say --folder"))
    }
    let path = folder ?? Self.folder(of: name)
    let names = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
    if names.contains(where: { $0.hasPrefix("trial-") || $0 == StudyRecord.ownerFile }) {
      throw ConfigurationError(
        "\(path) holds the trials of another study, which --storage \(try options.place.url) does not know: say which "
          + "does, or choose another --folder")
    }
    if RunDirectory(URL(fileURLWithPath: path)).exists {
      throw ConfigurationError("\(path) is the folder of a run of train: choose another --study or --folder")
    }
  }

  private static func folder(of study: String) -> String { "runs/\(study)" }

  /// What a new study is to be, made only if it can run.
  private func newDefinition() throws -> StudyDefinition {
    try demandEmptyFolder()
    var definition = try made.newDefinition(of: options.study)
    definition.trials = trials
    if made.needsCalibration {
      Console.error("measuring this machine for the budget of time and memory")
      definition.calibration = try MachineRates.measured(
        for: definition, data: dataOptions.directory, threads: threads(definition))
    }
    try checkTraining(definition)
    return definition
  }

  /// A study keeps its settings: one whose images are missing, or do not suit its networks, could not be mended. Where
  /// there are no workers here, there need not be images either, but a data set that exists.
  private func checkTraining(_ definition: StudyDefinition) throws {
    let proposer = try definition.proposer()
    _ = try DatasetSource(parsing: proposer.space.base.data.dataset)
    guard var trial = try proposer.trainableConfiguration(), workers > 0 else { return }
    let images = try trial.loadDataset(from: dataOptions.directory).train
    try Trainer.check(images, fits: trial.model.graph())
    let left = try Trainer.split(images, trial.data).train.count
    // What is searched fails those trials alone.
    func isFixed(_ path: String) -> Bool { proposer.space.parameter(named: path) == nil }
    guard trial.training.batchSize <= left || !isFixed("training.batchSize") else {
      throw ConfigurationError(
        "training.batchSize: \(trial.training.batchSize) is more than the \(left) images left to train on")
    }
    let hasPrecision = trial.training.precision.resolved == .fp32 || OneDNNBackend.bestPrecision == .bf16
    guard hasPrecision || !isFixed("training.precision") else {
      throw ConfigurationError("training.precision: this CPU has no bf16 instructions: use fp32 or auto")
    }
  }

  private func describe(_ proposer: Proposer) {
    let definition = proposer.definition
    let base = proposer.space.base
    let share = proposer.feasibleShare()
    let margin = share.isExact ? "" : " (± \(Format.percent(share.uncertainty)))"
    func percent(_ points: Int) -> String { Format.percent(Double(points) / Double(share.points)) }
    var lost = share.over.sorted { $0.key < $1.key }.map { "\(percent($1)) over \($0)" }
    if share.impossible > 0 { lost.append("\(percent(share.impossible)) impossible") }
    Console.error(
      "\(Format.counted(proposer.space.parameters.count, "variable")); \(Format.percent(share.share))\(margin) of the space keeps the budget"
        + (lost.isEmpty ? "" : "; " + lost.joined(separator: ", ")))
    let images = base.data.limitTrain > 0 ? Format.grouped(base.data.limitTrain) : "all"
    let rungs = definition.rungs
    if definition.trials == nil, definition.sampler != .grid {
      Console.error("no --trials: new trials are made until Ctrl-C or tpsnet search stop")
    }
    if let trials = definition.trials, case .asha(_, let share, .pause) = definition.pruner,
      rungs.reduce(trials, { count, _ in count / share }) == 0
    {
      Console.error(
        "\(Format.counted(trials, "trial")): too few for one to be trained to its end, as each of "
          + "\(Format.counted(rungs.count, "rung")) lets one in \(share) go on: raise --trials, or use --asha stop or "
          + "--pruner none in another study")
    }
    Console.error(
      "\(images) training images, \(Format.grouped(base.data.validation)) held out for validation; "
        + Format.counted(definition.epochs, "epoch")
        + (rungs.isEmpty || rungs.count > 20 ? "" : ", rungs after \(rungs.map(String.init).joined(separator: ", "))"))
  }

  /// The study's folder, made if need be and kept in the study for other workers.
  private func studyFolder(_ record: StudyRecord, _ storage: any StudyStorage) throws -> URL {
    let url =
      folder.map { URL(fileURLWithPath: $0) } ?? record.folder ?? URL(fileURLWithPath: Self.folder(of: record.name))
    try record.claim(url)
    if record.folder == nil {
      try storage.setAttribute(StudyRecord.folderAttribute, to: url.path.jsonQuoted, ofStudy: record.id)
    }
    return url
  }

  private func workerArguments(_ folder: URL, _ threads: Int) -> [String] {
    [
      "search", "worker", "--study=\(options.study)", "--storage=\(options.place.storage)", "--threads", "\(threads)",
      "--folder", folder.path, "--supervised",
    ] + (dataOptions.data.map { ["--data=\($0)"] } ?? [])
  }

  /// Whether `search stop` was called since `record` was read.
  private func isStopped(_ record: StudyRecord, _ storage: any StudyStorage) -> Bool {
    guard let now = try? storage.study(named: record.name) else { return false }
    return now.attributes[StudyAttribute.stop] != record.attributes[StudyAttribute.stop]
  }

  private func watch(
    _ supervisor: Supervisor, _ record: StudyRecord, _ storage: any StudyStorage, _ interruption: Interruption
  ) {
    let display = StudyDisplay(storage, record)
    defer { display.finish() }
    var isEnding = false
    var looks = 0
    while supervisor.look() {
      // A worker that is started again after it crashed knows nothing of an earlier wish.
      let isStopped = looks.isMultiple(of: 50) && !isEnding && isStopped(record, storage)
      looks += 1
      if interruption.isRequested || isStopped, !isEnding {
        isEnding = true
        supervisor.end()
        display.note(
          (isStopped ? "the study was stopped: " : "") + "waiting for the workers' checkpoints"
            + (isStopped ? "" : "; Ctrl-C again ends at once"))
      }
      display.show(crashes: supervisor.restarts)
      usleep(100_000)
    }
  }
}

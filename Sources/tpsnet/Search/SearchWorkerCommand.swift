// `tpsnet search worker`: one process that works on a study, started by `run` or by hand on any machine.
// All it needs to know is in the storage.
import ArgumentParser
import Compute
import Datasets
import Foundation
import OneDNNBackend
import Reports
import Search
import Training

struct SearchWorkerCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "worker",
    abstract: "Work on a study from this machine, until it is done.",
    discussion: """
      Workers on several machines share the storage and, for trials to move from one to another with their checkpoints, \
      the study's folder under the same path (or --folder). Ctrl-C, SIGTERM and `search stop` give the present trial \
      back after a checkpoint.

      EXAMPLE
        tpsnet search worker --study first --threads 8 \\
            --storage postgresql://me@server/studies
      """)

  @OptionGroup var options: StudyOptions
  @OptionGroup var dataOptions: DataOptions
  @Option(help: "Threads of the training; default: training.threads, or else OMP_NUM_THREADS or all processors.")
  var threads: Int?
  @Option(
    help: ArgumentHelp("The study's folder on this machine; default: as the study has it.", valueName: "dir"),
    transform: path)
  var folder: String?
  @Flag(help: .hidden)
  var supervised = false

  func validate() throws {
    if let threads, !(1...1024).contains(threads) { throw ValidationError("--threads \(threads): use 1 to 1024") }
  }

  func run() throws {
    let interruption = Interruption()
    let lifeline = supervised ? Lifeline() : nil
    let storage = try options.place.existing()
    let record = try storage.known(options.study)
    let proposer = try record.definition().proposer()
    guard let folder = folder.map({ URL(fileURLWithPath: $0) }) ?? record.folder else {
      throw ConfigurationError("study \(record.name) has no folder for checkpoints yet: name one with --folder")
    }
    try record.claim(folder)
    let surroundings = TrialSurroundings(data: dataOptions.directory, threads: threads) { images in
      try record.demandSame(images, in: storage)
    }
    let training = TrialTraining(
      in: folder, configuration: proposer.configuration, prepare: surroundings.prepare,
      watch: { _, write in
        ProgressReporter(isTerminal: false, width: 120, usesColor: false, write: write).show
      })
    let worker = Worker(
      on: record, in: storage, proposer: proposer, lease: record.lease,
      isStopped: { interruption.isRequested || lifeline?.isCut == true }, log: Console.error,
      train: training.callAsFunction)
    _ = try worker.run()
    if interruption.isRequested { throw ExitCode(130) }
  }
}

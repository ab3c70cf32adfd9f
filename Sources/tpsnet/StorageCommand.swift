// `tpsnet storage`: trials that train nothing, for the tests and benchmarks of the search's coordination.
// Hidden from the help, because nobody who searches needs it.
import ArgumentParser
import Foundation
import Randomness
import Search

struct StorageCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "storage", abstract: "Exercise a study's storage with trials that train nothing.",
    shouldDisplay: false, subcommands: [Fill.self, Work.self, Hold.self, Dump.self])

  struct Place: ParsableArguments {
    @Option(help: "The database: a file or postgresql://…")
    var storage: String

    @Option(help: "The study's name.")
    var study: String

    /// The storage and the study, which is made if it is missing.
    func open() throws -> (storage: DatabaseStorage, study: Int) {
      let storage = try DatabaseStorage(url: storage)
      if let record = try storage.study(named: study) { return (storage, record.id) }
      do {
        return (storage, try storage.createStudy(named: study, attributes: [:]).id)
      } catch StorageError.studyExists {
        return try open()
      }
    }
  }

  /// Adds finished trials.
  struct Fill: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Add trials, many in one transaction.")

    @OptionGroup var place: Place

    @Option(help: "Number of trials that the study is to have.")
    var trials: Int

    @Flag(help: "Let them wait for a worker instead of being complete.")
    var waiting = false

    func run() throws {
      let (storage, study) = try place.open()
      var isFull = false
      while !isFull {
        try storage.inOneTransaction {
          for _ in 0..<1000 {
            let claim = try storage.createTrial(in: study, isClaimed: !waiting, limit: trials) { number, _ in
              FakeTrial.proposal(number)
            }
            guard let claim else {
              isFull = true
              return
            }
            if waiting { continue }
            let value = FakeTrial.value(claim.trial.number, rung: 0)
            try storage.report(value, epoch: 1, of: claim)
            _ = try storage.complete(rung: 0, value: value, of: claim)
            try storage.finish(claim, as: .complete, value: value)
          }
        }
      }
    }
  }

  /// Works on trials until none are left.
  struct Work: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Run trials that only sleep; print `NUMBER STATE MICROSECONDS` for each, the time its storage took.")

    @OptionGroup var place: Place

    @Option(help: "Number of trials that the study is to have.")
    var trials: Int

    @Option(help: "Seconds after which no more trials are begun.")
    var seconds: Double?

    @Flag(help: "Say `ready`, and begin with the next line of standard input.")
    var onSignal = false

    @Option(help: "Milliseconds that a trial sleeps at each rung.")
    var milliseconds = 1.0

    @Option(help: "Number of rungs, where most trials pause; 1 is none.")
    var rungs = 1

    @Option(help: "One trial of this many goes on past a rung.")
    var reductionFactor = 3

    @Option(help: "Milliseconds after which a trial whose lease stands still is taken over; 0 is never.")
    var lease = 0

    func run() throws {
      let (storage, study) = try place.open()
      var worker = FakeWorker(
        storage: storage, study: study, limit: trials, pause: milliseconds / 1000, rungs: rungs,
        reductionFactor: reductionFactor, lease: lease > 0 ? .milliseconds(lease) : nil)
      if onSignal {
        Console.out("ready")
        _ = readLine()
      }
      try worker.run(until: seconds.map { .now + .seconds($0) })
    }
  }

  /// Keeps everybody else from writing.
  struct Hold: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Hold the storage's write lock, saying when it is taken.")

    @OptionGroup var place: Place

    @Option(help: "Seconds to hold it for.")
    var seconds: Double

    func run() throws {
      let (storage, study) = try place.open()
      try storage.inOneTransaction {
        _ = try storage.createTrial(in: study, isClaimed: true, limit: nil) { _, _ in
          Console.out("held")
          Thread.sleep(forTimeInterval: seconds)
          return nil
        }
      }
    }
  }

  /// Prints a study.
  struct Dump: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Print a study's trials as JSON.")

    @OptionGroup var place: Place

    func run() throws {
      let (storage, study) = try place.open()
      try Console.json(try storage.trials(in: study, states: nil).map(TrialDocument.init))
    }
  }
}

private struct TrialDocument: Encodable {
  let number: Int
  let state: String
  let value: Double?
  let parameters: [String: Double]
  let distributions: [String: String]
  let intermediateValues: [String: Double]
  let userAttributes: [String: String]
  let systemAttributes: [String: String]

  init(_ trial: Trial) {
    number = trial.number
    state = trial.state.rawValue
    value = trial.value
    parameters = trial.parameters.mapValues(\.stored)
    distributions = trial.parameters.mapValues(\.distribution.json)
    intermediateValues = Dictionary(uniqueKeysWithValues: trial.intermediateValues.map { ("\($0)", $1) })
    userAttributes = trial.userAttributes
    systemAttributes = trial.systemAttributes
  }
}

// `tpsnet search best`: the best trials of a study, and how to train them in full.
// Complete trials come before others, whose accuracy is of fewer epochs.
import ArgumentParser
import Reports
import Search
import Training

struct SearchBestCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "best",
    abstract: "Show a study's best trials.",
    discussion: """
      EXAMPLE
        tpsnet search best --study first --top 3
      """)

  @OptionGroup var options: StudyOptions
  @Option(help: "How many.")
  var top = 1
  @Flag(help: "Print one JSON document.")
  var json = false

  func validate() throws {
    if top < 1 { throw ValidationError("--top \(top): use 1 or more") }
  }

  func run() throws {
    let storage = try options.place.existing()
    let record = try storage.known(options.study)
    let best = Trial.ranked(try storage.trials(in: record.id, states: nil)).prefix(top)
    guard let first = best.first else {
      throw ConfigurationError("study \(record.name) has no trial with a result yet: see tpsnet search list")
    }
    if json { return try Console.json(best.map(TrialRow.init)) }
    Console.out(TrialRow.table(best.map(TrialRow.init)).text)
    Console.out("\nin full: \(record.command(forTrial: first.number, in: options.place))")
  }
}

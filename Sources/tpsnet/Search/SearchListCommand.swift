// `tpsnet search list`: all trials of a study, or all studies of a storage.
// With `--watch`, as they go.
import ArgumentParser
import Foundation
import Reports
import Search
import Training

struct SearchListCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list",
    abstract: "List a study's trials; without --study, the studies.",
    discussion: """
      EXAMPLE
        tpsnet search list --study first
        tpsnet search list --study first --csv > first.csv
      """)

  @OptionGroup var place: StorageOptions
  @Option(help: "Name of the study.")
  var study: String?
  @Flag(help: "Show the latest trials, again every two seconds, until Ctrl-C.")
  var watch = false
  @Flag(help: "Print one JSON document.")
  var json = false
  @Flag(help: "Print CSV.")
  var csv = false

  func validate() throws {
    if json && csv { throw ValidationError("--json or --csv: choose one") }
    if watch && (json || csv) { throw ValidationError("--watch shows a table: leave out --json and --csv") }
    if watch && !Console.outputIsTerminal {
      throw ValidationError("--watch needs a terminal: leave it out to print the table once")
    }
    if study == nil && (watch || csv) { throw ValidationError("--watch and --csv need a --study") }
  }

  private struct Document: Encodable {
    let study: String
    let counts: [String: Int]
    let trials: [TrialRow]
  }

  private struct StudyRow: Encodable {
    let study: String
    let counts: [String: Int]
  }

  func run() throws {
    let storage = try place.existing()
    guard let study else { return try listStudies(storage) }
    let record = try storage.known(study)
    guard watch else { return try list(record, storage) }
    let interruption = Interruption()
    while !interruption.isRequested {
      let rows = try storage.trials(in: record.id, states: nil).map(TrialRow.init)
      let screen = Console.outputSize ?? (80, 24)
      // The latest, behind the progress, an empty line and the heading of two.
      let text = TrialRow.table(Array(rows.suffix(max(1, screen.rows - 5)))).text
      let lines = [try StudyProgress(storage, record).line, ""] + text.split(separator: "\n").map(String.init)
      // From the top of a cleared screen.
      Console.out("\u{1B}[H\u{1B}[2J" + lines.map { String($0.prefix(screen.columns)) }.joined(separator: "\n"))
      for _ in 0..<20 where !interruption.isRequested { usleep(100_000) }
    }
  }

  private func list(_ record: StudyRecord, _ storage: any StudyStorage) throws {
    let rows = try storage.trials(in: record.id, states: nil).map(TrialRow.init)
    if json {
      try Console.json(Document(study: record.name, counts: counts(record, storage), trials: rows))
    } else if csv {
      Console.out(TrialRow.csv(rows))
    } else {
      Console.out(TrialRow.table(rows).text)
      Console.out("\n" + (try StudyProgress(storage, record).line))
    }
  }

  private func counts(_ record: StudyRecord, _ storage: any StudyStorage) throws -> [String: Int] {
    let counts = try storage.counts(in: record.id)
    return Dictionary(uniqueKeysWithValues: TrialState.allCases.map { ($0.rawValue, counts[$0] ?? 0) })
  }

  private func listStudies(_ storage: any StudyStorage) throws {
    let studies = try storage.studies()
    if json {
      return try Console.json(studies.map { StudyRow(study: $0.name, counts: try counts($0, storage)) })
    }
    var table = Table(["study"] + TrialState.allCases.map(\.word))
    for study in studies {
      let counts = try storage.counts(in: study.id)
      table.append([study.name] + TrialState.allCases.map { "\(counts[$0] ?? 0)" })
    }
    Console.out(table.text)
  }
}

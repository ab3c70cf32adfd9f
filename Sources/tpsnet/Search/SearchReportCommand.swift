// `tpsnet search report`: what a study found, for a browser, a folder of figures, another program or the terminal.
// It reads only, so that a study may go on meanwhile.
import ArgumentParser
import Formats
import Foundation
import Reports
import Search
import Training

struct SearchReportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "report",
    abstract: "Report a study: best trials, what matters, what accuracy costs, how it went.",
    discussion: """
      Without --output, --plots, --json and --csv, the short form goes to the terminal. The HTML file needs nothing else \
      and no network. Trials are compared after the most epochs that a fifth of them, or ten, have come to, or after --epoch.

      EXAMPLE
        tpsnet search report --study first
        tpsnet search report --study first --output first.html --plots figures
      """)

  @OptionGroup var options: StudyOptions
  @Option(help: ArgumentHelp("Write the report as one HTML file.", valueName: "file"), transform: path)
  var output: String?
  @Option(help: ArgumentHelp("Write every figure as SVG, PNG and PDF.", valueName: "dir"), transform: path)
  var plots: String?
  @Option(help: ArgumentHelp("Compare trials after so many epochs.", valueName: "count"))
  var epoch: Int?
  @Flag(help: "Print one JSON document.")
  var json = false
  @Flag(help: "Print all trials as CSV.")
  var csv = false

  func validate() throws {
    if json && csv { throw ValidationError("--json or --csv: choose one") }
  }

  private struct Document: Encodable {
    struct Share: Encodable {
      let variable: String
      let share: Double
    }

    let study: String
    let counts: [String: Int]
    let comparedAfterEpochs: Int?
    let importance: [Share]
    let best: TrialRow?
    let trials: [TrialRow]
  }

  func run() throws {
    if let output { try OutputFile.demand("--output", output, isNoneOf: options.place.files) }
    let storage = try options.place.existing()
    let record = try storage.known(options.study)
    let trials = try storage.trials(in: record.id, states: nil)
    if let epoch, !trials.contains(where: { $0.intermediateValues[epoch] != nil }) {
      let known = Set(trials.flatMap(\.intermediateValues.keys)).sorted()
      let range = known.first.flatMap { first in known.last.map { "use \(first) to \($0)" } }
      throw ConfigurationError("--epoch \(epoch): no trial has been measured then; \(range ?? "none has been at all")")
    }
    if csv { Console.out(TrialRow.csv(trials.map(TrialRow.init))) }
    if csv, output == nil, plots == nil { return }
    // A study that another program made has no definition.
    let definition = record.attributes[StudyDefinition.attribute] == nil ? nil : try record.definition()
    let data = StudyData(name: record.name, definition: definition, trials: trials, epoch: epoch)
    if json { try Console.json(document(data)) }
    if let output {
      let page = data.html(storageFlag: options.place.flag)
      try AtomicFile.write(Data(page.utf8), to: URL(fileURLWithPath: output))
      Console.error("report: \(output)")
    }
    if let plots { try data.figures.write(to: URL(fileURLWithPath: plots)) }
    if !json, !csv, output == nil, plots == nil {
      Console.out(data.text(width: Console.outputWidth, usesColor: Console.outputUsesColor))
    }
  }

  private func document(_ data: StudyData) -> Document {
    Document(
      study: data.name,
      counts: Dictionary(
        uniqueKeysWithValues: TrialState.allCases.map { state in
          (state.rawValue, data.trials.count { $0.state == state })
        }),
      comparedAfterEpochs: data.epoch,
      importance: data.importance.map { Document.Share(variable: $0.parameter, share: $0.value) },
      best: data.ranked.first.map(TrialRow.init), trials: data.trials.map(TrialRow.init))
  }
}

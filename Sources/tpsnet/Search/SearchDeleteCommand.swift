// `tpsnet search delete`: removes a study from its database.
// The files of its trials stay, because others may share the folder.
import ArgumentParser
import Foundation
import Reports
import Search
import Training

struct SearchDeleteCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "delete",
    abstract: "Remove a study from its database; its trials' files stay.",
    discussion: """
      End its workers first, also those that wait for something to do: tpsnet search stop. A study with running \
      trials is refused; --force is for workers that died and left theirs running.

      EXAMPLE
        tpsnet search delete --study first
      """)

  @OptionGroup var options: StudyOptions
  @Flag(help: "Delete it although trials are running: their workers are dead.")
  var force = false

  func run() throws {
    let storage = try options.place.existing()
    let record = try storage.known(options.study)
    let counts = try storage.counts(in: record.id)
    let running = counts[.running] ?? 0
    guard force || running == 0 else {
      throw ConfigurationError(
        "\(Format.counted(running, "trial")) of study \(record.name) at work: end the workers with tpsnet search stop, or add "
          + "--force if they are dead")
    }
    try storage.delete(study: record.id, force: force)
    let files = record.folder.map { "; what its trials wrote is still in \($0.path)" } ?? ""
    Console.error("deleted study \(record.name) of \(Format.counted(counts.values.reduce(0, +), "trial"))\(files)")
  }
}

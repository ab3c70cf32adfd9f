// `tpsnet search stop`: asks all workers of a study, wherever they are, to end after a checkpoint.
// The wish is kept in the study; workers that start later do not heed it.
import ArgumentParser
import Foundation
import Reports
import Search

struct SearchStopCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "stop",
    abstract: "Ask all workers of a study to end; `search run` or `search worker` goes on.",
    discussion: """
      EXAMPLE
        tpsnet search stop --study first
      """)

  @OptionGroup var options: StudyOptions

  func run() throws {
    let storage = try options.place.existing()
    let record = try storage.known(options.study)
    try storage.setAttribute(StudyAttribute.stop, to: "\(UInt32.random(in: 1 ... .max))", ofStudy: record.id)
    let running = try storage.counts(in: record.id)[.running] ?? 0
    Console.error(
      running == 0
        ? "no trial of study \(record.name) is running"
        : "asked the workers of \(Format.counted(running, "running trial")) of study \(record.name) to end after a checkpoint"
    )
  }
}

// `tpsnet search enqueue`: trials of one's own choice, run before new ones are drawn.
// What is not given is drawn as for any other trial.
import ArgumentParser
import Foundation
import Search
import Training

struct SearchEnqueueCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "enqueue",
    abstract: "Give a study a trial to run next.",
    discussion: """
      EXAMPLE
        tpsnet search enqueue --study first model.layers=3 \\
            optimizer.learningRate=0.05
      """)

  @OptionGroup var options: StudyOptions
  @Argument(help: ArgumentHelp("Variables of the study and their values; others are drawn.", valueName: "path=value"))
  var values: [String]

  func run() throws {
    let storage = try options.place.existing()
    let record = try storage.known(options.study)
    let proposer = try record.definition().proposer()
    var chosen: [String: Choice] = [:]
    for text in values {
      guard let assignment = Assignment(text) else { throw ConfigurationError("\(text): write it as path=value") }
      guard chosen.updateValue(Choice(text: assignment.value), forKey: assignment.key) == nil else {
        throw ConfigurationError("\(assignment.key) is given twice")
      }
    }
    let claim = try storage.createTrial(in: record.id, isClaimed: false, limit: nil) { number, isTaken in
      try proposer.enqueue(chosen, number: number, isTaken: isTaken)
    }
    guard let trial = claim?.trial else { return }
    let drawn = trial.parameters.sorted { $0.key < $1.key }.compactMap { name, value in
      value.value.map { "\(name)=\($0)" }
    }
    Console.out("trial \(trial.number): \(drawn.joined(separator: " "))")
  }
}

// A trial named STUDY#17, and the configuration by which it is trained in full:
// its own, on all images again where the study used a part of them.
import Foundation
import Models
import Search
import Training

/// A trial of a study.
struct StudyTrial {
  let study: String
  let number: Int
  let configuration: Configuration

  /// Reads `text` as STUDY#NUMBER and finds the trial. Throws `ConfigurationError` where there is none.
  init(_ text: String, in place: StorageOptions) throws {
    guard let mark = text.lastIndex(of: "#"), mark != text.startIndex,
      let number = Int(text[text.index(after: mark)...])
    else { throw ConfigurationError("--from-trial \(text): write it as STUDY#NUMBER") }
    let storage = try place.existing()
    let record = try storage.known(String(text[..<mark]))
    guard let trial = try storage.trial(number: number, in: record.id) else {
      let count = try storage.counts(in: record.id).values.reduce(0, +)
      throw ConfigurationError(
        "study \(record.name) has no trial \(number): "
          + (count == 0
            ? "it has none yet"
            : count == 1 ? "it has trial 0 alone" : "use 0 to \(count - 1), or see tpsnet search best"))
    }
    let proposer = try record.definition().proposer()
    var configuration = try proposer.configuration(of: trial)
    configuration.data.limitTrain = 0
    // Those of one worker of several.
    configuration.training.threads = 0
    configuration.data.validation = proposer.definition.fullValidation ?? configuration.data.validation
    // The rungs made the schedule.
    if proposer.definition.horizon == .rung { configuration.schedule = proposer.space.base.schedule }
    study = record.name
    self.number = number
    self.configuration = configuration
  }
}

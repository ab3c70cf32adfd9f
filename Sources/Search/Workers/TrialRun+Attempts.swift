// The runs of a trial are numbered by the storage, so that two claims never take the same number;
// and a trial that its workers die of, again and again at the same place, is given up.
import Foundation
import Training

extension TrialRun {
  /// How often workers died at one place of a trial.
  private struct Deaths: Codable {
    var count: Int
    /// Steps done, by the last checkpoint.
    var step: Int
    /// The last epoch that the study knows of: checkpoints may be on another machine.
    var epoch: Int?
  }

  /// The attribute that counts the runs.
  static let attemptNote = "tpsnet:attempt"

  /// The attribute that says where and how often workers died.
  private static let deathsNote = "tpsnet:deaths"

  /// So many deaths at one place are the trial's own fault.
  static let tolerableDeaths = 3

  /// Takes the number of this claim's run. Throws `StorageError.claimLost`, or `TrialFault` where the trial's workers
  /// died too often.
  func nextAttempt(in folder: TrialFolder) throws -> Int {
    let stored = trial.systemAttributes[Self.attemptNote].flatMap { Int($0) } ?? 0
    let number = max(stored, folder.attempts.last ?? 0) + 1
    var attributes = [Self.attemptNote: "\(number)"]
    attempt = number
    // This worker may not get there either.
    if let endingEpoch { attributes.merge(Self.ending(attempt: number, after: endingEpoch)) { $1 } }
    guard isTakenOver else {
      try note(system: attributes)
      return number
    }
    let step = folder.newest.flatMap { try? Checkpoint.describe($0.lastWeights).steps } ?? 0
    let epoch = trial.intermediateValues.keys.max() ?? 0
    var deaths = Deaths(count: 1, step: step, epoch: epoch)
    if let text = trial.systemAttributes[Self.deathsNote],
      let before = try? JSONDecoder().decode(Deaths.self, from: Data(text.utf8)), before.step == step,
      before.epoch ?? epoch == epoch
    {
      deaths.count += before.count
    }
    attributes[Self.deathsNote] = String(decoding: try JSONEncoder().encode(deaths), as: UTF8.self)
    try note(system: attributes)
    guard deaths.count < Self.tolerableDeaths else {
      throw TrialFault(
        "its worker died \(deaths.count) times at the same place (after step \(step)): is there enough memory?")
    }
    return number
  }
}

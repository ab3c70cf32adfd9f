// The history of a run, read back from its metrics.
// Columns are found by their names, so that files of other versions can be read.
import Foundation
import Formats

extension RunDirectory {
  /// The run's epochs so far; none where it has not ended one. Throws `FileError`, or `CheckpointError` where
  /// `metrics.csv` is not what a run writes.
  public func history() throws -> [EpochRecord] {
    guard FileManager.default.fileExists(atPath: metrics.path) else { return [] }
    let lines = String(decoding: try AtomicFile.read(metrics), as: UTF8.self).split(separator: "\n")
    guard let heading = lines.first?.split(separator: ",").map(String.init) else { return [] }
    return try lines.dropFirst().enumerated().map { index, line in
      let cells = line.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
      let row = Dictionary(zip(heading, cells)) { first, _ in first }
      func number(_ name: String) -> Double? { row[name].flatMap(Double.init) }
      guard let epoch = row["epoch"].flatMap({ Int($0) }) else {
        throw CheckpointError(description: "\(metrics.path), line \(index + 2): no epoch: the file was edited")
      }
      return EpochRecord(
        epoch: epoch, step: row["step"].flatMap { Int($0) } ?? 0, trainLoss: number("train_loss") ?? .nan,
        trainAccuracy: number("train_accuracy") ?? .nan, validationLoss: number("val_loss"),
        validationAccuracy: number("val_accuracy"), learningRate: number("learning_rate") ?? .nan,
        imagesPerSecond: number("images_per_second") ?? .nan, seconds: number("seconds") ?? .nan)
    }
  }
}

// A tiny search: twelve trials of a net that trains in a moment, in a folder of its own,
// and what its storage says afterwards.
import Foundation
import Search
import TestSupport
import Testing
import Training

/// Data, a space, a storage and a study's folder.
final class SearchWorkspace {
  let data: Workspace
  let space: String
  let storage: String
  let folder: URL

  init(data: Workspace, folder: URL? = nil) throws {
    self.data = data
    let place = data.folder.url.appendingPathComponent(UUID().uuidString)
    try FileManager.default.createDirectory(at: place, withIntermediateDirectories: true)
    storage = place.appendingPathComponent("study.db").path
    self.folder = folder ?? place.appendingPathComponent("trials")
    space = place.appendingPathComponent("space.yaml").path
    try Data(
      """
      model.stem.channels: { low: 2, high: 6 }
      optimizer.learningRate: { low: 0.01, high: 0.5, log: true }
      training.batchSize: [8, 16]
      """.utf8
    ).write(to: URL(fileURLWithPath: space))
  }

  /// The arguments that make the study or go on with it.
  func arguments(_ more: String..., workers: Int = 2, lease: Double = 1, trials: Int = 12) -> [String] {
    [
      "search", "run", "--study", "tiny", "--storage", storage, "--folder", folder.path, "--data", data.data,
      "--config",
      data.configuration, "--space", space, "--precision", "fp32", "--trials", "\(trials)", "--workers", "\(workers)",
      "--threads-per-worker", "1", "--lease", "\(lease)", "--set", "training.checkpointSeconds=0.05",
    ] + more
  }

  /// Thrown where the study has not been made.
  struct NotYet: Error {}

  /// The storage and the study.
  func study() throws -> (storage: any StudyStorage, record: StudyRecord) {
    let storage = try DatabaseStorage(url: storage, makesTables: false)
    guard let record = try storage.study(named: "tiny") else { throw NotYet() }
    return (storage, record)
  }

  /// All trials.
  func trials() throws -> [Trial] {
    let (storage, record) = try study()
    return try storage.trials(in: record.id, states: nil)
  }

  /// The chosen weights of a trial.
  func weights(_ number: Int) throws -> Data {
    try Data(contentsOf: try #require(TrialFolder(of: number, in: folder).newest).bestWeights)
  }

  /// How often workers said that a trial is complete.
  func completions(_ number: Int) throws -> Int {
    let logs = try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
      .filter { $0.lastPathComponent.hasPrefix("worker-") }
    return try logs.reduce(0) { count, log in
      let lines = try String(contentsOf: log, encoding: .utf8).split(separator: "\n")
      return count + lines.count { $0.hasPrefix("trial \(number) is complete") }
    }
  }
}

/// Processes by number, as the system has them.
enum Processes {
  /// The children of `parent`.
  static func children(of parent: Int32) -> [Int32] {
    let numbers = (try? FileManager.default.contentsOfDirectory(atPath: "/proc"))?.compactMap { Int32($0) } ?? []
    return numbers.filter { self.parent(of: $0) == parent }
  }

  /// The parent of a process that has not ended; nil of one that has, whether or not anybody took notice.
  private static func parent(of number: Int32) -> Int32? {
    guard let status = try? String(contentsOfFile: "/proc/\(number)/stat", encoding: .utf8),
      // The name before the last bracket may hold anything.
      let rest = status.split(separator: ")").last?.split(separator: " "), rest.count > 1, rest[0] != "Z"
    else { return nil }
    return Int32(rest[1])
  }

  /// Waits for the end of a process that is no child.
  static func waitForEnd(of number: Int32) {
    let end = ContinuousClock.now + .seconds(60)
    while parent(of: number) != nil, ContinuousClock.now < end { usleep(5000) }
    #expect(parent(of: number) == nil, "process \(number) does not end")
  }
}

// The folder of a trial: its log, and one run for each claim that has worked on it.
// A worker that lost its trial may still be writing, so no two claims ever share a run.
package import Foundation
import Formats
package import Training

/// `trial-00017/` in a study's folder.
package struct TrialFolder: Sendable {
  /// The folder.
  package let url: URL

  /// The folder of trial `number` in the study's folder `study`.
  package init(of number: Int, in study: URL) {
    url = study.appendingPathComponent(String(format: "trial-%05d", number))
  }

  /// What was printed while it was trained.
  package var log: URL { url.appendingPathComponent("log") }

  /// The newest run that has begun.
  package var newest: RunDirectory? { attempts.map(run(ofAttempt:)).last(where: \.exists) }

  /// The run of the claim with a number, from 1.
  func run(ofAttempt number: Int) -> RunDirectory {
    RunDirectory(url.appendingPathComponent("attempt-\(number)"))
  }

  /// The numbers of all runs here, whole or not, ascending.
  var attempts: [Int] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: url.path)) ?? []
    return names.compactMap { $0.hasPrefix("attempt-") ? Int($0.dropFirst("attempt-".count)) : nil }.sorted()
  }

  /// Makes the folder.
  func make() throws {
    try Self.makeFolder(url)
  }

  /// Makes the run of the claim `number` from the newest run before it that has a checkpoint, and removes those
  /// before it. Where there is none, nothing is made: the trainer will.
  func begin(_ number: Int) throws -> RunDirectory {
    let run = run(ofAttempt: number)
    let older = attempts.filter { $0 < number }
    if let source = older.map(self.run(ofAttempt:)).last(where: { $0.exists && Self.exists($0.state) }) {
      try Self.makeFolder(run.state.deletingLastPathComponent())
      func copy(_ file: KeyPath<RunDirectory, URL>) throws {
        try AtomicFile.write(AtomicFile.read(source[keyPath: file]), to: run[keyPath: file])
      }
      // Whoever lost the trial may still be at work. What a state knows of is there when it is written, so it is copied
      // first; where it has gone, so has the trial. The configuration comes last: it says that the rest is there.
      try copy(\.state)
      for file in [\RunDirectory.bestWeights, \.lastWeights, \.metrics] where Self.exists(source[keyPath: file]) {
        try copy(file)
      }
      try copy(\.configuration)
    }
    for number in older { try? FileManager.default.removeItem(at: self.run(ofAttempt: number).url) }
    return run
  }

  /// Removes what only a trial that goes on needs.
  func tidy() {
    for run in attempts.map(run(ofAttempt:)) {
      for file in [run.state, run.lastWeights] { try? FileManager.default.removeItem(at: file) }
    }
  }

  private static func exists(_ url: URL) -> Bool { FileManager.default.fileExists(atPath: url.path) }

  private static func makeFolder(_ url: URL) throws {
    do {
      try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    } catch {
      throw FileError(operation: "create", path: url.path, reason: error.localizedDescription)
    }
  }
}

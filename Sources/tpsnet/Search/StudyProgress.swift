// Where a study stands, in one line.
// The supervisor and `list` say it alike.
import Reports
import Search

/// Numbers of trials and the best of them.
struct StudyProgress {
  let name: String
  let counts: [TrialState: Int]
  let best: Trial?

  init(_ storage: any StudyStorage, _ record: StudyRecord) throws {
    name = record.name
    counts = try storage.counts(in: record.id)
    best = Trial.ranked(try storage.trials(in: record.id, states: nil)).first
  }

  /// Why most of the failed trials failed; nil where none has.
  func commonestError(_ storage: any StudyStorage, _ record: StudyRecord) throws -> String? {
    let errors = try storage.trials(in: record.id, states: [.failed]).compactMap(\.error)
    return Dictionary(grouping: errors) { $0 }.max { ($0.value.count, $1.key) < ($1.value.count, $0.key) }?.key
  }

  /// `study first: 12 trials: 3 complete, 7 pruned, 2 running; best 71.20 % after 9 epochs (trial 4)`.
  var line: String {
    let states: [TrialState] = [.complete, .pruned, .failed, .running, .waiting]
    let parts = states.compactMap { state in counts[state].map { "\(Format.grouped($0)) \(state.word)" } }
    let total = counts.values.reduce(0, +)
    var text = "study \(name): \(Format.counted(total, "trial"))"
    if !parts.isEmpty { text += ": " + parts.joined(separator: ", ") }
    if let best, let result = best.resultText { text += "; best \(result) (trial \(best.number))" }
    return text
  }
}

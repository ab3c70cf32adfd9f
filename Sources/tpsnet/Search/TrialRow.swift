// A trial as tables, JSON and CSV show it.
// All three come from this one value.
import Foundation
import Reports
import Search

/// What is shown of a trial.
struct TrialRow: Encodable {
  let number: Int
  /// Optuna's word.
  let state: String
  /// The last rung reached, from 0.
  let rung: Int?
  /// Epochs whose validation accuracy is known.
  let epochs: Int
  /// Validation accuracy: the trial's value, or the last that is known.
  let accuracy: Double?
  /// Trainable values of its network.
  let parameters: Int?
  /// Seconds of training.
  let seconds: Double?
  /// What was drawn.
  let values: [String: Choice]
  let error: String?

  init(_ trial: Trial) {
    number = trial.number
    state = trial.state.rawValue
    rung = trial.rung
    epochs = trial.intermediateValues.keys.max() ?? 0
    accuracy = trial.value ?? trial.intermediateValues[epochs]
    func number(_ key: String) -> Double? { trial.userAttributes[key].flatMap { Double($0) } }
    parameters = number(TrialAttribute.parameters).map { Int($0) }
    seconds = number(TrialAttribute.seconds)
    values = trial.parameters.compactMapValues(\.value)
    error = trial.error
  }

  /// The table of `rows`: what is known of each, then its variables.
  static func table(_ rows: [TrialRow]) -> Table {
    let variables = names(rows)
    var table = Table(["trial", "state", "rung", "epochs", "accuracy", "parameters", "seconds"] + variables)
    for row in rows {
      table.append(
        [
          "\(row.number)", row.word, row.rung.map(String.init) ?? "", "\(row.epochs)",
          row.accuracy.map(Format.percent) ?? "", row.parameters.map(Format.grouped) ?? "",
          row.seconds.map { Format.fixed($0, 1) } ?? "",
        ] + variables.map { row.values[$0].map(Self.short) ?? "" })
    }
    return table
  }

  /// The rows as CSV, under the same names as in JSON.
  static func csv(_ rows: [TrialRow]) -> String {
    let variables = names(rows)
    func line(_ cells: [String]) -> String { cells.map(quoted).joined(separator: ",") }
    let heading = ["number", "state", "rung", "epochs", "accuracy", "parameters", "seconds"] + variables
    return ([line(heading)]
      + rows.map { row in
        line(
          [
            "\(row.number)", row.state, row.rung.map(String.init) ?? "", "\(row.epochs)",
            row.accuracy.map { "\($0)" } ?? "", row.parameters.map(String.init) ?? "",
            row.seconds.map { "\($0)" } ?? "",
          ] + variables.map { row.values[$0]?.description ?? "" })
      }).joined(separator: "\n")
  }

  /// The variables that occur, sorted.
  private static func names(_ rows: [TrialRow]) -> [String] {
    Set(rows.flatMap(\.values.keys)).sorted { $0.localizedStandardCompare($1) == .orderedAscending }
  }

  /// The state as people call it.
  private var word: String { state == TrialState.pruned.rawValue ? "paused" : state.lowercased() }

  private static func short(_ value: Choice) -> String {
    guard case .number(let number) = value else { return value.description }
    return String(format: "%.4g", number)
  }

  private static func quoted(_ cell: String) -> String {
    guard cell.contains(where: { ",\"\n\r".contains($0) }) else { return cell }
    return "\"\(cell.replacingOccurrences(of: "\"", with: "\"\""))\""
  }
}

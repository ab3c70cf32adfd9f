// A trial as tables, JSON and CSV show it.
// All three come from this one value.
import Foundation
public import Search

/// What is shown of a trial.
public struct TrialRow: Encodable {
  let number: Int
  /// Optuna's word.
  let state: String
  /// The last rung reached, from 0.
  let rung: Int?
  /// Epochs whose validation accuracy is known.
  let epochs: Int
  /// Validation accuracy: the trial's value, or the last that is known.
  let accuracy: Double?
  /// Parameters of its network, frozen ones included.
  let parameters: Int?
  /// Multiply-adds of an image.
  let multiplyAdds: Int?
  /// Seconds of training.
  let seconds: Double?
  /// What was drawn.
  let values: [String: Choice]
  let error: String?
  /// Validation accuracy by epoch.
  let accuracies: [Int: Double]
  /// When work on it began, and when it ended or paused (ISO 8601).
  let started, ended: String?

  /// What is shown of `trial`.
  public init(_ trial: Trial) {
    number = trial.number
    state = trial.state.rawValue
    rung = trial.rung
    epochs = trial.intermediateValues.keys.max() ?? 0
    accuracy = trial.value ?? trial.intermediateValues[epochs]
    parameters = trial.parameterCount
    multiplyAdds = trial.multiplyAdds
    seconds = trial.seconds
    values = trial.parameters.compactMapValues(\.value)
    error = trial.error
    accuracies = trial.intermediateValues
    started = trial.started?.formatted(.iso8601)
    ended = trial.ended?.formatted(.iso8601)
  }

  /// The table of `rows`: what is known of each, then its variables if they are wanted, those of a network's layers in
  /// one column, `3·1·2`.
  public static func table(_ rows: [TrialRow], withVariables: Bool = true) -> Table {
    let variables = withVariables ? VariableColumn.columns(of: names(rows)) : []
    var table = Table(
      ["trial", "state", "rung", "epochs", "accuracy", "parameters", "multiply-adds", "seconds"]
        + variables.map(\.title))
    for row in rows {
      var cells = ["\(row.number)", row.word, text(row.rung), "\(row.epochs)"]
      cells.append(row.accuracy.map(Format.percent) ?? "")
      cells.append(row.parameters.map(Format.grouped) ?? "")
      cells.append(row.multiplyAdds.map(Format.grouped) ?? "")
      cells.append(row.seconds.map { Format.fixed($0, 1) } ?? "")
      let values = row.values.mapValues(short)
      table.append(cells + variables.map { $0.text(of: values) })
    }
    return table
  }

  /// The rows as CSV, under the same names as in JSON.
  public static func csv(_ rows: [TrialRow]) -> String {
    let variables = names(rows)
    var lines = [
      ["number", "state", "rung", "epochs", "accuracy", "parameters", "multiplyAdds", "seconds"] + variables + [
        "started", "ended", "error",
      ]
    ]
    for row in rows {
      let cells = [
        "\(row.number)", row.state, text(row.rung), "\(row.epochs)", text(row.accuracy), text(row.parameters),
        text(row.multiplyAdds), text(row.seconds),
      ]
      lines.append(cells + variables.map { text(row.values[$0]) } + [row.started, row.ended, row.error].map(text))
    }
    return lines.map { $0.map(quoted).joined(separator: ",") }.joined(separator: "\n")
  }

  private static func text(_ value: (some CustomStringConvertible)?) -> String { value.map(\.description) ?? "" }

  /// The variables that occur, sorted.
  private static func names(_ rows: [TrialRow]) -> [String] {
    Set(rows.flatMap(\.values.keys)).sorted { $0.localizedStandardCompare($1) == .orderedAscending }
  }

  /// The state as people call it.
  private var word: String { TrialState(rawValue: state)?.word ?? state }

  private static func short(_ value: Choice) -> String {
    guard case .number(let number) = value else { return value.description }
    return Format.significant(number)
  }

  private static func quoted(_ cell: String) -> String {
    guard cell.unicodeScalars.contains(where: { ",\"\n\r".unicodeScalars.contains($0) }) else { return cell }
    return "\"\(cell.replacingOccurrences(of: "\"", with: "\"\""))\""
  }
}

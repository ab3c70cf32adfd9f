// Draws the README's figures of accuracy against cost from Experiments/results.csv:
//     swift run -c release results-figures
import Foundation
import Plots

/// One row of the table.
struct Result {
  let group, name: String
  let cost: [String: Double]
  let accuracy: Double
}

let folder = URL(fileURLWithPath: "Experiments")

/// A row that cannot be read.
struct Unreadable: Error {
  let row: [String]
}

/// The rows of the table.
func table() throws -> [Result] {
  let lines = try String(contentsOf: folder.appendingPathComponent("results.csv"), encoding: .utf8)
    .split(separator: "\n").map { $0.split(separator: ",", omittingEmptySubsequences: false).map(String.init) }
  return try lines.dropFirst().map { line in
    let row = Dictionary(uniqueKeysWithValues: zip(lines[0], line))
    guard let group = row["group"], let name = row["name"], let accuracy = row["accuracy"].flatMap(Double.init) else {
      throw Unreadable(row: line)
    }
    return Result(group: group, name: name, cost: row.compactMapValues(Double.init), accuracy: accuracy / 100)
  }
}

/// Accuracy against the column `cost`.
func figure(_ results: [Result], _ title: String, against cost: String, _ axis: Axis, note: String) -> Plot {
  let known = results.filter { $0.cost[cost] != nil }
  // The same colours in all figures.
  let groups = results.map(\.group).reduce(into: [String]()) { if !$0.contains($1) { $0.append($1) } }
  let clusters = groups.map { group in
    Plot.Cluster(
      group,
      known.filter { $0.group == group }.map { Plot.Point($0.cost[cost] ?? 0, $0.accuracy, label: $0.name) },
      showsLabels: true)
  }
  return Plot(
    title, x: axis, y: Axis("test accuracy", .percent), .scatter(clusters),
    note: "Single runs; sprint: mean of five seeds, tiny: of three, compact: of two; \(note).")
}

let results = try table()
for (name, title, cost, axis, note) in [
  (
    "accuracy-compute", "CIFAR-10: accuracy against compute", "pflop", Axis("PFLOP of the whole training", scale: .log),
    "airbench as reported: mean of many"
  ),
  (
    "accuracy-minutes", "CIFAR-10: accuracy against time", "minutes", Axis("minutes, two threads", scale: .log),
    "minutes of best and tpsnet-fast by their epochs"
  ),
] {
  let url = folder.appendingPathComponent("\(name).svg")
  try Data(figure(results, title, against: cost, axis, note: note).svg().utf8).write(to: url)
  print(url.relativePath)
}

// Several runs beside one another: their results, their curves, what accuracy cost,
// and the settings in which they differ.
import Datasets
import Foundation
import Models
import Plots
import Training

/// A comparison of runs.
public struct RunComparison: Sendable {
  let runs: [RunData]

  /// The comparison of `runs`, in their order.
  public init(_ runs: [RunData]) {
    self.runs = runs
  }

  /// Every figure.
  public var figures: [Figure] {
    [
      curves("validation accuracy", Axis("images predicted correctly", .percent)) { $0.validationAccuracy },
      curves("validation loss", Axis("mean cross-entropy")) { $0.validationLoss },
      curves("train loss", Axis("mean cross-entropy"), note: trainLossNote) { $0.trainLoss },
      cost("parameters", Axis("parameters", .compact)) { Double($0.network.parameters) },
      cost("multiply-adds", Axis("multiply-adds an image", .compact)) { Double($0.network.multiplyAdds) },
      cost("compute", Axis("PFLOP of training")) { $0.summary?.trainingPFLOP },
      cost("time", Axis("minutes of training")) { $0.history.last.map { $0.seconds / 60 } },
    ]
  }

  /// The comparison as one HTML file.
  public func html() throws -> String {
    var page = HTMLPage(title: "Comparison of \(runs.count) runs")
    page.section("Results")
    page.table(table(isShort: false))
    for group in groups { page.paragraph(group.text) }
    page.section("Figures")
    page.figures(figures)
    page.section("Settings that differ")
    let settings = try differences()
    if settings.heading.count > 1, !settings.rows.isEmpty {
      page.table(settings)
    } else {
      page.paragraph("None: the runs have the same configuration.")
    }
    return page.html
  }

  /// The comparison's short form.
  public func text(width: Int, usesColor: Bool) throws -> String {
    var parts = [([table(isShort: true).text] + groups.map(\.text)).joined(separator: "\n")]
    parts += figures.prefix(4).map { $0.plot.terminal(width: width, usesColor: usesColor) }
    let settings = try differences()
    if !settings.rows.isEmpty { parts.append(settings.text) }
    return parts.joined(separator: "\n\n")
  }

  /// What each run is and reached; the short form leaves out what would not fit a terminal.
  private func table(isShort: Bool) -> Table {
    let more = isShort ? [] : ["multiply-adds", "precision", "threads"]
    var table = Table(["run", "parameters", "epochs", "time", "validation", "test", "mirrored"] + more)
    for run in runs {
      let epochs = run.epochsDone == run.epochs ? "\(run.epochs)" : "\(run.epochsDone) of \(run.epochs)"
      var cells = [run.name, Format.grouped(run.network.parameters), epochs]
      cells.append(run.history.last.map { Format.duration($0.seconds) } ?? "")
      cells.append(run.best?.validationAccuracy.map(Format.percent) ?? "")
      cells.append(run.summary.map { Format.percent($0.testAccuracy) } ?? "")
      cells.append(run.summary.map { Format.percent($0.testAccuracyFlipTTA) } ?? "")
      if !isShort {
        cells.append(Format.grouped(run.network.multiplyAdds))
        cells.append(run.summary?.precision ?? "")
        cells.append(run.summary.map { "\($0.threads)" } ?? "")
      }
      table.append(cells)
    }
    return table
  }

  /// Where the losses of training are no common measure.
  private var trainLossNote: String {
    let scales = runs.map { run -> [Double] in
      let augmentation = run.configuration.augmentation
      return [run.configuration.training.labelSmoothing, augmentation.mixesImages ? augmentation.mixing : 0]
    }
    return Set(scales).count > 1
      ? "The runs differ in label smoothing or in mixing images: these losses are not on one scale." : ""
  }

  private func curves(_ name: String, _ axis: Axis, note: String = "", _ value: (EpochRecord) -> Double?) -> Figure {
    let lines = runs.map { run in
      Plot.Line(
        run.name, run.history.compactMap { record in value(record).map { Plot.Point(Double(record.epoch), $0) } })
    }
    let title = name.prefix(1).uppercased() + name.dropFirst()
    return Figure(
      name,
      Plot(title, x: Axis("epoch", .integer), y: axis, .lines(lines), note: note, emptyText: "no run has such epochs"))
  }

  /// Test accuracy, or validation accuracy where not all runs have ended, against what it cost.
  private func cost(_ name: String, _ axis: Axis, _ value: (RunData) -> Double?) -> Figure {
    let areTested = runs.allSatisfy { $0.summary != nil }
    let accuracies = runs.map { areTested ? $0.summary?.testAccuracy : $0.best?.validationAccuracy }
    let clusters = zip(runs, accuracies).map { run, accuracy in
      let point = value(run).flatMap { x in accuracy.map { Plot.Point(x, $0, label: run.name) } }
      return Plot.Cluster(run.name, point.map { [$0] } ?? [], showsLabels: true)
    }
    // A point at the least, so that seeds do not look worlds apart.
    let known = accuracies.compactMap { $0 }
    let covered = [known.min().map { max(0, $0 - 0.005) }, known.max().map { min(1, $0 + 0.005) }].compactMap { $0 }
    return Figure(
      "accuracy against \(name)",
      Plot(
        "Accuracy against \(name)", x: axis,
        y: Axis("\(areTested ? "test" : "best validation") accuracy", .percent, covers: covered), .scatter(clusters),
        emptyText: "no run has a result yet"))
  }

  /// One row a setting in which not all runs agree.
  private func differences() throws -> Table {
    let settings = try runs.map { run in
      var leaves = try ConfigurationTree(encoding: run.configuration).leaves()
      leaves["start weights"] = run.startWeights
      return leaves
    }
    let keys = Set(settings.flatMap(\.keys)).sorted { $0.localizedStandardCompare($1) == .orderedAscending }
    var table = Table(["setting"] + runs.map(\.name))
    for key in keys where Set(settings.map { $0[key] }).count > 1 {
      table.append([key] + settings.map { $0[key] ?? "" })
    }
    return table
  }
}

extension ConfigurationTree {
  /// The plain values by path, such as `model.layers[0].blocks`.
  func leaves(under path: String = "") -> [String: String] {
    switch self {
    case .scalar(let text, _): return [path: text]
    case .list(let items):
      // A list of plain values is one value.
      if items.allSatisfy({ if case .scalar = $0 { true } else { false } }) {
        let texts = items.map { item in if case .scalar(let text, _) = item { text } else { "" } }
        return [path: "[\(texts.joined(separator: ", "))]"]
      }
      return items.enumerated().reduce(into: [:]) { result, item in
        result.merge(item.element.leaves(under: "\(path)[\(item.offset)]")) { $1 }
      }
    case .map(let pairs):
      return pairs.reduce(into: [:]) { result, pair in
        result.merge(pair.value.leaves(under: path.isEmpty ? pair.key : "\(path).\(pair.key)")) { $1 }
      }
    }
  }
}

// The figures of a study: its course, its rungs, what accuracy costs, and what the variables do to it.
// Each is a plot of the data, or says why there is none.
import Foundation
import Plots
import Search

extension StudyData {
  private static let noTrials = "no trial has a result yet"

  /// Best accuracy so far as trials ended: a trial that paused and went on later counts where it ended.
  var history: Figure {
    let ended = trials.filter { [.complete, .pruned].contains($0.state) }
      .sorted { ($0.ended ?? .distantPast, $0.number) < ($1.ended ?? .distantPast, $1.number) }
    let results = ended.enumerated().compactMap { place, trial in
      trial.result.map { (place: Double(place + 1), trial: trial, value: $0) }
    }
    var best: [Plot.Point] = []
    // Trials stopped early have an accuracy of fewer epochs: the line is of what has been reached, not of a ranking.
    for (place, _, value) in results where value > (best.last?.y ?? -.infinity) {
      best.append(Plot.Point(place, value))
    }
    if let last = best.last, let end = results.last { best.append(Plot.Point(end.place, last.y)) }
    let clusters = [TrialState.complete, .pruned].compactMap { state -> Plot.Cluster? in
      let points = results.filter { $0.trial.state == state }.map { place, trial, value in
        Plot.Point(place, value, label: "trial \(trial.number): \(Format.percent(value))")
      }
      return points.isEmpty ? nil : Plot.Cluster(state.word, Sample.thinned(points, to: 1500))
    }
    return Figure(
      "history",
      Plot(
        "Results as they came", x: Axis("trials ended", .integer),
        y: Axis("validation accuracy", .percent),
        .scatter(clusters.enumerated().map { $0 == 0 ? Plot.Cluster($1.name, $1.points, trend: best.stepped) : $1 }),
        note: best.isEmpty ? "" : "Complete trials: their best epoch; others: their last. Line: the best so far.",
        emptyText: Self.noTrials))
  }

  /// How many trials came how far.
  var rungSurvival: Figure {
    Figure(
      "rungs",
      Plot(
        "Trials that reached each epoch",
        x: Axis("epochs", .integer, scale: (survival.last?.epoch ?? 0) > 20 ? .log : .linear),
        y: Axis("trials", .integer, covers: [0]),
        .lines([Plot.Line("", survival.map { Plot.Point(Double($0.epoch), Double($0.count)) }, path: .stepped)]),
        emptyText: "no trial has ended an epoch yet"))
  }

  /// The accuracies of each rung.
  var rungAccuracies: Figure {
    let strips = rungs.compactMap { rung -> Plot.Strip? in
      let values = trials.compactMap { $0.intermediateValues[rung] }.filter(\.isFinite)
      return values.isEmpty ? nil : Plot.Strip("\(rung)", values)
    }
    return Figure(
      "rung accuracies",
      Plot(
        "Accuracy at the rungs", x: Axis("validation accuracy", .percent), y: Axis("epochs"), .strips(strips),
        emptyText: "no trial has reached a rung yet"))
  }

  /// How well a rung's order foretells the final order.
  var foresight: Figure {
    let complete = trials.filter { $0.state == .complete && $0.value?.isFinite == true }
    let epochs = rungs.filter { rung in rung < (rungs.last ?? 0) }
    let bars = epochs.compactMap { epoch -> Plot.Bar? in
      let pairs = complete.compactMap { trial in
        // Its value would be the best epoch's, which may be this one.
        let last = trial.intermediateValues.max { $0.key < $1.key }?.value ?? trial.value
        return trial.intermediateValues[epoch].flatMap { early in last.map { (early, $0) } }
      }
      return RankCorrelation.coefficient(pairs).map { Plot.Bar("\(epoch)", $0) }
    }
    return Figure(
      "foresight",
      Plot(
        "How well a rung foretells the end",
        x: Axis("rank correlation with the last epoch's accuracy", covers: [0, 1]),
        y: Axis("epochs"), .bars(bars),
        note: bars.isEmpty
          ? ""
          : "Of \(Format.grouped(complete.count)) complete trials; those that a rung held back are not among them.",
        emptyText: "needs five complete trials with rungs"))
  }

  /// Learning curves of the best trials.
  var bestCurves: Figure {
    let lines = ranked.prefix(8).map { trial in
      let points = trial.intermediateValues.sorted { $0.key < $1.key }.map { Plot.Point(Double($0.key), $0.value) }
      return Plot.Line("trial \(trial.number)", points)
    }
    return Figure(
      "best curves",
      Plot(
        "Learning curves of the best", x: Axis("epoch", .integer), y: Axis("validation accuracy", .percent),
        .lines(lines), emptyText: Self.noTrials))
  }

  /// Accuracy against parameters.
  var cost: Figure {
    let layers = variables.first { $0.name == "model.layers" && $0.varies }
    var groups: [String: [Plot.Point]] = [:]
    var all: [Plot.Point] = []
    let counted = compared.compactMap { trial, accuracy in trial.parameterCount.map { (trial, accuracy, $0) } }
    for (trial, accuracy, count) in Sample.thinned(counted, to: 1500) {
      let value = layers.flatMap { layers in trial.parameters[layers.name].map { layers.text($0.stored) } }
      let point = Plot.Point(
        Double(count), accuracy,
        label: "trial \(trial.number): \(Format.grouped(count)) parameters, \(Format.percent(accuracy))")
      groups[value.map { "\($0) layers" } ?? "", default: []].append(point)
      all.append(point)
    }
    var front: [Plot.Point] = []
    // Of all: the best may be among those that are left out.
    let points = counted.map { Plot.Point(Double($0.2), $0.1) }
    for point in points.sorted(by: { ($0.x, -$0.y) < ($1.x, -$1.y) }) where point.y > (front.last?.y ?? -.infinity) {
      front.append(point)
    }
    var clusters = groups.sorted { $0.key.localizedStandardCompare($1.key) == .orderedAscending }
      .map { Plot.Cluster($0.key, $0.value) }
    if !clusters.isEmpty { clusters[0].trend = front.stepped }
    let budget = definition?.budget.parameters
    // A budget far from all trials would press them together.
    let isNear = Double(budget ?? 0) <= 4 * (all.map(\.x).max() ?? 0)
    let notes = [
      all.isEmpty ? "" : "Line: the best accuracy with at most that many parameters.",
      budget.map { isNear ? "" : "Budget: \(Format.grouped($0)) parameters." } ?? "",
    ]
    return Figure(
      "parameters",
      Plot(
        "Accuracy against parameters", x: Axis("parameters", .compact, scale: .log),
        y: Axis(accuracyTitle, .percent), .scatter(clusters),
        rules: budget.flatMap { isNear ? [Plot.Rule("budget \(Format.grouped($0))", .x(Double($0)))] : nil } ?? [],
        note: notes.filter { !$0.isEmpty }.joined(separator: " "),
        emptyText: compared.isEmpty ? Self.noTrials : "the trials do not say their parameters"))
  }

  /// All compared trials through all variables.
  var parallel: Figure {
    // As many axes as a screen holds, those that matter most, in their usual order.
    let names = Set(varying.map(\.name))
    let chosen = Set(importance.map(\.parameter).filter(names.contains).prefix(9))
    let shown = varying.count <= 9 ? varying : varying.filter { chosen.contains($0.name) }
    let dimensions = shown.map { Plot.ParallelCoordinates.Dimension($0.axis, categories: $0.categories) }
    let best = compared.sorted { ($0.accuracy, $1.trial.number) > ($1.accuracy, $0.trial.number) }
    let records = Sample.thinned(best, to: 400).map { trial, accuracy -> [Double?] in
      shown.map { trial.parameters[$0.name]?.stored } + [accuracy]
    }
    return Figure(
      "parallel coordinates",
      Plot(
        "Trials through all variables",
        .parallel(.init(dimensions + [.init(Axis("accuracy", .percent))], records: shown.isEmpty ? [] : records)),
        note: records.isEmpty ? "" : Self.note(shown.count, of: varying.count),
        emptyText: compared.isEmpty ? Self.noTrials : "no variable has had two values yet"))
  }

  private static func note(_ count: Int, of all: Int) -> String {
    "The bolder the line, the better the trial."
      + (count < all ? " The \(count) of \(all) variables that matter most by fANOVA." : "")
  }

  private var varying: [StudyVariable] { variables.filter(\.varies) }

  /// How much each variable matters, by fANOVA.
  var shareOfVariance: Figure {
    figure("fANOVA", "share of the variance of accuracy that it explains alone", importance)
  }

  /// The same by permutation.
  var riseOfError: Figure {
    figure(
      "permutation", "rise in squared error, as a share of the variance",
      Importance.permutation(Self.observations(compared)))
  }

  private func figure(_ kind: String, _ share: String, _ importances: [Importance]) -> Figure {
    let known = Set(varying.map(\.name))
    let bars = importances.filter { known.contains($0.parameter) }.prefix(12)
      .map { Plot.Bar($0.parameter, $0.value) }
    return Figure(
      "importance \(kind)",
      Plot(
        "Importance by \(kind)", x: Axis(share, .percent), .bars(bars),
        note: bars.isEmpty
          ? ""
          : bars.count < known.count
            ? "The first \(bars.count) of \(known.count) variables; mean over the trees of a random forest."
            : "Mean over the trees of a random forest.",
        emptyText: "needs \(Importance.leastObservations) trials that reached this epoch"))
  }

  /// The effect of each variable that varies, and of the number of blocks of all layers.
  var effects: [Figure] {
    let blocks = variables.filter { $0.name.hasPrefix("model.layers[") && $0.name.hasSuffix(".blocks") }
    var shown = variables
    if blocks.count > 1 {
      let sums = compared.compactMap { trial, accuracy -> (trial: Int, stored: Double, accuracy: Double)? in
        let values = blocks.compactMap { trial.parameters[$0.name]?.value?.number }
        return values.isEmpty ? nil : (trial.number, values.reduce(0, +), accuracy)
      }
      shown.append(
        StudyVariable(
          name: "blocks of all layers", distribution: .integer(low: 1, high: .max, step: 1, log: false), values: sums))
    }
    return shown.filter(\.varies).map { $0.effect(self) }
  }

  /// Every figure, in the order of the report.
  public var figures: [Figure] {
    [history, cost, shareOfVariance, riseOfError] + effects + [
      parallel, bestCurves, rungSurvival, rungAccuracies, foresight,
    ]
  }
}

extension [Plot.Point] {
  /// The corners of the staircase through ascending points.
  fileprivate var stepped: [Plot.Point] {
    var path: [Plot.Point] = []
    for point in self {
      if let last = path.last { path.append(Plot.Point(point.x, last.y)) }
      path.append(point)
    }
    return path
  }
}

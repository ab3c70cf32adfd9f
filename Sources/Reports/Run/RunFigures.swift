// The figures of a run: the two of the TPSNet study (loss and accuracy), rate and speed,
// and what is known of the test images.
import Datasets
import Foundation
import Plots
import Training

extension RunData {
  private static let noEpoch = "no epoch has ended yet"

  private func line(
    _ name: String, isDashed: Bool = false, color: Int, _ value: (EpochRecord) -> Double?
  ) -> Plot.Line {
    let points = history.compactMap { record in
      value(record).map { Plot.Point(Double(record.epoch), $0) }
    }
    return Plot.Line(name, points, isDashed: isDashed, color: color)
  }

  /// The best epoch, where it was chosen by validation.
  private var chosen: [Plot.Rule] {
    guard let best, best.validationAccuracy != nil else { return [] }
    return [Plot.Rule("best, epoch \(best.epoch)", .x(Double(best.epoch)))]
  }

  /// Loss by epoch.
  var loss: Figure {
    Figure(
      "loss",
      curves("Loss", Axis("mean cross-entropy"), note: lossNote, train: { $0.trainLoss }) { $0.validationLoss })
  }

  /// Why the training loss may lie above the validation loss.
  private var lossNote: String {
    let smoothing = configuration.training.labelSmoothing
    let parts =
      (smoothing > 0 ? ["labels smoothed by \(Format.significant(smoothing))"] : [])
      + (configuration.augmentation.mixesImages ? ["images mixed"] : [])
    guard !parts.isEmpty else { return "" }
    return "Training minimises its loss with \(parts.joined(separator: " and ")), validation without: the two are "
      + "not on one scale."
  }

  /// Accuracy by epoch.
  var accuracy: Figure {
    let axis = Axis("images predicted correctly", .percent)
    let note =
      configuration.augmentation.mixesImages
      ? "Of mixed training images the larger part counts, which keeps their accuracy low." : ""
    return Figure(
      "accuracy", curves("Accuracy", axis, note: note, train: { $0.trainAccuracy }) { $0.validationAccuracy })
  }

  /// What training and validation images say by epoch.
  private func curves(
    _ title: String, _ axis: Axis, note: String = "", train: (EpochRecord) -> Double?,
    validation: (EpochRecord) -> Double?
  ) -> Plot {
    let lines = [line("train", isDashed: true, color: 0, train), line("validation", color: 1, validation)]
    return Plot(
      title, x: Axis("epoch", .integer), y: axis, .lines(lines.filter { !$0.points.isEmpty }), rules: chosen,
      note: note, emptyText: Self.noEpoch)
  }

  /// Learning rate by epoch.
  var rate: Figure {
    Figure(
      "learning rate",
      Plot(
        "Learning rate", x: Axis("epoch", .integer), y: Axis("of the epoch's last step", covers: [0]),
        .lines([line("", color: 0) { $0.learningRate }]), emptyText: Self.noEpoch))
  }

  /// Speed by epoch.
  var throughput: Figure {
    Figure(
      "throughput",
      Plot(
        "Throughput", x: Axis("epoch", .integer), y: Axis("training images a second", .compact, covers: [0]),
        .lines([line("", color: 0) { $0.imagesPerSecond }]), emptyText: Self.noEpoch))
  }

  /// Every figure, in the order of the report.
  public var figures: [Figure] {
    [accuracy, loss, rate, throughput] + (test?.figures ?? []) + [architecture]
  }
}

extension TestResult {
  /// Truth against prediction, and accuracy by class and by confidence; a matrix of very many classes would be no
  /// picture any more.
  var figures: [Figure] { (evaluation.classes > 100 ? [] : [matrix, classes]) + [reliability] }

  /// Accuracy by class, in words.
  var classTable: Table {
    var table = Table(["class", "images", "correct", "accuracy"])
    let accuracies = evaluation.perClass
    for (label, counts) in evaluation.confusion.enumerated() {
      table.append([
        name(label), Format.grouped(counts.reduce(0, +)), Format.grouped(counts[label]),
        accuracies[label].map(Format.percent) ?? "",
      ])
    }
    return table
  }

  /// What was taken for what, the most frequent first, `count` rows at most.
  func confusions(_ count: Int) -> Table {
    let cells = evaluation.confusion.enumerated().flatMap { truth, counts in
      counts.enumerated().filter { $0.offset != truth && $0.element > 0 }
        .map { (truth: truth, prediction: $0.offset, images: $0.element) }
    }
    var table = Table(["shows", "taken for", "images"])
    for cell in cells.sorted(by: { ($0.images, $1.truth, $1.prediction) > ($1.images, $0.truth, $0.prediction) })
      .prefix(count)
    {
      table.append([name(cell.truth), name(cell.prediction), Format.grouped(cell.images)])
    }
    return table
  }

  /// What images of each class were taken for.
  private var matrix: Figure {
    let names = (0..<evaluation.classes).map(name)
    let totals = evaluation.confusion.map { Double(max(1, $0.reduce(0, +))) }
    let content = Plot.HeatMap(
      rows: names, columns: names,
      values: zip(evaluation.confusion, totals).map { row, total in row.map { Double($0) / total } },
      texts: evaluation.confusion.map { row in row.map { $0 == 0 ? "" : "\($0)" } },
      color: Axis("share of the true class", .percent, covers: [0, 1]))
    return Figure(
      "confusion", Plot("Confusion matrix", x: Axis("prediction"), y: Axis("truth"), .heatMap(content)))
  }

  /// Accuracy of each class.
  private var classes: Figure {
    let bars = evaluation.perClass.enumerated().compactMap { label, share in share.map { Plot.Bar(name(label), $0) } }
    return Figure(
      "classes", Plot("Accuracy of each class", x: Axis("test images predicted correctly", .percent), .bars(bars)))
  }

  /// Accuracy against confidence.
  private var reliability: Figure {
    // A handful of images tells nothing of its bin.
    let drawn = calibration.bins.filter { $0.count >= 10 }
    let points = drawn.map { bin in
      Plot.Point(
        bin.confidence, bin.accuracy,
        label: "\(Format.grouped(bin.count)) images of confidence \(Format.percent(bin.confidence)): "
          + "\(Format.percent(bin.accuracy)) correct")
    }
    return Figure(
      "reliability",
      Plot(
        "Reliability", x: Axis("confidence", .percent, covers: [0, 1]),
        y: Axis("test images predicted correctly", .percent, covers: [0, 1]), .lines([Plot.Line("network", points)]),
        rules: [Plot.Rule("perfect calibration", .diagonal)],
        note: "Expected calibration error \(Format.percent(calibration.expectedError)), over 15 bins of confidence"
          + (drawn.count < calibration.bins.count ? "; those of fewer than 10 images are not drawn." : ".")))
  }
}

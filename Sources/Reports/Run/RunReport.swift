// A run's report: one page for a browser, or its short form for a terminal.
// An unfinished run has one too: whatever is known of it.
import Datasets
import Foundation
import Models
import Plots
import Training

extension RunData {
  /// What a page says that shows no test images.
  public static let withoutImages = "They were not looked at for this report."

  /// The report as one HTML file.
  ///
  /// - Parameters:
  ///   - path: the run's folder, as commands name it.
  ///   - dataFlag: the option that says where the images are, as ` --data DIR`; empty where they lie as usual.
  public func html(path: String, dataFlag: String = "") throws -> String {
    var page = HTMLPage(title: "Run \(name)")
    page.paragraph(sentence)
    page.facts(facts)
    page.section("Training")
    page.figures([accuracy, loss, rate, throughput])
    page.section("Test images")
    if let test {
      let anew = test.precision.flatMap { $0 == summary?.precision ? nil : ", computed anew in \($0)" } ?? ""
      page.paragraph(
        "\(Format.grouped(test.evaluation.correct)) of \(Format.grouped(test.evaluation.labels.count)) correct, "
          + "\(Format.percent(test.evaluation.accuracy))\(anew); the weights were chosen without these images.")
      page.figures(test.figures)
      page.details("accuracy of each class") { $0.table(test.classTable) }
      page.details("most frequent confusions") { $0.table(test.confusions(100)) }
      page.section("Most confidently wrong")
      try mistakes(test, &page)
    } else {
      page.paragraph(Self.withoutImages)
    }
    if samples != nil || filters != nil {
      page.section("What the network sees")
      if let samples {
        page.picture(
          try samples.sheet.address(), width: samples.sheet.width * 2,
          caption: "Training images, and below each what the augmentation makes of it in the first four epochs"
            + (configuration.augmentation.mixesImages ? "; mixed with its neighbours here." : "."))
      }
      if let filters {
        page.picture(
          try filters.sheet.address(), width: filters.sheet.width * 10,
          caption: "The \(filters.count) filters of the first convolution, each scaled to its largest value.")
      }
    }
    page.section("Network")
    page.paragraph(
      "\(Format.grouped(network.parameters)) parameters, \(Format.grouped(network.multiplyAdds)) multiply-adds an image."
    )
    page.figures([architecture])
    page.details("\(network.layers.count) layers") { $0.table(network.table) }
    page.section("Configuration")
    let yaml = try configuration.yaml()
    page.details("config.yaml") { $0.preformatted(yaml) }
    page.section("How to reproduce")
    page.preformatted(commands(path: path, dataFlag: dataFlag).joined(separator: "\n"))
    page.section("Epochs")
    page.details(Format.counted(history.count, "epoch")) { $0.table(table) }
    return page.html
  }

  /// The report's short form: lines of at most `width` columns, tables apart.
  public func text(width: Int, usesColor: Bool) -> String {
    var parts = [sentence]
    parts += figures.map { $0.plot.terminal(width: width, usesColor: usesColor) }
    return parts.joined(separator: "\n\n")
  }

  private var sentence: String {
    var text = "Run \(name): "
    if let summary {
      text += "test accuracy \(Format.percent(summary.testAccuracy)) "
      text += "(\(Format.percent(summary.testAccuracyFlipTTA)) with mirror images averaged) "
      text += "after \(Format.counted(summary.epochs, "epoch")) in \(Format.duration(summary.seconds))"
    } else if let last = history.last {
      text += "under way, \(last.epoch) of \(Format.counted(epochs, "epoch")) in \(Format.duration(last.seconds))"
    } else {
      text += "no epoch has ended yet"
    }
    if let best, let value = best.validationAccuracy {
      text += "; best validation accuracy \(Format.percent(value)), epoch \(best.epoch)"
    }
    return text + "."
  }

  private var facts: [(name: String, value: String)] {
    var facts = [("data set", configuration.data.dataset), ("parameters", Format.grouped(network.parameters))]
    if let startWeights { facts.append(("starts from", startWeights)) }
    if let best, let value = best.validationAccuracy { facts.append(("validation accuracy", Format.percent(value))) }
    if let summary {
      facts.append(("test accuracy", Format.percent(summary.testAccuracy)))
      facts.append(("with mirror images", Format.percent(summary.testAccuracyFlipTTA)))
    }
    if let test { facts.append(("calibration error", Format.percent(test.calibration.expectedError))) }
    facts.append(("epochs", epochsDone == epochs ? "\(epochs)" : "\(epochsDone) of \(epochs)"))
    if let last = history.last { facts.append(("time", Format.duration(last.seconds))) }
    facts.append(("seed", "\(configuration.training.seed)"))
    if let summary {
      facts.append(("precision", summary.precision))
      facts.append(("threads", "\(summary.threads)"))
      facts.append(("processor", summary.cpu))
      facts += summary.versions.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    }
    return facts.map { (name: $0.0, value: $0.1) }
  }

  private func mistakes(_ test: TestResult, _ page: inout HTMLPage) throws {
    guard !test.mistakes.isEmpty else { return page.paragraph("No test image is wrong.") }
    guard let images = test.images else { return page.paragraph("They were not kept for this report.") }
    let shown = test.mistakes.prefix(TestResult.listed)
    page.paragraph(
      "\(shown.count) of \(Format.grouped(test.mistakes.count)) wrong images: what each shows, what it was taken for, and how surely."
    )
    page.gallery(
      try shown.map { mistake in
        (
          address: try images.raster(mistake.image).address(), title: "test \(test.place(of: mistake))",
          caption: test.caption(mistake)
        )
      })
  }

  private func commands(path: String, dataFlag: String) -> [String] {
    let folder = ShellText.quoted(path)
    let start = startWeights.map { " --weights \(ShellText.quoted($0))" } ?? ""
    return [
      "# the run again, from the same seed\(startWeights == nil ? "" : " and the same weights")",
      "tpsnet train --config \(folder)/config.yaml\(start) --name again\(dataFlag)",
      "# its weights on the test images", "tpsnet test --run \(folder)\(dataFlag)",
      "# this report", "tpsnet report \(folder)\(dataFlag)",
    ]
  }

  private var table: Table {
    var table = Table([
      "epoch", "train loss", "train accuracy", "validation loss", "validation accuracy", "learning rate", "images/s",
      "time",
    ])
    for record in history {
      table.append([
        "\(record.epoch)", Format.fixed(record.trainLoss, 4), Format.percent(record.trainAccuracy),
        record.validationLoss.map { Format.fixed($0, 4) } ?? "", record.validationAccuracy.map(Format.percent) ?? "",
        Format.significant(record.learningRate), Format.fixed(record.imagesPerSecond, 0),
        Format.duration(record.seconds),
      ])
    }
    return table
  }
}

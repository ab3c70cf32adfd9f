// A study's report: a well-formed page that needs no network and makes sense of any study,
// with the numbers of its trials.
import Foundation
import Plots
import Reports
import Search
import TestSupport
import Testing

@Suite struct StudyReportTests {
  private static let hostile = "a<b>&\"'\u{1}</h1>"

  private static func data(_ trials: [Trial], isForeign: Bool = false, epoch: Int? = nil) throws -> StudyData {
    StudyData(
      name: hostile, definition: isForeign ? nil : try SampleStudy.definition(), trials: trials, epoch: epoch)
  }

  private static let studies: [(name: String, trials: [Trial])] = [
    ("none", []),
    ("one", [SampleStudy.trial(0, share: 0.5, epochs: 8)]),
    ("two", [SampleStudy.trial(0, share: 0.5, epochs: 8), SampleStudy.trial(1, share: 0.9, epochs: 8)]),
    ("failed", (0..<12).map(SampleStudy.failed)),
    ("waiting", [Trial(id: 1, number: 0, state: .waiting)]),
    ("running", [SampleStudy.trial(0, share: 0.5, epochs: 0, state: .running)]),
    ("halved", SampleStudy.halved),
    ("nothing measured", [Trial(id: 1, number: 0, state: .complete)]),
    ("not finite", [Trial(id: 1, number: 0, state: .complete, value: .nan, intermediateValues: [1: .nan])]),
  ]

  @Test(arguments: studies.indices, [false, true]) func pagesAreWellFormedAndSelfContained(
    index: Int, isForeign: Bool
  ) throws {
    let data = try Self.data(Self.studies[index].trials, isForeign: isForeign)
    let page = try PageReader(data.html(storageFlag: ""))
    #expect(page.isSelfContained && page.elements["img"] == nil)
    #expect(page.text.contains("a<b>&\"' </h1>"))
    #expect(page.elements["svg"] ?? 0 >= 8)
  }

  @Test func layersShareColumns() {
    var trial = SampleStudy.trial(1, share: 0.5, epochs: 1)
    for (name, value) in [("layers[0].kernel", 1), ("layers[1].kernel", 0), ("stem.channels", 0)] {
      trial.parameters["model.\(name)"] = ParameterValue(
        stored: Double(value), distribution: .categorical([.integer(3), .integer(5)]))
    }
    trial.parameters["proxy.stem.channels"] = ParameterValue(
      stored: 1, distribution: .categorical([.integer(7), .integer(9)]))
    let lines = TrialRow.table([TrialRow(trial)]).text.split(separator: "\n").map { $0.split(separator: " ") }
    #expect(
      lines[0].suffix(6) == [
        "layers", "kernel", "model.stem.channels", "learningRate", "proxy.stem.channels", "batchSize",
      ])
    #expect(lines[2].suffix(6) == ["3", "5·3·3", "3", "0.003162", "9", "128"])
  }

  @Test(arguments: studies.indices, [30, 80, 140]) func shortFormsFit(index: Int, width: Int) throws {
    let text = try Self.data(Self.studies[index].trials).text(width: width, usesColor: false)
    #expect(text.hasPrefix("Study a<b>") && !text.contains("\u{1B}"))
    let drawn = text.split(separator: "\n").filter { $0.contains("┤") || $0.contains("│") || $0.contains("└") }
    #expect(drawn.allSatisfy { $0.count <= width })
  }

  @Test func numbersAreThoseOfTheTrials() throws {
    let data = try Self.data(SampleStudy.halved)
    let page = try PageReader(data.html(storageFlag: " --storage s.db")).text
    #expect(page.contains("40 trials: 5 complete, 35 pruned."))
    let best = try #require(
      SampleStudy.halved.filter { $0.state == .complete }.max { ($0.value ?? 0) < ($1.value ?? 0) })
    #expect(page.contains("Best: trial \(best.number), \(Format.percent(best.value ?? 0)) in the best of 8 epochs."))
    #expect(page.contains("training time of all trials 8:20"))
    // A fifth of forty is eight trials, but ten are the least: ten came to 4 epochs, and five farther.
    #expect(data.epoch == 4 && page.contains("Trials are compared after 4 epochs: 10 of 40 trials got there."))
    #expect(page.contains("tpsnet train --from-trial 'a<b>&\"'\\''"))
    #expect(page.contains("--space space.yaml --set data.limitTrain=1000 --epochs 8 --seed 3 --trials 40"))
    #expect(page.contains(" --storage s.db --output report.html"))
  }

  @Test func figuresShowTheTrials() throws {
    let figures = try Self.data(SampleStudy.halved, epoch: 1).figures
    func figure(_ name: String) throws -> Plot { try #require(figures.first { $0.name == name }).plot }

    guard case .strips(let layers) = try figure("effect-model-layers").content else { throw Missing() }
    #expect(layers.map(\.name) == ["2", "3"] && layers.map(\.values.count) == [20, 20])
    guard case .strips(let batches) = try figure("effect-training-batchSize").content else { throw Missing() }
    #expect(batches.map(\.name) == ["32", "128"], "numbers stand in their order, not the space's")
    let kernel = try figure("effect-model-layers-2-kernel")
    #expect(kernel.note == "20 of 40 trials have it")

    let rate = try figure("effect-optimizer-learningRate")
    guard case .scatter(let clouds) = rate.content else { throw Missing() }
    #expect(clouds.count == 1 && clouds[0].points.count == 40 && clouds[0].trend.count == 8)
    #expect(zip(clouds[0].trend, clouds[0].trend.dropFirst()).allSatisfy { $0.x < $1.x && $0.y < $1.y })
    #expect(rate.note.hasPrefix("rank correlation 0.9") && rate.x.scale == .log)

    guard case .lines(let rungs) = try figure("rungs").content else { throw Missing() }
    #expect(rungs[0].points.map(\.x) == [1, 2, 3, 5, 8] && rungs[0].points.map(\.y) == [40, 20, 10, 5, 5])

    let cost = try figure("parameters")
    #expect(cost.rules == [Plot.Rule("budget 5,000,000", .x(5e6))])
    guard case .bars(let importances) = try figure("importance-fANOVA").content else { throw Missing() }
    #expect(importances.first?.name == "optimizer.learningRate" && importances.first.map { $0.value > 0.5 } == true)
  }

  private struct Missing: Error {}

  @Test func failuresAreToldByTheirReason() throws {
    let page = try PageReader(Self.data((0..<12).map(SampleStudy.failed)).html(storageFlag: "")).text
    #expect(page.contains("12 trials: 12 failed.") && page.contains("loss <NaN> & worse: lower \"the\" rate"))
    #expect(page.contains("0 1 2 3 4 5 6 7 8 9 …") && page.contains("No trial has a result yet."))
  }

  @Test func figuresBecomeFiles() throws {
    let temporary = try TemporaryFolder()
    let folder = temporary.url.appendingPathComponent("in/figures")
    try [Figure("effect model.layers[0].blocks", Plot("t", .bars([])))].write(to: folder)
    let names = try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
    #expect(names == ["pdf", "png", "svg"].map { "effect-model-layers-0-blocks.\($0)" })
  }

  @Test func figuresAndPagesAreTheSameEveryTime() throws {
    let one = try Self.data(SampleStudy.halved).html(storageFlag: "")
    #expect(try one == Self.data(SampleStudy.halved).html(storageFlag: ""))
  }
}

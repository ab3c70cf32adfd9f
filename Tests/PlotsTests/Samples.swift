// Figures of every kind, with usual, extreme and no data,
// for what must hold of all of them.
import Plots

enum Samples {
  static func curve(_ top: Double, count: Int = 30) -> [Plot.Point] {
    (1...count).map { Plot.Point(Double($0), top * Double($0) / Double($0 + 4)) }
  }

  private static func share(_ row: Int, _ column: Int) -> Double? {
    if row == column { return 0.9 }
    return column < row ? Double(column) / 100 : nil
  }

  private static let longName = "model.layers[0].aVariableWithANameThatNobodyWouldWantToReadInAFigure"
  static let classes = ["airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"]

  private static var accuracy: Plot {
    Plot(
      "Accuracy", x: Axis("epoch", .integer), y: Axis("accuracy", .percent),
      .lines([Plot.Line("train", curve(0.99), isDashed: true), Plot.Line("validation", curve(0.9), color: 3)]))
  }

  private static var manyLines: Plot {
    Plot(
      "A title of many words that has no room in one line and is therefore broken into two or, here, even three lines",
      x: Axis("epoch", .integer), y: Axis(longName + longName),
      .lines((0..<20).map { Plot.Line("trial \($0) \(longName)", curve(1e5, count: $0 + 1)) }), note: longName)
  }

  private static var gaps: Plot {
    Plot(
      "Gaps", x: Axis("x"), y: Axis("y"),
      .lines([
        Plot.Line("a", [.init(0, 1), .init(1, .nan), .init(2, 3), .init(3, .infinity), .init(.nan, 2), .init(4, -5)])
      ]))
  }

  private static var parameters: Plot {
    Plot(
      "Parameters", x: Axis("parameters", .compact, scale: .log), y: Axis("accuracy", .percent),
      .scatter([
        Plot.Cluster("2", [.init(1e4, 0.3), .init(3.2e6, 0.9)]),
        Plot.Cluster(
          "3", [.init(7e5, 0.51), .init(-3, 0.5), .init(0, 0.4)], trend: [.init(1e4, 0.35), .init(1e6, 0.8)]),
      ]), rules: [Plot.Rule("budget 5M", .x(5e6))])
  }

  private static var labelled: Plot {
    Plot(
      "Labelled", x: Axis("PFLOP", scale: .log), y: Axis("accuracy", .percent),
      .scatter([
        Plot.Cluster(
          "ours", [.init(0.1, 0.94, label: "the leftmost of all"), .init(100, 0.97, label: "the rightmost of all")],
          showsLabels: true),
        Plot.Cluster(
          "theirs", (0..<6).map { .init(3 + Double($0) / 10, 0.95, label: "one of a crowd, \($0)") }, showsLabels: true),
      ]))
  }

  private static var hugeAndTiny: Plot {
    Plot(
      "Huge and tiny", x: Axis("x", scale: .log), y: Axis("y"),
      .scatter([Plot.Cluster("", [.init(1e-12, -1e9), .init(1e15, 1e12)])]))
  }

  private static var alone: Plot {
    Plot("Alone", x: Axis("x", .integer), y: Axis("y", .percent), .scatter([Plot.Cluster("", [.init(7, 0.5)])]))
  }

  private static var reliability: Plot {
    Plot(
      "Reliability", x: Axis("confidence", .percent, covers: [0, 1]), y: Axis("accuracy", .percent, covers: [0, 1]),
      .lines([Plot.Line("net", [.init(0.05, 0.02), .init(0.55, 0.4), .init(0.95, 0.9)])]),
      rules: [Plot.Rule("perfect", .diagonal)])
  }

  private static var layers: Plot {
    Plot(
      "Layers", x: Axis("accuracy", .percent), y: Axis("layers"),
      .strips([
        Plot.Strip("2", [0.1, 0.5, 0.3, 0.2, 0.22]), Plot.Strip(longName, [0.9]), Plot.Strip("none", []),
        Plot.Strip("odd", [.nan, 0.4, 0.4]),
      ]))
  }

  private static var importance: Plot {
    Plot(
      "Importance", x: Axis("share", .percent),
      .bars([Plot.Bar(longName, 0.6), Plot.Bar("b", 0), Plot.Bar("c", -0.1), Plot.Bar("d", .nan)]))
  }

  private static var rungs: Plot {
    Plot(
      "Rungs", x: Axis("epochs", .integer, scale: .log), y: Axis("trials", .integer, covers: [0]),
      .lines([Plot.Line("left", [.init(1, 200), .init(2, 100), .init(8, 25)], path: .stepped)]))
  }

  private static var parallel: Plot {
    Plot(
      "Parallel",
      .parallel(
        Plot.ParallelCoordinates(
          [
            .init(Axis("model.layers", .integer)), .init(Axis(longName)), .init(Axis("rate", scale: .log)),
            .init(Axis("kind"), categories: ["cosine", "a schedule of the longest name", "steps"]),
            .init(Axis("accuracy", .percent)),
          ],
          records: [
            [2, 5, 1e-4, 0, 0.5], [3, nil, 1e-1, 2, 0.8], [4, nil, -1, 1, 0.7], [4, .nan, nil, nil, nil],
          ])))
  }

  private static var confusion: Plot {
    Plot(
      "Confusion", x: Axis("predicted"), y: Axis("true"),
      .heatMap(
        Plot.HeatMap(
          rows: classes, columns: classes,
          values: (0..<10).map { row in (0..<10).map { share(row, $0) } },
          texts: (0..<10).map { row in (0..<10).map { $0 == row ? "12,345" : "" } }, color: Axis("share", .percent))))
  }

  private static var pair: Plot {
    Plot(
      "Pair", x: Axis("batch"), y: Axis("layers"),
      .heatMap(Plot.HeatMap(rows: ["2", "3"], columns: ["32", "64"], values: [[0.5, nil], [0.75, 0.25]])))
  }

  private static var diagram: Plot {
    Plot(
      "Architecture",
      .diagram(
        Plot.Diagram([
          .init("input", notes: ["3 × 32 × 32"], boxes: ["images"]),
          .init(
            "layer 1: 13 blocks", notes: ["32 × 32 × 32", "235,000 parameters", longName],
            boxes: ["3×3 convolution, BN, ReLU", longName, "sum"], hasShortcut: true),
          .init("", boxes: ["linear"]),
        ])))
  }

  private static var hostile: Plot {
    Plot("<b>&\"\u{1}\u{0}'ü→漢", x: Axis("<x>"), .bars([Plot.Bar("</svg>&amp;]]>", 1)]), note: "a < b && c > d")
  }

  static let full: [Plot] = [
    accuracy, manyLines, gaps, parameters, labelled, hugeAndTiny, alone, reliability, layers, importance, rungs,
    parallel, confusion, pair, diagram, hostile,
  ]

  private static let nothing: [Plot.Content] = [
    .lines([]), .lines([Plot.Line("a", [])]), .lines([Plot.Line("a", [.init(.nan, 1)])]), .scatter([]),
    .scatter([Plot.Cluster("a", [])]), .strips([]), .strips([Plot.Strip("a", [])]), .bars([]),
    .bars([Plot.Bar("a", .nan)]), .parallel(.init([], records: [])),
    .parallel(.init([.init(Axis("a")), .init(Axis("b"))], records: [])),
    .parallel(.init([.init(Axis("a")), .init(Axis("b"))], records: [[nil, nil]])),
    .heatMap(.init(rows: [], columns: [], values: [])), .diagram(.init([])),
  ]

  static let empty = nothing.map {
    Plot("Nothing yet", x: Axis("x"), y: Axis("y"), $0, emptyText: "no trial has finished")
  }

  static let all = full + empty
}

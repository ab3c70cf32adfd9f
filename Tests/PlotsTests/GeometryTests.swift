// What must hold of a figure's layout, whatever its data: points lie inside the axes, words inside the figure,
// no word over another, and every tick where it says.
import Plots
import Testing

@Suite struct GeometryTests {
  private func places(_ mark: Mark) -> [Location] {
    switch mark {
    case .path(let places, _, _): places
    case .rectangle(let box, _, _, _): [Location(x: box.x, y: box.y), Location(x: box.maxX, y: box.maxY)]
    case .circle(let center, _, _, _): [center]
    case .text: []
    }
  }

  @Test(arguments: Samples.all.indices) func dataLieInsideTheAxes(index: Int) {
    let drawing = Samples.all[index].drawing()
    for place in drawing.data.flatMap(places) {
      #expect(drawing.area.contains(place, tolerance: 0.01), "\(drawing.title): \(place) is outside \(drawing.area)")
    }
    let page = Rectangle(x: 0, y: 0, width: drawing.width, height: drawing.height)
    #expect(page.contains(Location(x: drawing.area.x, y: drawing.area.y)))
    #expect(page.contains(Location(x: drawing.area.maxX, y: drawing.area.maxY)))
    #expect(drawing.area.width >= 80 && drawing.area.height > 20, "\(drawing.title): \(drawing.area)")
  }

  @Test(arguments: Samples.all.indices) func wordsLieInsideTheFigureAndApart(index: Int) {
    let measure = TextMeasure()
    let drawing = Samples.all[index].drawing(measure: measure)
    let words = drawing.marks.compactMap { mark in measure.box(mark).map { (mark, $0) } }
    #expect(!words.isEmpty)
    for (position, (mark, box)) in words.enumerated() {
      #expect(box.x >= 0 && box.maxX <= drawing.width && box.y >= 0 && box.maxY <= drawing.height, "\(mark)")
      for (other, otherBox) in words[..<position] { #expect(!box.overlaps(otherBox), "\(mark) over \(other)") }
    }
  }

  /// Names and numbers around the data; those of parallel axes and cells are meant to stand among them.
  @Test(arguments: Samples.all.indices) func noWordOfTheFrameLiesOverTheData(index: Int) {
    let measure = TextMeasure()
    let drawing = Samples.all[index].drawing(measure: measure)
    guard !drawing.data.isEmpty else { return }
    for box in drawing.frame.compactMap(measure.box) {
      #expect(!box.overlaps(drawing.area), "\(drawing.title): words at \(box) lie over \(drawing.area)")
    }
  }

  @Test(arguments: Samples.empty.indices) func aFigureWithoutDataSaysSo(index: Int) {
    let drawing = Samples.empty[index].drawing()
    let words = drawing.marks.compactMap { mark in
      if case .text(let words, _, _, _, _, _) = mark { words } else { nil }
    }
    #expect(words == ["Nothing yet", "no trial has finished"])
    #expect(drawing.data.isEmpty)
  }

  @Test func everyPointIsDrawn() {
    let plot = Plot(
      "p", x: Axis("x", scale: .log), y: Axis("y"),
      .scatter([Plot.Cluster("", [.init(1, 1), .init(10, 3), .init(-1, 2), .init(100, .nan)])]))
    let drawing = plot.drawing()
    let centers = drawing.data.flatMap(places)
    // Two of four have a place: the corners of the axes 1…10 and 1…3.
    let corners = [
      Location(x: drawing.area.x, y: drawing.area.maxY), Location(x: drawing.area.maxX, y: drawing.area.y),
    ]
    #expect(centers.count == 2)
    for (center, corner) in zip(centers, corners) {
      #expect(abs(center.x - corner.x) < 1e-9 && abs(center.y - corner.y) < 1e-9)
    }
  }

  @Test func labelsStandBesideTheirPointsWhereThereIsRoom() {
    let crowd = (0..<80).map { Plot.Point(3 + Double($0) / 1000, 0.5, label: "one of a crowd, \($0)") }
    let ends = [Plot.Point(1, 0, label: "the leftmost of all"), Plot.Point(9, 1, label: "the rightmost of all")]
    let plot = Plot(
      "p", x: Axis("x"), y: Axis("y"), .scatter([Plot.Cluster("", ends + crowd, showsLabels: true)]))
    let measure = TextMeasure()
    let drawing = plot.drawing(measure: measure)
    let boxes = drawing.overlay.compactMap(measure.box)
    let written = drawing.overlay.compactMap { mark in
      if case .text(let words, _, _, _, _, _) = mark { words } else { nil }
    }
    #expect(written.starts(with: ends.map(\.label)))
    #expect(written.count > 4 && written.count < 82, "some of the crowd have room, not all: \(written)")
    for center in drawing.data.flatMap(places) {
      #expect(!boxes.contains { $0.contains(center) })
    }
    for box in boxes {
      #expect(drawing.area.contains(Location(x: box.x, y: box.y)))
      #expect(drawing.area.contains(Location(x: box.maxX, y: box.maxY)))
    }
  }

  @Test func aLineLeadsToALabelThatHasNoRoomBesideItsPoint() {
    func plot(_ others: [Plot.Point]) -> Plot {
      Plot(
        "p", x: Axis("x", covers: [0, 10]), y: Axis("y", covers: [0, 1]),
        .scatter([
          Plot.Cluster("", [.init(5, 0.5, label: "crowded")], showsLabels: true), Plot.Cluster("", others),
        ]))
    }
    func leaders(_ drawing: Drawing) -> Int {
      drawing.data.count { mark in if case .path = mark { true } else { false } }
    }
    let free = plot([]).drawing()
    #expect(free.overlay.count == 1 && leaders(free) == 0)
    // Points where its words could stand, in points of the drawing, but none above it.
    let others = [(12.0, 0.0), (-12, 0), (6, -10), (6, 10), (-12, -10), (-12, 10)].map { x, y in
      Plot.Point(5 + x * 10 / free.area.width, 0.5 + y / free.area.height)
    }
    let crowded = plot(others).drawing()
    #expect(crowded.overlay.count == 1 && leaders(crowded) == 1)
  }

  @Test func manyLinesDifferInColourOrDashes() {
    let lines = (0..<20).map { Plot.Line("\($0)", [.init(0, Double($0)), .init(1, Double($0))]) }
    let drawing = Plot("p", x: Axis("x"), y: Axis("y"), .lines(lines)).drawing()
    let strokes = drawing.data.compactMap { mark -> Stroke? in
      if case .path(_, let stroke, _) = mark { stroke } else { nil }
    }
    #expect(strokes.count == 20)
    for (index, stroke) in strokes.enumerated() {
      #expect(
        !strokes[..<index].contains { $0.dash == stroke.dash && Self.color($0) == Self.color(stroke) }, "\(index)")
    }
  }

  private static func color(_ stroke: Stroke) -> RGB { Theme.light.color(stroke.paint) }

  @Test func quartilesAreWhereTheyBelong() throws {
    let plot = Plot("p", x: Axis("x", covers: [0, 10]), .strips([Plot.Strip("a", [9, 1, 3, 7, 5])]))
    let drawing = plot.drawing()
    let box = try #require(
      drawing.data.compactMap { mark -> Rectangle? in
        if case .rectangle(let box, _, _, _) = mark { box } else { nil }
      }.first)
    let unit = drawing.area.width / 10
    #expect(abs(box.x - drawing.area.x - 3 * unit) < 1e-9 && abs(box.width - 4 * unit) < 1e-9)
    #expect(plot.terminal(width: 60, usesColor: false).contains("5 (5)"))
  }
}

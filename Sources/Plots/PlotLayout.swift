// Lays a figure out: title and legend above, the content, its note below, each in its own room,
// so that words never lie over data.

/// The layout of one figure, from top to bottom.
struct PlotLayout {
  let plot: Plot
  let measure: TextMeasure
  var drawing: Drawing
  /// Where the next part begins.
  var cursor: Double

  static let margin = 12.0
  var right: Double { drawing.width - Self.margin }
  /// Width between the margins.
  var room: Double { drawing.width - 2 * Self.margin }

  /// The drawing of `plot`, `width` points wide; what needs more takes more.
  static func drawing(_ plot: Plot, width: Double, measure: TextMeasure) -> Drawing {
    let layout = PlotLayout(plot: plot, measure: measure, width: max(width, minimumWidth(of: plot, measure)))
    return layout.finished()
  }

  private static func minimumWidth(of plot: Plot, _ measure: TextMeasure) -> Double {
    switch plot.content {
    case .parallel(let content): parallelWidth(content, measure)
    case .heatMap(let map): heatMapWidth(map, measure)
    case .diagram(let content): diagramWidth(content, measure)
    default: 240
    }
  }

  private init(plot: Plot, measure: TextMeasure, width: Double) {
    self.plot = plot
    self.measure = measure
    cursor = Self.margin
    drawing = Drawing(title: plot.title, width: width, height: 0, area: Rectangle(x: 0, y: 0, width: 0, height: 0))
  }

  private func finished() -> Drawing {
    var layout = self
    layout.words(plot.title, .title, .ink)
    if plot.isEmpty {
      layout.empty()
    } else {
      layout.legend()
      switch plot.content {
      case .lines(let lines): layout.lines(lines)
      case .scatter(let clusters): layout.scatter(clusters)
      case .strips(let strips): layout.strips(strips)
      case .bars(let bars): layout.bars(bars)
      case .parallel(let content): layout.parallel(content)
      case .heatMap(let map): layout.heatMap(map)
      case .diagram(let content): layout.diagram(content)
      }
    }
    layout.words(plot.note, .tick, .muted)
    layout.drawing.height = (layout.cursor + Self.margin).rounded(.up)
    return layout.drawing
  }

  /// A paragraph over the whole width.
  private mutating func words(_ text: String, _ font: Font, _ paint: Paint) {
    for line in measure.wrapped(text, font, room: room) {
      cursor += font.size
      drawing.frame.append(.text(line, Location(x: Self.margin, y: cursor), font, paint))
      cursor += font.size * 0.45
    }
  }

  private mutating func empty() {
    cursor += 6
    drawing.area = Rectangle(x: Self.margin, y: cursor, width: room, height: 90)
    drawing.frame.append(.rectangle(drawing.area, stroke: Stroke(paint: .grid)))
    let lines = measure.wrapped(plot.emptyText, .label, room: room - 16)
    for (index, line) in lines.enumerated() {
      let y = cursor + 49 + (Double(index) - Double(lines.count - 1) / 2) * 17
      drawing.frame.append(.text(line, Location(x: drawing.area.center.x, y: y), .label, .muted, .middle))
    }
    cursor += 90 + 6
  }

  // MARK: Legend

  private enum Symbol {
    case line(Stroke)
    case dot(Paint)
  }

  private var legendEntries: [(name: String, symbol: Symbol)] {
    var entries: [(name: String, symbol: Symbol)] = []
    switch plot.content {
    case .lines(let lines):
      entries = lines.enumerated().map { index, line in (line.name, .line(line.stroke(position: index))) }
    case .scatter(let clusters):
      // One without points keeps its colour for another figure, and needs no entry in this one.
      entries = clusters.enumerated().filter { !$1.points.isEmpty }.map { ($1.name, .dot(.series($0))) }
    default: break
    }
    return (entries + plot.rules.map { ($0.name, .line(.rule)) }).filter { !$0.name.isEmpty }
  }

  private mutating func legend() {
    let entries = legendEntries
    guard !entries.isEmpty else { return }
    let (symbolWidth, gap) = (20.0, 16.0)
    var x = Self.margin
    cursor += 4
    for entry in entries {
      let name = measure.fitted(entry.name, .label, room: room - symbolWidth - 6)
      let width = symbolWidth + 6 + measure.width(name, .label)
      if x > Self.margin, x + width > right {
        x = Self.margin
        cursor += 17
      }
      let middle = cursor + 8
      switch entry.symbol {
      case .line(let stroke):
        drawing.frame.append(
          .path([Location(x: x, y: middle), Location(x: x + symbolWidth, y: middle)], stroke: stroke))
      case .dot(let paint):
        drawing.frame.append(.circle(Location(x: x + symbolWidth / 2, y: middle), radius: 4, fill: Fill(paint: paint)))
      }
      drawing.frame.append(.text(name, Location(x: x + symbolWidth + 6, y: middle + 4.3), .label, .ink))
      x += width + gap
    }
    cursor += 20
  }
}

extension Stroke {
  static let rule = Stroke(paint: .ink, width: 1.3, dash: [2, 3])
  static let grid = Stroke(paint: .grid)
  static let axis = Stroke(paint: .muted)
}

extension Plot.Line {
  func stroke(position: Int) -> Stroke {
    // Further lines have the same colours in other dashes.
    let round = (color ?? position) / Theme.seriesCount
    let dashes: [[Double]] = [[], [10, 3, 2, 3], [2, 2], [14, 4]]
    return Stroke(
      paint: .series(color ?? position), width: 2, dash: isDashed ? [6, 4] : dashes[round % dashes.count])
  }
}

extension Plot {
  /// Whether there is nothing to draw.
  var isEmpty: Bool {
    func hasPlace(_ point: Point) -> Bool { x.holds(point.x) && y.holds(point.y) }
    return switch content {
    case .lines(let lines): !lines.contains { $0.points.contains(where: hasPlace) }
    case .scatter(let clusters): !clusters.contains { $0.points.contains(where: hasPlace) }
    case .strips(let strips): !strips.contains { $0.values.contains(where: x.holds) }
    case .bars(let bars): !bars.contains { x.holds($0.value) }
    case .parallel(let content):
      content.dimensions.count < 2 || content.records.isEmpty
        || content.dimensions.indices.allSatisfy { content.held($0).isEmpty }
    case .heatMap(let map): map.rows.isEmpty || map.columns.isEmpty
    case .diagram(let content): content.stages.isEmpty
    }
  }
}

// Figures with two axes of numbers: curves and clouds of points,
// their grid, and the lines of reference across them.

extension PlotLayout {
  private static let plotHeight = 210.0

  /// Places values of both axes in the drawing's area.
  struct Mapping {
    let area: Rectangle
    let x, y: Ticks

    func place(_ point: Plot.Point) -> Location? {
      guard x.axis.holds(point.x), y.axis.holds(point.y) else { return nil }
      return Location(x: atX(point.x), y: atY(point.y))
    }

    func atX(_ value: Double) -> Double { area.x + x.share(value) * area.width }
    func atY(_ value: Double) -> Double { area.maxY - y.share(value) * area.height }
  }

  mutating func lines(_ lines: [Plot.Line]) {
    let mapping = axes(lines.flatMap(\.points))
    for (index, line) in lines.enumerated() {
      let stroke = line.stroke(position: index)
      for run in line.points.map(mapping.place).split(separator: nil) {
        let places = run.compactMap { $0 }
        drawing.data.append(.path(line.path == .stepped ? Self.stepped(places) : places, stroke: stroke))
      }
      // Few points are shown as such; a lone one would be nothing at all. Corners of steps need no mark.
      guard line.points.count <= 40, line.path == .straight || line.points.count == 1 else { continue }
      for point in line.points {
        guard let place = mapping.place(point) else { continue }
        let label = point.label.isEmpty ? description(of: point, in: line.name) : point.label
        drawing.data.append(.circle(place, radius: 2.6, fill: Fill(paint: stroke.paint), label: label))
      }
    }
    rules(mapping)
  }

  private static func stepped(_ places: [Location]) -> [Location] {
    var path: [Location] = []
    for place in places {
      if let last = path.last { path.append(Location(x: place.x, y: last.y)) }
      path.append(place)
    }
    return path
  }

  mutating func scatter(_ clusters: [Plot.Cluster]) {
    let mapping = axes(clusters.flatMap { $0.points + $0.trend })
    let count = clusters.reduce(0) { $0 + $1.points.count }
    for (index, cluster) in clusters.enumerated() {
      for point in cluster.points {
        guard let place = mapping.place(point) else { continue }
        let label = point.label.isEmpty ? description(of: point, in: cluster.name) : point.label
        drawing.data.append(
          .circle(
            place, radius: count > 400 ? 2.2 : 3.4,
            fill: Fill(paint: .series(index), opacity: count > 400 ? 0.5 : count > 100 ? 0.75 : 1),
            label: label))
      }
    }
    for cluster in clusters {
      for run in cluster.trend.map(mapping.place).split(separator: nil) {
        drawing.data.append(.path(run.compactMap { $0 }, stroke: Stroke(paint: .ink, width: 2)))
      }
    }
    labels(of: clusters, mapping)
    rules(mapping)
  }

  private func description(of point: Plot.Point, in name: String) -> String {
    "\(name.isEmpty ? "" : "\(name): ")\(plot.x.text(point.x)), \(plot.y.text(point.y))"
  }

  private mutating func rules(_ mapping: Mapping) {
    let area = mapping.area
    for rule in plot.rules {
      let ends: [Location]
      switch rule.place {
      case .x(let value):
        let x = mapping.atX(value)
        ends = [Location(x: x, y: area.y), Location(x: x, y: area.maxY)]
      case .diagonal:
        let (low, high) = (max(mapping.x.first, mapping.y.first), min(mapping.x.last, mapping.y.last))
        guard low < high else { continue }
        ends = [low, high].map { Location(x: mapping.atX($0), y: mapping.atY($0)) }
      }
      drawing.data.append(.path(ends, stroke: .rule))
    }
  }

  /// Draws both axes around the room for `points` and the rules.
  private mutating func axes(_ points: [Plot.Point]) -> Mapping {
    let shown = points.filter { plot.x.holds($0.x) && plot.y.holds($0.y) }
    var xs = shown.map(\.x)
    let ys = shown.map(\.y)
    for rule in plot.rules {
      if case .x(let value) = rule.place { xs.append(value) }
    }
    heading(plot.y.title)
    let yTicks = Ticks(plot.y, covering: ys, count: 6)
    let labelWidth = yTicks.labels.map { measure.width($0, .tick) }.max() ?? 0
    let (xTicks, left, end) = horizontalTicks(covering: xs, from: Self.margin + labelWidth + 8, to: right)
    let area = Rectangle(x: left, y: cursor, width: end - left, height: Self.plotHeight)
    drawing.area = area
    let mapping = Mapping(area: area, x: xTicks, y: yTicks)
    for (value, label) in zip(yTicks.values, yTicks.labels) {
      let y = mapping.atY(value)
      drawing.frame.append(.path([Location(x: area.x, y: y), Location(x: area.maxX, y: y)], stroke: .grid))
      drawing.frame.append(
        .text(label, Location(x: area.x - 7, y: y + Font.tick.size * 0.36), .tick, .muted, .end))
    }
    cursor = area.maxY
    bottomAxis(xTicks)
    return mapping
  }

  /// Words over the upper left corner of the area: what the vertical axis measures.
  mutating func heading(_ text: String, trailing: String = "") {
    guard !text.isEmpty || !trailing.isEmpty else {
      cursor += 8
      return
    }
    cursor += 14
    let trailingWidth = trailing.isEmpty ? 0 : measure.width(trailing, .tick) + 12
    let fitted = measure.fitted(text, .label, room: room - trailingWidth)
    drawing.frame.append(.text(fitted, Location(x: Self.margin, y: cursor), .label, .muted))
    if !trailing.isEmpty {
      drawing.frame.append(.text(trailing, Location(x: right, y: cursor), .tick, .muted, .end))
    }
    cursor += 13
  }

  /// As many ticks between `from` and `to` as keep their labels apart, and the ends that leave room for the outermost.
  func horizontalTicks(
    covering values: [Double], from: Double, to: Double
  ) -> (ticks: Ticks, left: Double, right: Double) {
    var count = 8
    while true {
      let ticks = Ticks(plot.x, covering: values, count: count)
      let widths = ticks.labels.map { measure.width($0, .tick) }
      let left = max(from, Self.margin + (widths.first ?? 0) / 2)
      let end = min(to, right - (widths.last ?? 0) / 2)
      let places = ticks.values.map { left + ticks.share($0) * (end - left) }
      let keepApart = places.indices.dropFirst().allSatisfy {
        places[$0] - places[$0 - 1] >= (widths[$0] + widths[$0 - 1]) / 2 + 8
      }
      if keepApart || count <= 2 { return (ticks, left, end) }
      count -= 1
    }
  }

  /// The horizontal axis under the drawing's area: grid, labels and title.
  mutating func bottomAxis(_ ticks: Ticks) {
    let area = drawing.area
    for (value, label) in zip(ticks.values, ticks.labels) {
      let x = area.x + ticks.share(value) * area.width
      drawing.frame.append(.path([Location(x: x, y: area.y), Location(x: x, y: area.maxY)], stroke: .grid))
      drawing.frame.append(.text(label, Location(x: x, y: area.maxY + 16), .tick, .muted, .middle))
    }
    drawing.frame.append(
      .path([Location(x: area.x, y: area.maxY), Location(x: area.maxX, y: area.maxY)], stroke: .axis))
    cursor = area.maxY + 22
    guard !plot.x.title.isEmpty else { return }
    cursor += 13
    let title = measure.fitted(plot.x.title, .label, room: room)
    let half = measure.width(title, .label) / 2
    let x = min(max(area.center.x, Self.margin + half), right - half)
    drawing.frame.append(.text(title, Location(x: x, y: cursor), .label, .muted, .middle))
    cursor += 7
  }
}

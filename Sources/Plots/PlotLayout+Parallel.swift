// Parallel coordinates: one upright axis a variable, one line a record, coloured by the last axis, the best on top.
// A record without a value passes through a place of its own under the axis.

extension PlotLayout {
  private static let axisHeight = 220.0
  /// Under an axis, the place of records that have no value there.
  private static let absence = 22.0
  private static let font = Font.tick

  /// Lines of an axis's name, broken at points.
  private static func nameLines(_ name: String) -> [String] {
    let parts = name.split(separator: ".").map(String.init)
    return parts.count <= 1 ? parts : [parts.dropLast().joined(separator: "."), parts[parts.count - 1]]
  }

  /// What stands beside each axis: all categories, or the ends.
  private static func labels(_ content: Plot.ParallelCoordinates, _ index: Int) -> (Ticks, [(Double, String)]) {
    let dimension = content.dimensions[index]
    guard dimension.categories.isEmpty else {
      let count = dimension.categories.count
      let ticks = Ticks(Axis("", .integer, covers: [0, Double(max(1, count - 1))]), covering: [], count: max(2, count))
      return (ticks, dimension.categories.enumerated().map { (Double($0), $1) })
    }
    let ticks = Ticks(dimension.axis, covering: content.held(index), count: 5)
    return (ticks, Array(zip(ticks.values, ticks.labels)))
  }

  static func parallelWidth(_ content: Plot.ParallelCoordinates, _ measure: TextMeasure) -> Double {
    guard content.dimensions.count > 1 else { return 240 }
    return 2 * margin + placing(content, measure).reduce(0) { $0 + $1.before + $1.after }
  }

  /// Room to the left and the right of each axis.
  private static func placing(
    _ content: Plot.ParallelCoordinates, _ measure: TextMeasure
  ) -> [(before: Double, after: Double)] {
    content.dimensions.indices.map { index in
      let lines = nameLines(content.dimensions[index].axis.title)
      let name = lines.map { measure.width($0, Font(size: font.size, isBold: true)) }.max() ?? 0
      let labels = labels(content, index).1.map { measure.width($0.1, font) }.max() ?? 0
      return (max(12, name / 2 + 5), max(26, name / 2 + 5, min(labels, 120) + 14))
    }
  }

  mutating func parallel(_ content: Plot.ParallelCoordinates) {
    let placing = Self.placing(content, measure)
    let spare = (room - placing.reduce(0) { $0 + $1.before + $1.after }) / Double(placing.count - 1)
    let nameRows = content.dimensions.map { Self.nameLines($0.axis.title).count }.max() ?? 1
    cursor += 6 + Double(nameRows) * 15 + 6
    let hasAbsences = content.records.contains { record in
      content.dimensions.indices.contains { !content.holds(record, $0) }
    }
    let area = Rectangle(
      x: Self.margin, y: cursor, width: room, height: Self.axisHeight + (hasAbsences ? Self.absence : 0))
    drawing.area = area
    let bottom = area.y + Self.axisHeight
    var xs: [Double] = []
    var x = Self.margin
    for index in placing.indices {
      x += placing[index].before
      xs.append(x)
      x += placing[index].after + max(0, spare)
    }
    let scales = content.dimensions.indices.map { Self.labels(content, $0) }
    for (index, dimension) in content.dimensions.enumerated() {
      name(dimension.axis.title, at: xs[index], above: area.y)
      drawing.frame.append(
        .path([Location(x: xs[index], y: area.y), Location(x: xs[index], y: bottom)], stroke: .axis))
      let (ticks, labels) = scales[index]
      var lowest = Double.infinity
      for (value, label) in labels {
        let y = bottom - ticks.share(value) * Self.axisHeight
        // Many categories: those that would run into their neighbour below stay unnamed.
        guard lowest - y >= 13 else { continue }
        lowest = y
        let fitted = measure.fitted(label, Self.font, room: 120)
        grounded(fitted, at: Location(x: xs[index] + 5, y: y + Self.font.size * 0.36), .ink)
      }
      if hasAbsences, content.records.contains(where: { !content.holds($0, index) }) {
        grounded("none", at: Location(x: xs[index] + 5, y: bottom + Self.absence + 3), .muted)
      }
    }
    let last = content.dimensions.count - 1
    let order = content.records.indices.sorted {
      (content.records[$0][last] ?? -.infinity, -$0) < (content.records[$1][last] ?? -.infinity, -$1)
    }
    for (rank, row) in order.enumerated() {
      let record = content.records[row]
      let places = xs.indices.map { index in
        let y =
          content.holds(record, index)
          ? bottom - scales[index].0.share(record[index] ?? 0) * Self.axisHeight : bottom + Self.absence
        return Location(x: xs[index], y: y)
      }
      // By rank, and steeper than that: the few best are what one looks for.
      let share = Double(rank + 1) / Double(order.count)
      let strength = share * share * share
      drawing.data.append(
        .path(
          places,
          stroke: Stroke(
            paint: .ramp(0.25 + 0.75 * strength), width: 0.8 + 1.2 * strength, opacity: 0.25 + 0.7 * strength)
        ))
    }
    cursor = area.maxY + 10
  }

  /// Words on a ground of their own, since lines cross them.
  private mutating func grounded(_ text: String, at place: Location, _ paint: Paint) {
    let mark = Mark.text(text, place, Self.font, paint)
    if let box = measure.box(mark) {
      drawing.overlay.append(.rectangle(box, fill: Fill(paint: .surface, opacity: 0.8)))
    }
    drawing.overlay.append(mark)
  }

  private mutating func name(_ name: String, at x: Double, above y: Double) {
    let lines = Self.nameLines(name)
    for (index, line) in lines.enumerated() {
      let baseline = y - 10 - Double(lines.count - 1 - index) * 15
      drawing.frame.append(
        .text(
          line, Location(x: x, y: baseline), Font(size: Self.font.size, isBold: index == lines.count - 1), .ink, .middle
        ))
    }
  }
}

extension Plot.ParallelCoordinates {
  /// Whether a record has a value with a place on axis `index`.
  func holds(_ record: [Double?], _ index: Int) -> Bool {
    record[index].map(dimensions[index].axis.holds) ?? false
  }

  /// The values that have a place on axis `index`.
  func held(_ index: Int) -> [Double] {
    records.compactMap { holds($0, index) ? $0[index] : nil }
  }
}

// Matrices of colours: confusion of classes, or a measure over two variables.
// Columns' names stand upright where they are wider than their column.

extension PlotLayout {
  private static let cell = (minimum: 24.0, maximum: 44.0, height: 26.0)

  /// Width of the rows' names.
  private static func namesWidth(_ map: Plot.HeatMap, _ measure: TextMeasure) -> Double {
    map.rows.map { measure.width(measure.fitted($0, .tick, room: 150), .tick) }.max() ?? 0
  }

  private static func cellWidth(_ map: Plot.HeatMap, _ measure: TextMeasure) -> Double {
    max(cell.minimum, (map.texts.joined().map { measure.width($0, .tick) }.max() ?? 0) + 6)
  }

  static func heatMapWidth(_ map: Plot.HeatMap, _ measure: TextMeasure) -> Double {
    max(240, 2 * margin + namesWidth(map, measure) + 10 + Double(map.columns.count) * cellWidth(map, measure))
  }

  mutating func heatMap(_ map: Plot.HeatMap) {
    let left = Self.margin + Self.namesWidth(map, measure) + 10
    let width = min(max(Self.cell.maximum, Self.cellWidth(map, measure)), (right - left) / Double(map.columns.count))
    let values = map.values.joined().compactMap { $0 }.filter(map.color.holds)
    let ticks = Ticks(map.color, covering: values, count: 5)
    scale(ticks)
    heading(plot.y.title.isEmpty ? "" : "rows: \(plot.y.title), columns: \(plot.x.title)")
    let names = map.columns.map { measure.fitted($0, .tick, room: 110) }
    let widest = names.map { measure.width($0, .tick) }.max() ?? 0
    let isUpright = widest > width - 6
    cursor += isUpright ? widest + 6 : 16
    let area = Rectangle(
      x: left, y: cursor, width: width * Double(map.columns.count), height: Self.cell.height * Double(map.rows.count))
    drawing.area = area
    for (column, name) in names.enumerated() {
      let x = area.x + (Double(column) + 0.5) * width
      drawing.frame.append(
        isUpright
          ? .text(name, Location(x: x + Font.tick.size * 0.36, y: area.y - 6), .tick, .ink, .start, isUpright: true)
          : .text(name, Location(x: x, y: area.y - 6), .tick, .ink, .middle))
    }
    for (row, name) in map.rows.enumerated() {
      let y = area.y + (Double(row) + 0.5) * Self.cell.height + Font.tick.size * 0.36
      let fitted = measure.fitted(name, .tick, room: 150)
      drawing.frame.append(.text(fitted, Location(x: area.x - 7, y: y), .tick, .ink, .end))
      for column in map.columns.indices { cell(map, row, column, width, ticks) }
    }
    drawing.data.append(.rectangle(area, stroke: .grid))
    cursor = area.maxY + 8
  }

  private mutating func cell(_ map: Plot.HeatMap, _ row: Int, _ column: Int, _ width: Double, _ ticks: Ticks) {
    guard row < map.values.count, column < map.values[row].count, let value = map.values[row][column],
      map.color.holds(value)
    else { return }
    let area = drawing.area
    let rectangle = Rectangle(
      x: area.x + Double(column) * width, y: area.y + Double(row) * Self.cell.height, width: width,
      height: Self.cell.height)
    let share = ticks.share(value)
    let text = row < map.texts.count && column < map.texts[row].count ? map.texts[row][column] : ""
    drawing.data.append(
      .rectangle(
        rectangle, fill: Fill(paint: .ramp(share)),
        label: "\(map.rows[row]), \(map.columns[column]): \(text.isEmpty ? map.color.text(value) : text)"))
    guard !text.isEmpty else { return }
    let place = Location(x: rectangle.center.x, y: rectangle.center.y + Font.tick.size * 0.36)
    drawing.overlay.append(.text(text, place, .tick, .onRamp(share), .middle))
  }

  /// The colours' legend: what they measure, and the ends.
  private mutating func scale(_ ticks: Ticks) {
    cursor += 6
    let title = ticks.axis.title.isEmpty ? "" : ticks.axis.title + "  "
    let low = title + (ticks.labels.first ?? "")
    let baseline = cursor + 11
    drawing.frame.append(.text(low, Location(x: Self.margin, y: baseline), .tick, .muted))
    var x = Self.margin + measure.width(low, .tick) + 6
    for step in 0..<16 {
      drawing.frame.append(
        .rectangle(
          Rectangle(x: x, y: cursor + 1, width: 6, height: 12), fill: Fill(paint: .ramp((Double(step) + 0.5) / 16))))
      x += 6
    }
    drawing.frame.append(.text(ticks.labels.last ?? "", Location(x: x + 6, y: baseline), .tick, .muted))
    cursor += 20
  }
}

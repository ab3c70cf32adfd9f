// Figures with one row a category: distributions and bars. Names stand upright on the left whatever their length,
// numbers in a column on the right.

extension PlotLayout {
  private static let rowHeight = 26.0

  mutating func strips(_ strips: [Plot.Strip]) {
    let held = strips.map { $0.values.filter(plot.x.holds).sorted() }
    let texts = held.map { values in
      values.isEmpty ? "– (0)" : "\(plot.x.text(Self.quantile(values, 0.5))) (\(values.count))"
    }
    let (ticks, centers) = rows(
      strips.map(\.name), texts, heading: "median (count)", covering: held.flatMap { $0 })
    let area = drawing.area
    func atX(_ value: Double) -> Double { area.x + ticks.share(value) * area.width }
    for (index, values) in held.enumerated() where !values.isEmpty {
      let center = centers[index]
      let (low, middle, high) = (
        atX(Self.quantile(values, 0.25)), atX(Self.quantile(values, 0.5)), atX(Self.quantile(values, 0.75))
      )
      if values.count >= 4 {
        drawing.data.append(
          .rectangle(
            Rectangle(x: low, y: center - 9, width: high - low, height: 18),
            stroke: Stroke(paint: .series(0), opacity: 0.7), fill: Fill(paint: .series(0), opacity: 0.15)))
      }
      // A few hundred points show a distribution as well as all of them.
      let shown = values.count <= 300 ? values : (0..<300).map { values[$0 * (values.count - 1) / 299] }
      for (position, value) in shown.enumerated() {
        // Golden-ratio steps spread neighbours over the row without chance.
        let offset = (0.5 + Double(position) * 0.618_033_988_75).truncatingRemainder(dividingBy: 1) - 0.5
        drawing.data.append(
          .circle(
            Location(x: atX(value), y: center + offset * 14), radius: values.count > 100 ? 1.6 : 2.3,
            fill: Fill(paint: .series(0), opacity: 0.5), label: "\(strips[index].name): \(plot.x.text(value))"))
      }
      drawing.data.append(
        .path(
          [Location(x: middle, y: center - 10), Location(x: middle, y: center + 10)],
          stroke: Stroke(paint: .series(1), width: 2.6)))
    }
  }

  mutating func bars(_ bars: [Plot.Bar]) {
    let texts = bars.map { plot.x.text($0.value) }
    let (ticks, centers) = rows(bars.map(\.name), texts, heading: "", covering: [0] + bars.map(\.value))
    let area = drawing.area
    func atX(_ value: Double) -> Double { area.x + ticks.share(value) * area.width }
    for (index, bar) in bars.enumerated() where plot.x.holds(bar.value) {
      let (from, to) = (atX(min(0, bar.value)), atX(max(0, bar.value)))
      drawing.data.append(
        .rectangle(
          Rectangle(x: from, y: centers[index] - 8, width: to - from, height: 16), fill: Fill(paint: .series(0)),
          label: "\(bar.name): \(texts[index])"))
    }
  }

  /// Draws names, texts and the axis; returns its ticks and the rows' middles.
  private mutating func rows(
    _ names: [String], _ texts: [String], heading trailing: String, covering values: [Double]
  ) -> (Ticks, [Double]) {
    heading(plot.y.title, trailing: trailing)
    let fitted = names.map { measure.fitted($0, .tick, room: room * 0.38) }
    let nameWidth = fitted.map { measure.width($0, .tick) }.max() ?? 0
    let textWidth = texts.map { measure.width($0, .tick) }.max() ?? 0
    let (ticks, left, end) = horizontalTicks(
      covering: values, from: Self.margin + nameWidth + 10, to: right - textWidth - 12)
    let area = Rectangle(
      x: left, y: cursor, width: end - left, height: Self.rowHeight * Double(names.count))
    drawing.area = area
    let centers = names.indices.map { area.y + (Double($0) + 0.5) * Self.rowHeight }
    for (index, center) in centers.enumerated() {
      let baseline = center + Font.tick.size * 0.36
      drawing.frame.append(.text(fitted[index], Location(x: area.x - 9, y: baseline), .tick, .ink, .end))
      drawing.frame.append(.text(texts[index], Location(x: right, y: baseline), .tick, .muted, .end))
    }
    bottomAxis(ticks)
    return (ticks, centers)
  }

  /// The quantile of ascending `values` at `share`, between neighbours in proportion.
  static func quantile(_ values: [Double], _ share: Double) -> Double {
    let place = share * Double(values.count - 1)
    let (low, high) = (Int(place.rounded(.down)), Int(place.rounded(.up)))
    return values[low] + (values[high] - values[low]) * (place - Double(low))
  }
}

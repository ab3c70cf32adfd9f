// Short forms with one row a category, matrices, diagrams, and parallel axes.

extension Terminal {
  func strips(_ strips: [Plot.Strip]) -> [String] {
    let held = strips.map { $0.values.filter(plot.x.holds).sorted() }
    let texts = held.map { values in
      values.isEmpty ? "– (0)" : "\(plot.x.text(PlotLayout.quantile(values, 0.5))) (\(values.count))"
    }
    return rows(strips.map(\.name), texts, covering: held.flatMap { $0 }, heading: "median (count)") {
      row, ticks, columns in
      let values = held[row]
      var cells = [String](repeating: " ", count: columns)
      guard let first = values.first, let last = values.last else { return cells.joined() }
      func column(_ value: Double) -> Int { Int((ticks.share(value) * Double(columns - 1)).rounded()) }
      for cell in column(first)...column(last) { cells[cell] = "─" }
      let box = column(PlotLayout.quantile(values, 0.25))...column(PlotLayout.quantile(values, 0.75))
      for cell in box { cells[cell] = TerminalColor.colored("▒", usesColor ? TerminalColor.series(0) : nil) }
      cells[column(PlotLayout.quantile(values, 0.5))] = TerminalColor.colored(
        "┃", usesColor ? TerminalColor.series(1) : nil)
      return cells.joined()
    }
  }

  func bars(_ bars: [Plot.Bar]) -> [String] {
    let texts = bars.map { plot.x.text($0.value) }
    return rows(bars.map(\.name), texts, covering: [0] + bars.map(\.value), heading: "") { row, ticks, columns in
      guard plot.x.holds(bars[row].value) else { return String(repeating: " ", count: columns) }
      let ends = [ticks.share(min(0, bars[row].value)), ticks.share(max(0, bars[row].value))]
      let (from, eighths) = (
        Int((ends[0] * Double(columns)).rounded()), Int((ends[1] * Double(columns * 8)).rounded())
      )
      let parts = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"]
      let bar = String(repeating: "█", count: max(0, eighths / 8 - from)) + parts[eighths % 8]
      let text = Self.padded(String(repeating: " ", count: from) + bar, columns)
      return TerminalColor.colored(text, usesColor ? TerminalColor.series(0) : nil)
    }
  }

  private func rows(
    _ names: [String], _ texts: [String], covering values: [Double], heading: String,
    draw: (_ row: Int, Ticks, _ columns: Int) -> String
  ) -> [String] {
    let textWidth = texts.map(\.count).max() ?? 0
    let nameWidth = min(names.map(\.count).max() ?? 0, width * 2 / 5, max(1, width - textWidth - 10))
    let columns = max(4, width - nameWidth - textWidth - 4)
    let ticks = horizontalTicks(values, columns)
    var lines: [String] = []
    if !plot.y.title.isEmpty || !heading.isEmpty {
      let title = Self.fitted(plot.y.title, max(4, width - heading.count - 1))
      lines.append(title + Self.padded(heading, width - title.count, toRight: true))
    }
    for (row, name) in names.enumerated() {
      lines.append(
        Self.padded(Self.fitted(name, nameWidth), nameWidth, toRight: true) + " │" + draw(row, ticks, columns) + "  "
          + Self.padded(texts[row], textWidth, toRight: true))
    }
    return lines + bottom(ticks, indent: nameWidth + 2, columns: columns)
  }

  func heatMap(_ map: Plot.HeatMap) -> [String] {
    let nameWidth = min(map.rows.map(\.count).max() ?? 0, width / 4)
    let hasTexts = map.texts.contains { $0.contains { !$0.isEmpty } }
    let cell = hasTexts ? max(4, map.texts.joined().map(\.count).max() ?? 0) : 3
    let columns = min(map.columns.count, max(1, (width - nameWidth) / (cell + 1)))
    let values = map.values.joined().compactMap { $0 }.filter(map.color.holds)
    let ticks = Ticks(map.color, covering: values, count: 5)
    func text(_ row: Int, _ column: Int) -> String {
      guard row < map.values.count, column < map.values[row].count, let value = map.values[row][column],
        map.color.holds(value)
      else { return Self.padded("·", cell + 1, toRight: true) }
      let share = ticks.share(value)
      let text = row < map.texts.count && column < map.texts[row].count ? map.texts[row][column] : ""
      let shades: [Character] = [" ", "░", "▒", "▓", "█"]
      let shade = shades[min(4, Int(share * 5))]
      let shown = hasTexts ? Self.padded(text, cell + 1, toRight: true) : " " + String(repeating: shade, count: cell)
      // The 256 colours have a ramp of greys; on it, black or white words.
      let ground = 255 - Int((share * 18).rounded())
      return usesColor && hasTexts ? "\u{1B}[48;5;\(ground);38;5;\(share > 0.64 ? 231 : 16)m\(shown)\u{1B}[0m" : shown
    }
    var lines: [String] = []
    if !map.color.title.isEmpty {
      lines.append(
        Self.fitted("\(map.color.title): \(ticks.labels.first ?? "") to \(ticks.labels.last ?? "")", width))
    }
    if !plot.y.title.isEmpty {
      lines.append(Self.fitted("rows: \(plot.y.title), columns: \(plot.x.title)", width))
    }
    let heads = map.columns.prefix(columns).map { " " + Self.padded(String($0.prefix(cell)), cell, toRight: true) }
    lines.append(String(repeating: " ", count: nameWidth) + heads.joined())
    for (row, name) in map.rows.enumerated() {
      lines.append(
        Self.padded(Self.fitted(name, nameWidth), nameWidth, toRight: true)
          + (0..<columns).map { text(row, $0) }.joined())
    }
    if columns < map.columns.count {
      lines.append(Self.fitted("(\(map.columns.count - columns) more columns in a wider terminal)", width))
    }
    return lines
  }

  func diagram(_ content: Plot.Diagram) -> [String] {
    content.stages.enumerated().flatMap { index, stage in
      let heading = Self.fitted((index == 0 ? "  " : "↓ ") + stage.title, width)
      let texts = [stage.boxes.joined(separator: " → "), stage.notes.joined(separator: ", ")]
      return [heading] + texts.flatMap { Self.wrapped($0, width - 4) }.map { "    " + $0 }
    }
  }

  func parallel(_ content: Plot.ParallelCoordinates) -> [String] {
    let count = content.dimensions.count
    let rows = 12
    var canvas = TerminalCanvas(columns: width, rows: rows)
    func x(_ index: Int) -> Double { (Double(index) + 0.5) / Double(count) }
    let scales = content.dimensions.indices.map { index -> Ticks in
      let dimension = content.dimensions[index]
      return dimension.categories.isEmpty
        ? Ticks(dimension.axis, covering: content.held(index), count: 5)
        : Ticks(Axis("", .integer), covering: [0, Double(dimension.categories.count - 1)], count: 20)
    }
    let last = count - 1
    let best = content.records.sorted { ($0[last] ?? -.infinity) > ($1[last] ?? -.infinity) }.prefix(12)
    for (rank, record) in best.enumerated().reversed() {
      let brush = TerminalCanvas.Brush(color: usesColor ? (rank < 3 ? TerminalColor.series(0) : 245) : nil)
      for index in 1..<count where content.holds(record, index - 1) && content.holds(record, index) {
        canvas.line(
          from: (x(index - 1), scales[index - 1].share(record[index - 1] ?? 0)),
          to: (x(index), scales[index].share(record[index] ?? 0)), brush)
      }
    }
    var numbers = ""
    for index in 0..<count {
      let column = Int(x(index) * Double(width))
      if column >= numbers.count { numbers = Self.padded(numbers, column) + "\(index + 1)" }
    }
    let names = content.dimensions.enumerated().map { index, dimension in
      let (low, high) = (dimension.categories.first, dimension.categories.last)
      let ends = "\(low ?? scales[index].labels.first ?? "") to \(high ?? scales[index].labels.last ?? "")"
      return Self.fitted("\(index + 1) \(dimension.axis.title): \(ends)", width)
    }
    let shown = best.count < content.records.count ? ["the best \(best.count) of \(content.records.count)"] : []
    return shown + canvas.lines + [Self.fitted(numbers, width)] + names
  }
}

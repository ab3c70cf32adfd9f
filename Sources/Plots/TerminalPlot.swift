// A figure in a terminal: its short form, as wide as the terminal is, with colours where they are wanted.
// Every column of text is one character wide.

extension Plot {
  /// The figure as lines of at most `width` columns, without a final line break.
  ///
  /// - Parameters:
  ///   - width: columns of the terminal; fewer than 30 are taken for 30.
  ///   - usesColor: false under `NO_COLOR` and where no terminal reads; series are then told apart by letters.
  public func terminal(width: Int, usesColor: Bool) -> String {
    let width = max(30, width)
    var lines = title.isEmpty ? [] : Terminal.wrapped(title, width)
    if isEmpty {
      lines += Terminal.wrapped("(\(emptyText))", width)
    } else {
      let body = Terminal(plot: self, width: width, usesColor: usesColor)
      switch content {
      case .lines(let series): lines += body.lines(series)
      case .scatter(let clusters): lines += body.scatter(clusters)
      case .strips(let strips): lines += body.strips(strips)
      case .bars(let bars): lines += body.bars(bars)
      case .parallel(let content): lines += body.parallel(content)
      case .heatMap(let map): lines += body.heatMap(map)
      case .diagram(let content): lines += body.diagram(content)
      }
    }
    return (lines + (note.isEmpty ? [] : Terminal.wrapped(note, width))).joined(separator: "\n")
  }
}

/// What all short forms share.
struct Terminal {
  let plot: Plot
  let width: Int
  let usesColor: Bool

  static func wrapped(_ text: String, _ width: Int) -> [String] {
    var lines: [String] = []
    for word in text.split(separator: " ") {
      if let last = lines.last, last.count + 1 + word.count <= width {
        lines[lines.count - 1] = "\(last) \(word)"
      } else {
        lines.append(fitted(String(word), width))
      }
    }
    return lines
  }

  static func fitted(_ text: String, _ width: Int) -> String {
    text.count <= width ? text : String(text.prefix(max(0, width - 1))) + "…"
  }

  static func padded(_ text: String, _ width: Int, toRight: Bool = false) -> String {
    let spaces = String(repeating: " ", count: max(0, width - text.count))
    return toRight ? spaces + text : text + spaces
  }

  private static let letters = Array("ox+*#@%&abcdefghijklmnpqrstuvwyzABCDEFGHIJKLMNOPQRSTUVWXYZ")

  /// How series `index` of `count` is drawn; `color` is its position unless it has one of its own.
  func brush(_ index: Int, of count: Int, color: Int? = nil) -> TerminalCanvas.Brush {
    if usesColor { return TerminalCanvas.Brush(color: TerminalColor.series(color ?? index)) }
    return TerminalCanvas.Brush(glyph: count > 1 ? Self.letters[index % Self.letters.count] : nil)
  }

  /// Names beside their symbols, in as many lines as they need.
  private func legend(_ entries: [(name: String, symbol: String, brush: TerminalCanvas.Brush)]) -> [String] {
    var lines: [String] = []
    var used = 0
    for entry in entries where !entry.name.isEmpty {
      let symbol = entry.brush.glyph.map { String($0) } ?? entry.symbol
      let name = Self.fitted(entry.name, width - symbol.count - 1)
      let count = symbol.count + 1 + name.count
      let text = TerminalColor.colored(symbol, entry.brush.color) + " " + name
      if !lines.isEmpty, used + 3 + count <= width {
        lines[lines.count - 1] += "   " + text
        used += 3 + count
      } else {
        lines.append(text)
        used = count
      }
    }
    return lines
  }

  // MARK: Two axes

  private typealias Entry = (name: String, symbol: String, brush: TerminalCanvas.Brush)

  func lines(_ series: [Plot.Line]) -> [String] {
    let brushes = series.enumerated().map { brush($0, of: series.count, color: $1.color) }
    let entries = zip(series, brushes).map { line, brush -> Entry in (line.name, line.isDashed ? "╌╌" : "──", brush) }
    return axes(series.flatMap(\.points), entries) { canvas, x, y in
      for (line, brush) in zip(series, brushes) {
        for run in line.points.split(whereSeparator: { !x.axis.holds($0.x) || !y.axis.holds($0.y) }) {
          var last: (x: Double, y: Double)?
          for point in run {
            let place = (x: x.share(point.x), y: y.share(point.y))
            var from = last ?? place
            if line.path == .stepped, last != nil {
              canvas.line(from: from, to: (place.x, from.y), brush, isDashed: line.isDashed)
              from = (place.x, from.y)
            }
            canvas.line(from: from, to: place, brush, isDashed: line.isDashed)
            last = place
          }
        }
      }
    }
  }

  func scatter(_ clusters: [Plot.Cluster]) -> [String] {
    var brushes = clusters.indices.map { brush($0, of: clusters.count) }
    // Few dots would be overlooked.
    if clusters.reduce(0, { $0 + $1.points.count }) <= 100 {
      for index in brushes.indices where brushes[index].glyph == nil { brushes[index].glyph = "●" }
    }
    let entries = zip(clusters, brushes).filter { !$0.0.points.isEmpty }
      .map { cluster, brush -> Entry in (cluster.name, "⠶", brush) }
    return axes(clusters.flatMap { $0.points + $0.trend }, entries) { canvas, x, y in
      for cluster in clusters {
        for (from, to) in zip(cluster.trend, cluster.trend.dropFirst()) {
          guard [from, to].allSatisfy({ x.axis.holds($0.x) && y.axis.holds($0.y) }) else { continue }
          let ends = [from, to].map { (x: x.share($0.x), y: y.share($0.y)) }
          canvas.line(from: ends[0], to: ends[1], TerminalCanvas.Brush())
        }
      }
      for (cluster, brush) in zip(clusters, brushes) {
        for point in cluster.points where x.axis.holds(point.x) && y.axis.holds(point.y) {
          canvas.point(x.share(point.x), y.share(point.y), brush)
        }
      }
    }
  }

  private func axes(
    _ points: [Plot.Point], _ entries: [Entry], draw: (inout TerminalCanvas, Ticks, Ticks) -> Void
  ) -> [String] {
    let shown = points.filter { plot.x.holds($0.x) && plot.y.holds($0.y) }
    var xs = shown.map(\.x)
    let ys = shown.map(\.y)
    var entries = entries
    let ruler = TerminalCanvas.Brush(glyph: nil, color: usesColor ? 245 : nil)
    for rule in plot.rules {
      if case .x(let value) = rule.place { xs.append(value) }
      entries.append((rule.name, "⢸", ruler))
    }
    let rows = 12
    let yTicks = Ticks(plot.y, covering: ys, count: 6)
    let labelWidth = yTicks.labels.map(\.count).max() ?? 0
    let columns = width - labelWidth - 2
    let xTicks = horizontalTicks(xs, columns)
    var canvas = TerminalCanvas(columns: columns, rows: rows)
    for rule in plot.rules {
      switch rule.place {
      case .x(let value):
        let x = xTicks.share(value)
        canvas.line(from: (x, 0), to: (x, 1), ruler, isDashed: true)
      case .diagonal:
        let (low, high) = (max(xTicks.first, yTicks.first), min(xTicks.last, yTicks.last))
        guard low < high else { continue }
        canvas.line(
          from: (xTicks.share(low), yTicks.share(low)), to: (xTicks.share(high), yTicks.share(high)), ruler,
          isDashed: true)
      }
    }
    draw(&canvas, xTicks, yTicks)
    var lines = legend(entries)
    if !plot.y.title.isEmpty { lines.append(Self.fitted(plot.y.title, width)) }
    var labels = [String](repeating: "", count: rows)
    for (value, label) in zip(yTicks.values, yTicks.labels) {
      labels[Int(((1 - yTicks.share(value)) * Double(rows - 1)).rounded())] = label
    }
    for (label, row) in zip(labels, canvas.lines) {
      lines.append(Self.padded(label, labelWidth, toRight: true) + (label.isEmpty ? " │" : " ┤") + row)
    }
    lines.append(String(repeating: " ", count: labelWidth + 1) + "└" + String(repeating: "─", count: columns))
    return lines + bottom(xTicks, indent: labelWidth + 2, columns: columns)
  }

  /// As many ticks as keep their labels apart.
  func horizontalTicks(_ values: [Double], _ columns: Int) -> Ticks {
    for count in (2...8).reversed() {
      let ticks = Ticks(plot.x, covering: values, count: count)
      let ends = Self.starts(ticks, columns)
      let keepApart = ends.indices.dropFirst().allSatisfy { ends[$0].lowerBound > ends[$0 - 1].upperBound + 1 }
      if keepApart { return ticks }
    }
    return Ticks(plot.x, covering: values, count: 2)
  }

  /// The columns of each label, centred under its tick but never beyond the ends.
  private static func starts(_ ticks: Ticks, _ columns: Int) -> [Range<Int>] {
    zip(ticks.values, ticks.labels).map { value, label in
      let center = Int((ticks.share(value) * Double(columns - 1)).rounded())
      let start = min(max(0, center - label.count / 2), max(0, columns - label.count))
      return start..<start + label.count
    }
  }

  /// Labels of the horizontal axis, and what it measures.
  func bottom(_ ticks: Ticks, indent: Int, columns: Int) -> [String] {
    var row = ""
    for (range, label) in zip(Self.starts(ticks, columns), ticks.labels) where range.lowerBound >= row.count {
      row = Self.padded(row, range.lowerBound) + label
    }
    let margin = String(repeating: " ", count: indent)
    guard !plot.x.title.isEmpty else { return [margin + row] }
    let title = Self.fitted(plot.x.title, indent + columns)
    // Centred under the axis; one that is longer begins before it.
    let start = min(indent + max(0, columns - title.count) / 2, indent + columns - title.count)
    return [margin + row, String(repeating: " ", count: start) + title]
  }
}

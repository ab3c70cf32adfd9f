// Diagrams: boxes from top to bottom with arrows between them, shortcuts on their left,
// names and notes in a column of their own on the right.

extension PlotLayout {
  private static let boxHeight = 24.0
  /// Between boxes, and between stages.
  private static let (gap, stageGap) = (14.0, 22.0)
  /// Within the frame of a stage with a shortcut: above and below its boxes, and on either side.
  private static let (padding, detour) = (14.0, 24.0)
  private static let heading = Font(size: Font.label.size, isBold: true)
  private static let noteHeight = 15.0

  /// Width of the boxes, and of what is said beside them.
  private static func widths(_ content: Plot.Diagram, _ measure: TextMeasure) -> (boxes: Double, notes: Double) {
    let boxes = content.stages.flatMap(\.boxes).map { measure.width($0, .tick) }.max() ?? 0
    let notes = content.stages.flatMap { stage in
      stage.notes.map { measure.width($0, .tick) } + [measure.width(stage.title, heading)]
    }
    return (min(max(90, boxes + 20), 240), min(notes.max() ?? 0, 240))
  }

  static func diagramWidth(_ content: Plot.Diagram, _ measure: TextMeasure) -> Double {
    let widths = widths(content, measure)
    return 2 * margin + widths.boxes + 2 * detour + 14 + widths.notes
  }

  mutating func diagram(_ content: Plot.Diagram) {
    cursor += 10
    let widths = Self.widths(content, measure)
    let spare = room - (widths.boxes + 2 * Self.detour + 14 + widths.notes)
    let left = Self.margin + max(0, spare / 2)
    drawing.area = Rectangle(x: left, y: cursor, width: widths.boxes + 2 * Self.detour, height: 0)
    var end: Double?
    for stage in content.stages {
      let count = Double(stage.boxes.count)
      let height =
        count * Self.boxHeight + (count - 1) * Self.gap + (stage.hasShortcut ? 2 * Self.padding : 0)
      let extent = max(height, Self.noteHeight * Double(1 + stage.notes.count))
      notes(of: stage, extent: extent)
      let top = cursor + (extent - height) / 2
      end = boxes(of: stage, from: top, height: height, width: widths.boxes, after: end)
      cursor += extent + Self.stageGap
    }
    cursor -= Self.stageGap
    drawing.area.height = cursor - drawing.area.y
    cursor += 6
  }

  private mutating func notes(of stage: Plot.Diagram.Stage, extent: Double) {
    let x = drawing.area.maxX + 14
    var baseline = cursor + (extent - Self.noteHeight * Double(1 + stage.notes.count)) / 2 + Self.heading.size
    for (index, text) in ([stage.title] + stage.notes).enumerated() {
      let font = index == 0 ? Self.heading : .tick
      let fitted = measure.fitted(text, font, room: right - x)
      drawing.frame.append(.text(fitted, Location(x: x, y: baseline), font, index == 0 ? .ink : .muted))
      baseline += Self.noteHeight
    }
  }

  /// Draws a stage's boxes; `end` is the lower end of the box before them. Returns the lower end of the last.
  private mutating func boxes(
    of stage: Plot.Diagram.Stage, from top: Double, height: Double, width: Double, after end: Double?
  ) -> Double? {
    let area = drawing.area
    let left = area.x + Self.detour
    var y = top
    if stage.hasShortcut {
      let frame = Rectangle(x: area.x, y: top, width: area.width, height: height)
      drawing.data.append(.rectangle(frame, stroke: .axis))
      y += Self.padding
      let x = left - Self.detour / 2
      let (from, to) = (y - Self.padding / 2, top + height - Self.padding - Self.boxHeight / 2)
      drawing.data.append(
        .path(
          [
            Location(x: area.center.x, y: from), Location(x: x, y: from), Location(x: x, y: to),
            Location(x: left, y: to),
          ], stroke: .flow))
      drawing.data.append(
        .path(
          [Location(x: left - 6, y: to - 4), Location(x: left, y: to), Location(x: left - 6, y: to + 4)],
          fill: Fill(paint: .muted)))
    }
    var end = end
    for (index, text) in stage.boxes.enumerated() {
      if let end { arrow(from: end, to: y) }
      let isSum = stage.hasShortcut && index == stage.boxes.count - 1
      let paint = Paint.series(isSum ? 1 : 0)
      let box = Rectangle(x: left, y: y, width: width, height: Self.boxHeight)
      drawing.data.append(
        .rectangle(
          box, stroke: Stroke(paint: paint, opacity: 0.7), fill: Fill(paint: paint, opacity: 0.15), label: text))
      let fitted = measure.fitted(text, .tick, room: width - 12)
      let place = Location(x: box.center.x, y: box.center.y + Font.tick.size * 0.36)
      drawing.overlay.append(.text(fitted, place, .tick, .ink, .middle))
      end = box.maxY
      y = box.maxY + Self.gap
    }
    return end
  }

  private mutating func arrow(from: Double, to: Double) {
    let x = drawing.area.center.x
    drawing.data.append(.path([Location(x: x, y: from), Location(x: x, y: to - 5)], stroke: .flow))
    drawing.data.append(
      .path(
        [Location(x: x - 4, y: to - 6), Location(x: x + 4, y: to - 6), Location(x: x, y: to)],
        fill: Fill(paint: .muted)))
  }
}

extension Stroke {
  /// Of arrows.
  fileprivate static let flow = Stroke(paint: .muted, width: 1.4)
}

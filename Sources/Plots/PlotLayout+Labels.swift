// What points of a cloud stand for, written beside them,
// wherever that hides neither a point nor another word.

extension PlotLayout {
  private static let gap = 6.0

  /// How far from its point a label may stand that has no room beside it; a line leads there.
  private static let distances = Array(stride(from: 22.0, through: 70, by: 8))

  /// Writes the labels of the clusters that show them. One that has no room anywhere is left out; a reader's pointer
  /// still finds it.
  mutating func labels(of clusters: [Plot.Cluster], _ mapping: Mapping) {
    guard clusters.contains(where: \.showsLabels) else { return }
    let points = clusters.flatMap(\.points).compactMap(mapping.place)
    var taken = points.map { Rectangle(x: $0.x - 4, y: $0.y - 4, width: 8, height: 8) }
    let labelled = clusters.filter(\.showsLabels).flatMap(\.points).compactMap { point in
      point.label.isEmpty ? nil : mapping.place(point).map { (label: point.label, place: $0) }
    }
    // Some way off only when all that can has its label beside it.
    let left = labelled.filter { !write(near(of: $0.label, at: $0.place), from: $0.place, mapping, &taken) }
    for (label, place) in left { _ = write(far(of: label, at: place), from: place, mapping, &taken) }
  }

  /// Writes the first of `ways` that has room; whether one has.
  private mutating func write(
    _ ways: [(text: Mark, leader: Location?)], from place: Location, _ mapping: Mapping, _ taken: inout [Rectangle]
  ) -> Bool {
    for (mark, leader) in ways {
      let line = leader.map { Self.steps(from: place, to: $0) } ?? []
      guard let box = measure.box(mark), mapping.area.contains(Location(x: box.x, y: box.y)),
        mapping.area.contains(Location(x: box.maxX, y: box.maxY)),
        !taken.contains(where: { other in other.overlaps(box) || line.contains(where: other.overlaps) })
      else { continue }
      taken += [box] + line
      if let leader { drawing.data.append(.path([place, leader], stroke: Stroke(paint: .muted, width: 0.7))) }
      drawing.overlay.append(mark)
      return true
    }
    return false
  }

  /// What a leader from the mark at `start` covers, as small squares.
  private static func steps(from start: Location, to end: Location) -> [Rectangle] {
    let (dx, dy) = (end.x - start.x, end.y - start.y)
    let count = (dx * dx + dy * dy).squareRoot() / 3
    return stride(from: 3.0, to: count, by: 1).map {
      Rectangle(x: start.x + dx * $0 / count - 1, y: start.y + dy * $0 / count - 1, width: 2, height: 2)
    }
  }

  /// The ways that `text` may stand at `place`, the best first: beside it, above and below it, and across a corner.
  private func near(of text: String, at place: Location) -> [(text: Mark, leader: Location?)] {
    let (right, left) = (place.x + Self.gap, place.x - Self.gap)
    let (above, middle, below) = (
      place.y - Self.gap - Self.descent, place.y + (Self.ascent - Self.descent) / 2, place.y + Self.gap + Self.ascent
    )
    let ways: [(x: Double, y: Double, anchor: Anchor)] = [
      (right, middle, .start), (left, middle, .end), (place.x, above, .middle), (place.x, below, .middle),
      (right, above, .start), (left, above, .end), (right, below, .start), (left, below, .end),
    ]
    return ways.map { (.text(text, Location(x: $0.x, y: $0.y), .tick, .muted, $0.anchor), nil) }
  }

  /// The ways that it may stand at the end of a line, the shortest first.
  private func far(of text: String, at place: Location) -> [(text: Mark, leader: Location?)] {
    Self.distances.flatMap { distance in
      [(0.0, -1.0), (0, 1), (1, -1), (-1, -1), (1, 1), (-1, 1)].map { x, y -> (Mark, Location?) in
        let end = Location(x: place.x + x * distance / 2, y: place.y + y * distance)
        let base = Location(x: end.x, y: end.y + (y < 0 ? -Self.descent - 1 : Self.ascent + 1))
        return (.text(text, base, .tick, .muted, x == 0 ? .middle : x > 0 ? .start : .end), end)
      }
    }
  }

  private static let (ascent, descent) = (Font.tick.size * TextMeasure.ascent, Font.tick.size * TextMeasure.descent)
}

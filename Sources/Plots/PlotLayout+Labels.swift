// What points of a cloud stand for, written beside them,
// wherever that hides neither a point nor another word.

extension PlotLayout {
  private static let gap = 6.0

  /// Writes the labels of the clusters that show them. One that has no room anywhere is left out; a reader's pointer
  /// still finds it.
  mutating func labels(of clusters: [Plot.Cluster], _ mapping: Mapping) {
    guard clusters.contains(where: \.showsLabels) else { return }
    let points = clusters.flatMap(\.points).compactMap(mapping.place)
    var taken = points.map { Rectangle(x: $0.x - 4, y: $0.y - 4, width: 8, height: 8) }
    for point in clusters.filter(\.showsLabels).flatMap(\.points) where !point.label.isEmpty {
      guard let place = mapping.place(point) else { continue }
      for mark in marks(of: point.label, at: place) {
        guard let box = measure.box(mark), mapping.area.contains(Location(x: box.x, y: box.y)),
          mapping.area.contains(Location(x: box.maxX, y: box.maxY)), !taken.contains(where: box.overlaps)
        else { continue }
        taken.append(box)
        drawing.overlay.append(mark)
        break
      }
    }
  }

  /// The ways that `text` may stand at `place`, the best first: beside it, above and below it, and at last across a corner.
  private func marks(of text: String, at place: Location) -> [Mark] {
    let font = Font.tick
    let (ascent, descent) = (font.size * TextMeasure.ascent, font.size * TextMeasure.descent)
    let (right, left) = (place.x + Self.gap, place.x - Self.gap)
    let (above, middle, below) = (
      place.y - Self.gap - descent, place.y + (ascent - descent) / 2, place.y + Self.gap + ascent
    )
    let ways: [(x: Double, y: Double, anchor: Anchor)] = [
      (right, middle, .start), (left, middle, .end), (place.x, above, .middle), (place.x, below, .middle),
      (right, above, .start), (left, above, .end), (right, below, .start), (left, below, .end),
    ]
    return ways.map { .text(text, Location(x: $0.x, y: $0.y), font, .muted, $0.anchor) }
  }
}

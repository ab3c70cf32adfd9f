// What points of a cloud stand for, written beside them,
// wherever that hides neither a point nor another word.

extension PlotLayout {
  private static let gap = 6.0

  /// Writes the labels of the clusters that show them. One that has no room anywhere is left out; a reader's pointer
  /// still finds it.
  mutating func labels(of clusters: [Plot.Cluster], _ mapping: Mapping) {
    let points = clusters.flatMap(\.points).compactMap(mapping.place)
    var taken = points.map { Rectangle(x: $0.x - 4, y: $0.y - 4, width: 8, height: 8) }
    for cluster in clusters where cluster.showsLabels {
      for point in cluster.points where !point.label.isEmpty {
        guard let place = mapping.place(point) else { continue }
        let free = positions(of: point.label, at: place).first { spot in
          mapping.area.contains(Location(x: spot.box.x, y: spot.box.y))
            && mapping.area.contains(Location(x: spot.box.maxX, y: spot.box.maxY))
            && !taken.contains(where: spot.box.overlaps)
        }
        guard let free else { continue }
        taken.append(free.box)
        drawing.overlay.append(.text(point.label, free.start, .tick, .muted))
      }
    }
  }

  /// Where `text` may stand beside `place`, the best first, and the room that it takes there.
  private func positions(of text: String, at place: Location) -> [(start: Location, box: Rectangle)] {
    let font = Font.tick
    let width = measure.width(text, font)
    let (ascent, descent) = (font.size * TextMeasure.ascent, font.size * TextMeasure.descent)
    let (right, left, center) = (place.x + Self.gap, place.x - Self.gap - width, place.x - width / 2)
    let (above, middle, below) = (
      place.y - Self.gap - descent, place.y + (ascent - descent) / 2, place.y + Self.gap + ascent
    )
    // Beside the point, above and below it, and at last across a corner.
    let starts = [
      (right, middle), (left, middle), (center, above), (center, below), (right, above), (left, above), (right, below),
      (left, below),
    ].map { Location(x: $0.0, y: $0.1) }
    return starts.map { ($0, Rectangle(x: $0.x, y: $0.y - ascent, width: width, height: ascent + descent)) }
  }
}

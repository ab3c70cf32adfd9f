// A figure laid out: where every line, shape and word lies, in points, from the upper left corner.
// SVG, PNG and PDF are made of the same drawing, so that they cannot disagree.

/// A place.
package struct Location: Equatable {
  package var x, y: Double

  package init(x: Double, y: Double) {
    (self.x, self.y) = (x, y)
  }
}

/// An upright rectangle.
package struct Rectangle: Equatable {
  package var x, y, width, height: Double

  package init(x: Double, y: Double, width: Double, height: Double) {
    (self.x, self.y, self.width, self.height) = (x, y, width, height)
  }

  package var maxX: Double { x + width }
  package var maxY: Double { y + height }
  package var center: Location { Location(x: x + width / 2, y: y + height / 2) }

  package func contains(_ point: Location, tolerance: Double = 1e-6) -> Bool {
    point.x >= x - tolerance && point.x <= maxX + tolerance && point.y >= y - tolerance && point.y <= maxY + tolerance
  }

  package func overlaps(_ other: Rectangle) -> Bool {
    x < other.maxX && other.x < maxX && y < other.maxY && other.y < maxY
  }
}

/// A colour by its part in the figure; themes say which it is.
package enum Paint: Hashable {
  /// Behind everything.
  case surface
  /// Words.
  case ink
  /// Words that matter less, axes.
  case muted
  /// Lines to read values by.
  case grid
  /// Of a series, from 0.
  case series(Int)
  /// Of a measure, 0…1.
  case ramp(Double)
  /// Words on a ramp's colour.
  case onRamp(Double)
}

/// How a line is drawn.
package struct Stroke: Equatable {
  package var paint: Paint
  package var width: Double = 1
  package var dash: [Double] = []
  package var opacity: Double = 1
}

/// How an area is filled.
package struct Fill: Equatable {
  package var paint: Paint
  package var opacity: Double = 1
}

/// Size and weight of words.
package struct Font: Hashable {
  package var size: Double
  package var isBold = false

  package static let title = Font(size: 14, isBold: true)
  package static let label = Font(size: 12)
  package static let tick = Font(size: 11.5)
}

/// What stands at a text's place.
package enum Anchor { case start, middle, end }

/// One element of a drawing.
package enum Mark {
  case path([Location], stroke: Stroke? = nil, fill: Fill? = nil)
  case rectangle(Rectangle, stroke: Stroke? = nil, fill: Fill? = nil, label: String = "")
  case circle(Location, radius: Double, fill: Fill, label: String = "")
  /// Words on a baseline that begins, is centred or ends at the place; upright ones read from below.
  case text(String, Location, Font, Paint, Anchor = .start, isUpright: Bool = false)
}

/// A figure laid out.
package struct Drawing {
  /// What it is called.
  package var title: String
  /// Its extent in points.
  package var width, height: Double
  /// Where the data lie.
  package var area: Rectangle
  /// Axes, grid and words.
  package var frame: [Mark] = []
  /// What stands for data; all of it lies in `area`.
  package var data: [Mark] = []
  /// Words upon the data.
  package var overlay: [Mark] = []

  /// All marks, from back to front.
  package var marks: [Mark] { frame + data + overlay }
}

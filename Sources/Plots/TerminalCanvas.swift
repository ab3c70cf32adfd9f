// A canvas of characters: eight Braille dots a cell, or one letter a series where there are no colours,
// and what colours are written as.

/// Colours of a terminal.
enum TerminalColor {
  /// Of the series, among the 256 colours that terminals share: a contrast of 3 : 1 at least on black and on white, and
  /// apart for colour-blind eyes.
  private static let series = [33, 202, 93, 137, 160, 127, 59, 246]

  static func series(_ index: Int) -> Int { series[index % series.count] }

  static func colored(_ text: String, _ color: Int?) -> String {
    color.map { "\u{1B}[38;5;\($0)m\(text)\u{1B}[0m" } ?? text
  }
}

/// Cells that curves and points are drawn into. Coordinates are 0…1 from the lower left corner.
struct TerminalCanvas {
  let columns, rows: Int
  private var dots: [UInt8]
  private var glyphs: [Character?]
  private var colors: [Int?]

  init(columns: Int, rows: Int) {
    (self.columns, self.rows) = (columns, rows)
    dots = [UInt8](repeating: 0, count: columns * rows)
    glyphs = [Character?](repeating: nil, count: columns * rows)
    colors = [Int?](repeating: nil, count: columns * rows)
  }

  /// How a series is drawn.
  struct Brush {
    /// The letter of each cell; Braille dots if nil.
    var glyph: Character?
    var color: Int?
  }

  /// A dot.
  mutating func point(_ x: Double, _ y: Double, _ brush: Brush) {
    let (wide, high) = (columns * 2, rows * 4)
    let column = Int((x * Double(wide - 1)).rounded())
    let row = Int(((1 - y) * Double(high - 1)).rounded())
    guard (0..<wide).contains(column), (0..<high).contains(row) else { return }
    let cell = row / 4 * columns + column / 2
    // Braille numbers its dots down the left column, then the right, with the lowest row last.
    let bits: [[UInt8]] = [[0x01, 0x08], [0x02, 0x10], [0x04, 0x20], [0x40, 0x80]]
    dots[cell] |= bits[row % 4][column % 2]
    glyphs[cell] = brush.glyph
    colors[cell] = brush.color
  }

  /// A line; a broken one leaves out every other pair of dots.
  mutating func line(
    from: (x: Double, y: Double), to: (x: Double, y: Double), _ brush: Brush, isDashed: Bool = false
  ) {
    let steps = max(
      1, Int(max(abs(to.x - from.x) * Double(columns * 2), abs(to.y - from.y) * Double(rows * 4)).rounded(.up)))
    for step in 0...steps where !isDashed || step % 4 < 2 {
      let share = Double(step) / Double(steps)
      point(from.x + (to.x - from.x) * share, from.y + (to.y - from.y) * share, brush)
    }
  }

  /// The rows, from the top.
  var lines: [String] {
    (0..<rows).map { row in
      (0..<columns).map { column in
        let cell = row * columns + column
        guard dots[cell] != 0 else { return " " }
        let braille = Unicode.Scalar(0x2800 + UInt32(dots[cell])).map(Character.init) ?? "•"
        return TerminalColor.colored(String(glyphs[cell] ?? braille), colors[cell])
      }.joined()
    }
  }
}

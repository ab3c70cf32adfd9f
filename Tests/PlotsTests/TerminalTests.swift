// Figures in a terminal: never wider than it, without a colour where none is wanted,
// and still telling series apart.
import Foundation
import Plots
import Testing

@Suite struct TerminalTests {
  /// `text` without the codes of colours.
  private func plain(_ text: String) -> String {
    text.replacingOccurrences(of: "\u{1B}\\[[0-9;]*m", with: "", options: .regularExpression)
  }

  @Test(arguments: Samples.all.indices, [1, 30, 57, 80, 200]) func linesFit(index: Int, width: Int) {
    let plot = Samples.all[index]
    for usesColor in [false, true] {
      let text = plot.terminal(width: width, usesColor: usesColor)
      for line in plain(text).split(separator: "\n", omittingEmptySubsequences: false) {
        #expect(line.count <= max(30, width), "\(plot.title): \(line)")
      }
      if !usesColor { #expect(!text.contains("\u{1B}")) }
      #expect(text.contains("no trial has finished") == (index >= Samples.full.count))
    }
  }

  @Test func seriesAreToldApartWithAndWithoutColours() {
    let plot = Samples.full[0]
    let colored = plot.terminal(width: 80, usesColor: true)
    let colors = Set(colored.matches(of: /\u{1B}\[38;5;(\d+)m/).map { $0.1 })
    #expect(colors.count == 2 && colored.contains("\u{1B}[0m"))
    let lines = plot.terminal(width: 80, usesColor: false).split(separator: "\n")
    let drawn = lines.filter { $0.contains("│") || $0.contains("┤") }.joined()
    #expect(lines[1] == "o train   x validation" && drawn.contains("o") && drawn.contains("x"))
  }

  /// Terminals are white or black.
  @Test func coloursAreLegibleOnBothGrounds() throws {
    let lines = (0..<8).map { Plot.Line("line \($0)", [Plot.Point(0, Double($0)), Plot.Point(1, Double($0) + 0.5)]) }
    let colored = Plot("", x: Axis(""), y: Axis(""), .lines(lines)).terminal(width: 80, usesColor: true)
    let colors = Set(try colored.matches(of: /\u{1B}\[38;5;(\d+)m/).map { try #require(Int($0.1)) })
    #expect(colors.count == 8)
    for color in colors {
      // The cube of 6 × 6 × 6 colours, and 24 greys.
      let levels = [0, 95, 135, 175, 215, 255]
      let parts =
        color < 232
        ? [36, 6, 1].map { levels[(color - 16) / $0 % 6] } : [Int](repeating: 8 + 10 * (color - 232), count: 3)
      let linear = parts.map { part in
        let share = Double(part) / 255
        return share <= 0.04045 ? share / 12.92 : pow((share + 0.055) / 1.055, 2.4)
      }
      let luminance = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
      #expect((luminance + 0.05) / 0.05 >= 3 && 1.05 / (luminance + 0.05) >= 3, "\(color)")
    }
  }

  @Test func barsAreAsLongAsTheirValues() {
    let plot = Plot("", x: Axis("", covers: [0, 10]), .bars([Plot.Bar("a", 10), Plot.Bar("b", 5), Plot.Bar("c", 0)]))
    let lengths = plot.terminal(width: 60, usesColor: false).split(separator: "\n").prefix(3).map { line in
      line.reduce(0.0) { $0 + ($1 == "█" ? 1 : $1 == "▌" ? 0.5 : 0) }
    }
    #expect(lengths[0] > 20 && abs(lengths[1] - lengths[0] / 2) <= 0.5 && lengths[2] == 0)
  }
}

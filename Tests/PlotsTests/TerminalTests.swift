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

  @Test func barsAreAsLongAsTheirValues() {
    let plot = Plot("", x: Axis("", covers: [0, 10]), .bars([Plot.Bar("a", 10), Plot.Bar("b", 5), Plot.Bar("c", 0)]))
    let lengths = plot.terminal(width: 60, usesColor: false).split(separator: "\n").prefix(3).map { line in
      line.reduce(0.0) { $0 + ($1 == "█" ? 1 : $1 == "▌" ? 0.5 : 0) }
    }
    #expect(lengths[0] > 20 && abs(lengths[1] - lengths[0] / 2) <= 0.5 && lengths[2] == 0)
  }
}

// Colours: legible on their ground, and told apart by every reader.
// Colour blindness after Machado, Oliveira and Fernandes (2009), distances in OKLab (Ottosson 2020).
import Foundation
import Plots
import Testing

@Suite struct ThemeTests {
  private typealias Matrix = [[Double]]
  private static let sights: [(name: String, matrix: Matrix)] = [
    ("all cones", [[1, 0, 0], [0, 1, 0], [0, 0, 1]]),
    (
      "no long-wave cones",
      [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]
    ),
    (
      "no middle-wave cones",
      [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]
    ),
    (
      "no short-wave cones",
      [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]]
    ),
  ]

  private func product(_ matrix: Matrix, _ vector: [Double]) -> [Double] {
    matrix.map { row in zip(row, vector).reduce(0) { $0 + $1.0 * $1.1 } }
  }

  private func lab(_ color: RGB, seenBy sight: Matrix) -> [Double] {
    let linear = [color.red, color.green, color.blue].map { value in
      value / 255 <= 0.04045 ? value / 255 / 12.92 : pow((value / 255 + 0.055) / 1.055, 2.4)
    }
    let seen = product(sight, linear).map { min(1, max(0, $0)) }
    let cones = product(
      [
        [0.4122214708, 0.5363325363, 0.0514459929], [0.2119034982, 0.6806995451, 0.1073969566],
        [0.0883024619, 0.2817188376, 0.6299787005],
      ], seen)
    return product(
      [
        [0.2104542553, 0.7936177850, -0.0040720468], [1.9779984951, -2.4285922050, 0.4505937099],
        [0.0259040371, 0.7827717662, -0.8086757660],
      ], cones.map(cbrt))
  }

  @Test(arguments: Theme.allCases) func coloursAreLegible(theme: Theme) {
    let ground = theme.color(.surface)
    for paint in [Paint.ink, .muted] { #expect(theme.color(paint).contrast(to: ground) >= 4.5) }
    for index in 0..<Theme.seriesCount { #expect(theme.color(.series(index)).contrast(to: ground) >= 3, "\(index)") }
    for step in 0...20 {
      let share = Double(step) / 20
      #expect(theme.color(.onRamp(share)).contrast(to: theme.color(.ramp(share))) >= 4.5, "\(share)")
    }
  }

  @Test(arguments: Theme.allCases) func rampsRiseEvenlyForEveryone(theme: Theme) {
    let lights = (0...20).map { theme.color(.ramp(Double($0) / 20)).luminance }
    let steps = zip(lights, lights.dropFirst()).map { $1 - $0 }
    #expect(steps.allSatisfy { theme == .light ? $0 < 0 : $0 > 0 })
  }

  @Test(arguments: Theme.allCases) func seriesStayApart(theme: Theme) {
    for sight in Self.sights {
      let seen = (0..<Theme.seriesCount).map { lab(theme.color(.series($0)), seenBy: sight.matrix) }
      for one in seen.indices {
        for other in 0..<one {
          let distance = zip(seen[one], seen[other]).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }.squareRoot()
          #expect(distance > 0.075, "\(other) and \(one), \(sight.name)")
        }
      }
    }
  }
}

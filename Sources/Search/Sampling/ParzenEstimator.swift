// A density over some variables, learned from points: a mixture with one component around each, and the uniform one.
// Multivariate: a component holds all the variables together, so what goes well with what is learned too.
import Foundation
import Randomness

/// A mixture of products of kernels (Bergstra et al., "Algorithms for hyper-parameter optimization", 2011).
///
/// Around a point's value stands, for numbers, a normal distribution cut off at the variable's ends, of width
/// 0.2 · n^(−1/(d+4)) of the range for n points and d variables (Scott's rule, as in Optuna) and no less than
/// 1 / min(100, n + 1); for choices, the point's own with weight 1 + 1/n and every other with 1/n.
struct ParzenEstimator {
  private let distributions: [Distribution]
  private let points: [[Double]]
  private let width: Double

  /// The density over variables of `distributions`, of `points` as the database keeps them.
  init(_ distributions: [Distribution], points: [[Double]]) {
    self.distributions = distributions
    self.points = points
    let count = Double(max(1, points.count))
    width = max(0.2 * pow(count, -1 / Double(distributions.count + 4)), 1 / min(100, count + 1))
  }

  /// A point of the density.
  func draw(_ random: inout CounterRandom) -> [Double] {
    let component = random.integer(below: points.count + 1)
    guard component < points.count else { return distributions.map { $0.draw(&random) } }
    return zip(distributions, points[component]).map { distribution, center in
      guard case .categorical(let choices) = distribution else {
        let cell = distribution.cell(of: center)
        let mean = (cell.lowerBound + cell.upperBound) / 2
        // The mean lies within 0…1 and the width is below ½, so half of all draws and more are kept.
        while true {
          let place = mean + width * random.normal()
          if (0..<1).contains(place) { return distribution.stored(atUnit: place) }
        }
      }
      let (own, other) = weights(choices.count)
      let others = other * Double(choices.count)
      return random.unit() * (own - other + others) < own - other
        ? center : Double(random.integer(below: choices.count))
    }
  }

  /// The weights of a choice's own value and of each other.
  private func weights(_ choices: Int) -> (own: Double, other: Double) {
    let other = 1 / Double(max(1, points.count))
    return (1 + other, other)
  }

  /// The logarithm of the density, of numbers per unit of their ranges.
  func logDensity(_ point: [Double]) -> Double {
    var logs = [logUniform(point)]
    logs.reserveCapacity(points.count + 1)
    let cells = zip(distributions, point).map { $0.cell(of: $1) }
    for center in points {
      var sum = 0.0
      for (index, distribution) in distributions.enumerated() {
        if case .categorical(let choices) = distribution {
          let (own, other) = weights(choices.count)
          let total = own + other * Double(choices.count - 1)
          sum += log((center[index] == point[index] ? own : other) / total)
        } else {
          sum += log(kernel(cells[index], around: distribution.cell(of: center[index])))
        }
      }
      logs.append(sum)
    }
    let largest = logs.max() ?? 0
    return largest + log(logs.reduce(0) { $0 + exp($1 - largest) } / Double(logs.count))
  }

  /// The uniform component: a value that can be counted has its cell's share, one of a continuum density 1.
  private func logUniform(_ point: [Double]) -> Double {
    zip(distributions, point).reduce(0) { sum, pair in
      let cell = pair.0.cell(of: pair.1)
      let share = cell.upperBound - cell.lowerBound
      return share > 0 ? sum + log(share) : sum
    }
  }

  /// The mass of a cell, or the density of a point, of the normal distribution around a cell's middle.
  private func kernel(_ cell: ClosedRange<Double>, around center: ClosedRange<Double>) -> Double {
    let mean = (center.lowerBound + center.upperBound) / 2
    func cumulative(_ place: Double) -> Double { 0.5 * erfc((mean - place) / (width * 2.0.squareRoot())) }
    let inside = cumulative(1) - cumulative(0)
    let mass: Double
    if cell.upperBound > cell.lowerBound {
      mass = cumulative(cell.upperBound) - cumulative(cell.lowerBound)
    } else {
      let distance = (cell.lowerBound - mean) / width
      mass = exp(-distance * distance / 2) / (width * (2 * .pi).squareRoot())
    }
    return max(mass / inside, 1e-300)
  }
}

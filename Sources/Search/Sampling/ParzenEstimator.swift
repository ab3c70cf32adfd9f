// A density over some variables, learned from points: a mixture with one component around each, and the uniform one.
// Multivariate: a component holds all the variables together, so what goes well with what is learned too.
import Foundation
import Randomness

/// A mixture of products of kernels (Bergstra et al., "Algorithms for hyper-parameter optimization", 2011).
///
/// Around a point's value stands, for numbers, a normal distribution cut off at the variable's ends, of width
/// 0.2 · n^(−1/(d+4)) of the range for n points and d variables (Scott's rule, as in Optuna up to version 4) and no
/// less than 1 / min(100, n + 2); for choices, the point's own with weight 1 + 1/(n + 1) and every other with 1/(n + 1).
struct ParzenEstimator {
  /// A component's kernel of one variable.
  private enum Kernel {
    /// A mean in 0…1, and the logarithm of the normal distribution's mass between 0 and 1.
    case normal(mean: Double, logInside: Double)
    /// The favoured choice.
    case choice(Double)
  }

  private let distributions: [Distribution]
  private let kernels: [[Kernel]]
  private let width: Double
  /// The weight of every choice, beside 1 for a point's own.
  private let otherWeight: Double

  /// The density over variables of `distributions`, of `points` as the database keeps them.
  init(_ distributions: [Distribution], points: [[Double]]) {
    let count = Double(max(1, points.count))
    let width = max(0.2 * pow(count, -1 / Double(distributions.count + 4)), 1 / min(100, count + 2))
    self.distributions = distributions
    self.width = width
    otherWeight = 1 / (count + 1)
    kernels = points.map { point in
      zip(distributions, point).map { distribution, stored in
        if case .categorical = distribution { return .choice(stored) }
        let cell = distribution.cell(of: stored)
        let mean = (cell.lowerBound + cell.upperBound) / 2
        return .normal(mean: mean, logInside: log(Self.mass(0...1, mean, width)))
      }
    }
  }

  /// The mass of a cell under a normal distribution.
  private static func mass(_ cell: ClosedRange<Double>, _ mean: Double, _ width: Double) -> Double {
    let scale = 1 / (width * 2.0.squareRoot())
    return 0.5 * (erfc((mean - cell.upperBound) * scale) - erfc((mean - cell.lowerBound) * scale))
  }

  /// A point of the density.
  func draw(_ random: inout CounterRandom) -> [Double] {
    let component = random.integer(below: kernels.count + 1)
    guard component < kernels.count else { return distributions.map { $0.draw(&random) } }
    return zip(distributions, kernels[component]).map { distribution, kernel in
      switch kernel {
      case .normal(let mean, _):
        // The mean lies within 0…1 and the width is below ½, so nearly half of all draws and more are kept.
        while true {
          let place = mean + width * random.normal()
          if (0..<1).contains(place) { return distribution.stored(atUnit: place) }
        }
      case .choice(let own):
        let others = otherWeight * Double(distribution.count ?? 1)
        return random.unit() * (1 + others) < 1 ? own : distribution.draw(&random)
      }
    }
  }

  /// The logarithm of the density, of numbers per unit of their ranges.
  func logDensity(_ point: [Double]) -> Double {
    let cells = zip(distributions, point).map { $0.cell(of: $1) }
    let density = log(width * (2 * .pi).squareRoot())
    var logs = [cells.reduce(0) { $1.lowerBound < $1.upperBound ? $0 + log($1.upperBound - $1.lowerBound) : $0 }]
    logs.reserveCapacity(kernels.count + 1)
    for component in kernels {
      var sum = 0.0
      for (index, kernel) in component.enumerated() {
        switch kernel {
        case .choice(let own):
          let total = 1 + otherWeight * Double(distributions[index].count ?? 1)
          sum += log((own == point[index] ? 1 + otherWeight : otherWeight) / total)
        case .normal(let mean, let logInside) where cells[index].lowerBound < cells[index].upperBound:
          sum += log(max(Self.mass(cells[index], mean, width), 1e-300)) - logInside
        case .normal(let mean, let logInside):
          let distance = (cells[index].lowerBound - mean) / width
          sum -= distance * distance / 2 + density + logInside
        }
      }
      logs.append(sum)
    }
    let largest = logs.max() ?? 0
    return largest + log(logs.reduce(0) { $0 + exp($1 - largest) } / Double(logs.count))
  }
}

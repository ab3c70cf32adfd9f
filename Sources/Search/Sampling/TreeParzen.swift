// The tree-structured Parzen estimator: what the best trials so far have in common, and the others have not.
// Variables that exist together are learned together; those under a condition from the trials that have them.
import Randomness

/// Settings of the sampler, with Optuna's defaults, but that all trials weigh the same: in Optuna old ones fade.
public struct TreeParzenSettings: Codable, Hashable, Sendable {
  /// Trials that are drawn at random before anything is learned.
  public var startTrials = 10
  /// Candidates of which the most promising is tried.
  public var candidates = 24
  /// Share of the trials that count as good, rounded up, and at most 25 of them: γ.
  public var goodShare = 0.1

  /// The defaults.
  public init() {}

  /// How many of `count` trials are good.
  func good(of count: Int) -> Int { min(25, Int((goodShare * Double(count)).rounded(.up))) }
}

/// What is learned from a study's trials.
struct TreeParzen {
  /// Variables that exist under the same conditions, and the densities of good and other trials over them.
  private struct Group {
    let parameters: [Int]
    let good, other: ParzenEstimator
  }

  private let space: SearchSpace
  private let groups: [Group]

  /// Learns from `history`; nil while that is too little.
  init?(_ space: SearchSpace, history: [Trial], settings: TreeParzenSettings) {
    let ranked = Trial.ranked(history)
    guard ranked.count >= settings.startTrials else { return nil }
    let good = settings.good(of: ranked.count)
    // Trials of which nothing is known yet count as no good, so that workers at the same time do not crowd around one
    // point.
    let others = ranked[good...] + history.filter { $0.state == .running && $0.result == nil }
    let (goodPoints, otherPoints) = (ranked[..<good].map(space.point(of:)), others.map(space.point(of:)))

    self.space = space
    groups = Dictionary(grouping: space.parameters.indices) { space.parameters[$0].conditions }.values
      .sorted { $0[0] < $1[0] }
      .map { parameters in
        let distributions = parameters.map { space.parameters[$0].distribution }
        func estimator(_ points: [Point]) -> ParzenEstimator {
          ParzenEstimator(
            distributions,
            points: points.compactMap { point in
              let values = parameters.compactMap { point.values[$0] }
              return values.count == parameters.count ? values : nil
            })
        }
        return Group(parameters: parameters, good: estimator(goodPoints), other: estimator(otherPoints))
      }
  }

  /// A point drawn as the good trials lie.
  func draw(_ random: inout CounterRandom) -> Point {
    var values = [Double](repeating: 0, count: space.parameters.count)
    for group in groups {
      for (index, value) in zip(group.parameters, group.good.draw(&random)) { values[index] = value }
    }
    return space.point { values[$0] }
  }

  /// How much likelier a point is among the good trials than among the others, as a logarithm.
  func promise(of point: Point) -> Double {
    groups.reduce(0) { sum, group in
      let values = group.parameters.compactMap { point.values[$0] }
      guard values.count == group.parameters.count else { return sum }
      return sum + group.good.logDensity(values) - group.other.logDensity(values)
    }
  }
}

extension SearchSpace {
  /// A trial's values by index; nil where it has none that the space knows.
  func point(of trial: Trial) -> Point {
    Point(
      values: parameters.map { parameter in
        trial.parameters[parameter.name]?.value.flatMap(parameter.distribution.stored(of:))
      })
  }
}

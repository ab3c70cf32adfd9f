// A forest of regression trees on a study's observations: the model of accuracy from which importance is read.
import Randomness

/// Trees on samples of the observations (Breiman, "Random forests", 2001).
struct RegressionForest: Sendable {
  /// The variables' paths, sorted.
  let names: [String]
  let features: [Feature]
  /// A row an observation, a column a variable.
  let table: [[Double]]
  let targets: [Double]
  /// The trees, each with the rows it did not see.
  let trees: [(tree: RegressionTree, unseen: [Int])]
  /// Whether a row's variable existed.
  let exists: [[Bool]]

  /// Learns from `observations`.
  ///
  /// Where a variable did not exist it cannot have mattered, so its column holds a value drawn from its distribution:
  /// the forest finds nothing there, and what the variable's existence does is left to the variable that decides it.
  init(_ observations: [Observation], seed: UInt64 = 0) {
    let variables = observations.distributions
    names = variables.map(\.name)
    let features = variables.map { variable in
      if case .categorical(let choices) = variable.distribution, choices.count <= 64 {
        Feature.choice(choices.count)
      } else {
        Feature.number
      }
    }
    self.features = features
    var random = CounterRandom(seed: seed, SearchPurpose.forest.rawValue)
    let table = observations.map { observation in
      variables.enumerated().map { column, variable in
        let drawn = variable.distribution.draw(&random)
        let stored = observation.values[variable.name]?.stored ?? drawn
        if case .choice(let count) = features[column] { return min(Double(count - 1), max(0, stored)) }
        let cell = variable.distribution.cell(of: stored)
        return (cell.lowerBound + cell.upperBound) / 2
      }
    }
    self.table = table
    exists = observations.map { observation in variables.map { observation.values[$0.name] != nil } }
    let targets = observations.map(\.target)
    self.targets = targets
    trees = (0..<(observations.isEmpty ? 0 : 64)).map { index in
      var random = CounterRandom(seed: seed, SearchPurpose.forest.rawValue, UInt64(index) + 1)
      let rows = targets.indices.map { _ in random.integer(below: targets.count) }
      let seen = Set(rows)
      let tree = RegressionTree(
        features, table: table, targets: targets, rows: rows, random: &random)
      return (tree, targets.indices.filter { !seen.contains($0) })
    }
  }
}

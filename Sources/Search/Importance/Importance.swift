// How much each variable matters: by the analysis of a forest's variance, or by what the forest loses without it.
import Randomness

/// How much one variable matters.
public struct Importance: Sendable, Equatable {
  /// The variable's path.
  public let parameter: String
  /// Its share; 0 is nothing.
  public let value: Double

  /// The least number of observations from which anything is said.
  public static let leastObservations = 8

  /// The share of the accuracy's variance over the whole space that each variable explains by itself: the first-order
  /// terms of functional ANOVA over a random forest (Hutter, Hoos and Leyton-Brown, "An efficient approach for
  /// assessing hyperparameter importance", 2014), largest first. What is missing to 1 is due to variables together.
  ///
  /// Empty where there are fewer than `leastObservations`.
  public static func fANOVA(_ observations: [Observation], seed: UInt64 = 0) -> [Importance] {
    guard observations.count >= leastObservations else { return [] }
    let forest = RegressionForest(observations, seed: seed)
    return summary(forest, forest.trees.map { $0.tree.varianceShares(forest.features) })
  }

  /// How much worse the forest tells observations that a tree has not seen once a variable's values are shuffled among
  /// them: the rise of the squared error over the variance of the accuracy, largest first (Breiman, "Random forests",
  /// 2001). A conditional variable is shuffled among the observations that have it.
  ///
  /// Empty where there are fewer than `leastObservations`.
  public static func permutation(_ observations: [Observation], seed: UInt64 = 0) -> [Importance] {
    guard observations.count >= leastObservations else { return [] }
    let forest = RegressionForest(observations, seed: seed)
    return summary(
      forest, forest.trees.indices.map { index in forest.losses(ofTree: index, seed: seed) }.compactMap { $0 })
  }

  private static func summary(_ forest: RegressionForest, _ shares: [[Double]]) -> [Importance] {
    let count = Double(max(1, shares.count))
    return forest.names.enumerated().map { column, name in
      let mean = shares.reduce(0) { $0 + $1[column] } / count
      return Importance(parameter: name, value: max(0, mean))
    }.sorted { ($0.value, $1.parameter) > ($1.value, $0.parameter) }
  }
}

extension RegressionTree {
  /// The share of the tree's variance over the space that each feature explains by itself; zeros for a lone leaf.
  func varianceShares(_ features: [Feature]) -> [Double] {
    var leaves: [(value: Double, box: [Side], share: Double)] = []
    forEachLeaf(features) { value, box in leaves.append((value, box, box.reduce(1) { $0 * $1.share })) }
    let mean = leaves.reduce(0) { $0 + $1.share * $1.value }
    let variance = leaves.reduce(0) { $0 + $1.share * ($1.value - mean) * ($1.value - mean) }
    guard variance > 0 else { return features.map { _ in 0 } }
    return features.indices.map { feature in
      // The mean over all other features, a step function of this one.
      var marginal = Marginal(features[feature], leaves.map { $0.box[feature] })
      for leaf in leaves where leaf.share > 0 {
        marginal.add(leaf.share / leaf.box[feature].share * (leaf.value - mean), over: leaf.box[feature])
      }
      return marginal.square / variance
    }
  }
}

/// A step function of one feature.
private struct Marginal {
  private var ends: [Double] = []
  private var changes: [Double]
  private let isNumber: Bool

  init(_ feature: Feature, _ sides: [RegressionTree.Side]) {
    switch feature {
    case .number:
      isNumber = true
      var bounds: Set<Double> = []
      for case .range(let low, let high) in sides {
        bounds.insert(low)
        bounds.insert(high)
      }
      ends = bounds.sorted()
      changes = [Double](repeating: 0, count: ends.count)
    case .choice(let count):
      isNumber = false
      changes = [Double](repeating: 0, count: count)
    }
  }

  mutating func add(_ value: Double, over side: RegressionTree.Side) {
    switch side {
    case .range(let low, let high):
      changes[position(low)] += value
      changes[position(high)] -= value
    case .mask(let mask, _):
      for choice in changes.indices where mask >> UInt64(choice) & 1 == 1 { changes[choice] += value }
    }
  }

  private func position(_ end: Double) -> Int {
    var (low, high) = (0, ends.count - 1)
    while low < high {
      let middle = (low + high) / 2
      if ends[middle] < end { low = middle + 1 } else { high = middle }
    }
    return low
  }

  /// The mean of the function's square.
  var square: Double {
    guard isNumber else { return changes.reduce(0) { $0 + $1 * $1 } / Double(changes.count) }
    var (sum, level) = (0.0, 0.0)
    for index in 0..<max(0, ends.count - 1) {
      level += changes[index]
      sum += (ends[index + 1] - ends[index]) * level * level
    }
    return sum
  }
}

extension RegressionForest {
  /// For each feature, by how much shuffling it raises tree `index`'s mean squared error on rows it has not seen, over
  /// the variance of the targets; nil where there are none, or no variance.
  fileprivate func losses(ofTree index: Int, seed: UInt64) -> [Double]? {
    let (tree, unseen) = trees[index]
    let mean = targets.reduce(0, +) / Double(targets.count)
    let variance = targets.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(targets.count)
    guard unseen.count > 1, variance > 0 else { return nil }
    func squaredError(_ row: [Double], _ target: Double) -> Double {
      let error = tree.predict(row) - target
      return error * error
    }
    return features.indices.map { column in
      var random = CounterRandom(
        seed: seed, SearchPurpose.permutation.rawValue, UInt64(index), UInt64(column))
      let rows = unseen.filter { exists[$0][column] }
      let order = random.permutation(of: rows.count)
      var rise = 0.0
      for (row, other) in zip(rows, order.map { rows[$0] }) {
        var changed = table[row]
        changed[column] = table[other][column]
        rise += squaredError(changed, targets[row]) - squaredError(table[row], targets[row])
      }
      return rise / Double(unseen.count) / variance
    }
  }
}

// A regression tree over variables as they lie in 0…1, or as choices: what a forest is made of.
// Its leaves are boxes of the space, which is what the analysis of variance reckons with.
import Randomness

/// A column of a table to learn from.
enum Feature: Hashable, Sendable {
  /// Numbers of 0…1.
  case number
  /// Indices below this, at most 64.
  case choice(Int)
}

/// Binary splits by one feature each, grown until a leaf is pure or small.
struct RegressionTree: Sendable {
  /// Where a row goes at a split.
  enum Rule: Hashable, Sendable {
    /// Left below the number.
    case below(Double)
    /// Left where the choice's bit is set.
    case among(UInt64)

    func goesLeft(_ value: Double) -> Bool {
      switch self {
      case .below(let threshold): value < threshold
      case .among(let mask): mask >> UInt64(value) & 1 == 1
      }
    }
  }

  enum Node: Sendable {
    case leaf(Double)
    case split(feature: Int, rule: Rule, left: Int, right: Int)
  }

  private(set) var nodes: [Node] = []

  /// The fewest rows of a leaf.
  private static let leastLeaf = 2

  /// Grows a tree on `rows` of a table; each split is the best of a random two thirds of the features.
  init(
    _ features: [Feature], table: [[Double]], targets: [Double], rows: [Int],
    random: inout CounterRandom
  ) {
    _ = grow(features, table, targets, rows, &random, depth: 0)
  }

  /// The value for a row.
  func predict(_ row: [Double]) -> Double {
    var index = 0
    while true {
      switch nodes[index] {
      case .leaf(let value): return value
      case .split(let feature, let rule, let left, let right): index = rule.goesLeft(row[feature]) ? left : right
      }
    }
  }

  private mutating func grow(
    _ features: [Feature], _ table: [[Double]], _ targets: [Double], _ rows: [Int],
    _ random: inout CounterRandom, depth: Int
  ) -> Int {
    let index = nodes.count
    let mean = rows.reduce(0) { $0 + targets[$1] } / Double(rows.count)
    nodes.append(.leaf(mean))
    guard rows.count >= 2 * Self.leastLeaf, depth < 48 else { return index }
    var best: (feature: Int, rule: Rule, gain: Double)?
    for feature in random.permutation(of: features.count).prefix((2 * features.count + 2) / 3) {
      guard let (rule, gain) = split(features[feature], feature, table, targets, rows, mean) else { continue }
      if gain > best?.gain ?? 1e-14 { best = (feature, rule, gain) }
    }
    guard let best else { return index }
    let left = rows.filter { best.rule.goesLeft(table[$0][best.feature]) }
    let right = rows.filter { !best.rule.goesLeft(table[$0][best.feature]) }
    let leftIndex = grow(features, table, targets, left, &random, depth: depth + 1)
    let rightIndex = grow(features, table, targets, right, &random, depth: depth + 1)
    nodes[index] = .split(feature: best.feature, rule: best.rule, left: leftIndex, right: rightIndex)
    return index
  }

  /// The rule that lowers the sum of squares most, and by how much.
  private func split(
    _ kind: Feature, _ feature: Int, _ table: [[Double]], _ targets: [Double], _ rows: [Int], _ mean: Double
  ) -> (rule: Rule, gain: Double)? {
    // Runs of equal values in an order; for choices that of their means, in which the best split is contiguous
    // (Breiman et al., "Classification and regression trees", 1984).
    var runs: [(value: Double, sum: Double, count: Int)] = []
    switch kind {
    case .number:
      for row in rows.sorted(by: { (table[$0][feature], $0) < (table[$1][feature], $1) }) {
        let value = table[row][feature]
        if runs.last?.value == value {
          runs[runs.count - 1].sum += targets[row] - mean
          runs[runs.count - 1].count += 1
        } else {
          runs.append((value, targets[row] - mean, 1))
        }
      }
    case .choice(let count):
      runs = (0..<count).map { (Double($0), 0, 0) }
      for row in rows {
        runs[Int(table[row][feature])].sum += targets[row] - mean
        runs[Int(table[row][feature])].count += 1
      }
      runs.removeAll { $0.count == 0 }
      runs.sort { ($0.sum / Double($0.count), $0.value) < ($1.sum / Double($1.count), $1.value) }
    }
    guard runs.count > 1 else { return nil }
    var best: (position: Int, gain: Double)?
    var (sum, count) = (0.0, 0)
    for position in 0..<runs.count - 1 {
      sum += runs[position].sum
      count += runs[position].count
      guard count >= Self.leastLeaf, rows.count - count >= Self.leastLeaf else { continue }
      // The deviations from the mean add up to 0.
      let gain = sum * sum / Double(count) + sum * sum / Double(rows.count - count)
      if gain > best?.gain ?? 0 { best = (position, gain) }
    }
    guard let best else { return nil }
    switch kind {
    case .number:
      return (.below((runs[best.position].value + runs[best.position + 1].value) / 2), best.gain)
    case .choice:
      return (.among(runs[...best.position].reduce(0) { $0 | 1 << UInt64($1.value) }), best.gain)
    }
  }
}

extension RegressionTree {
  /// The part of each feature that leads to a leaf.
  enum Side: Hashable, Sendable {
    case range(Double, Double)
    case mask(UInt64, of: Int)

    /// Its share of the whole.
    var share: Double {
      switch self {
      case .range(let low, let high): high - low
      case .mask(let mask, let count): Double(mask.nonzeroBitCount) / Double(count)
      }
    }
  }

  /// Calls `visit` with each leaf's value and box.
  func forEachLeaf(_ features: [Feature], _ visit: (Double, [Side]) -> Void) {
    var box: [Side] = features.map { feature in
      switch feature {
      case .number: .range(0, 1)
      case .choice(let count): .mask(count >= 64 ? .max : 1 << UInt64(count) - 1, of: count)
      }
    }
    func descend(_ index: Int) {
      switch nodes[index] {
      case .leaf(let value):
        visit(value, box)
      case .split(let feature, let rule, let left, let right):
        let side = box[feature]
        switch (side, rule) {
        case (.range(let low, let high), .below(let threshold)):
          box[feature] = .range(low, threshold)
          descend(left)
          box[feature] = .range(threshold, high)
          descend(right)
        case (.mask(let mask, let count), .among(let chosen)):
          box[feature] = .mask(mask & chosen, of: count)
          descend(left)
          box[feature] = .mask(mask & ~chosen, of: count)
          descend(right)
        default:
          break
        }
        box[feature] = side
      }
    }
    descend(0)
  }
}

// What share of a space keeps the budget, and, where none does, how far away the closest point is.
import Foundation
import Models
import Randomness

/// What share of a space keeps the budget.
public struct FeasibleShare: Hashable, Codable, Sendable {
  /// Points looked at: all of them, or a sample drawn from the variables' distributions.
  public internal(set) var points = 0
  /// Those that are possible and keep the budget.
  public internal(set) var feasible = 0
  /// Those that no network can be built of.
  public internal(set) var impossible = 0
  /// Those that are over a limit, by its name; a point over several counts for the first.
  public internal(set) var over: [String: Int] = [:]
  /// Whether the points were all of the space's.
  public internal(set) var isExact = false

  /// The share.
  public var share: Double { points == 0 ? 0 : Double(feasible) / Double(points) }
  /// Half the width of its 95 % confidence interval (normal approximation; the rule of three where all points are alike);
  /// 0 where it is exact.
  public var uncertainty: Double {
    guard !isExact, points > 0 else { return 0 }
    if feasible == 0 || feasible == points { return 3 / Double(points) }
    return 1.96 * (share * (1 - share) / Double(points)).squareRoot()
  }
}

extension CandidateSpace {
  /// The share of feasible points: exact where the space has at most 200,000 points, else from a sample of 10,000.
  func share() -> FeasibleShare {
    var result = FeasibleShare()
    func count(_ point: Point) {
      result.points += 1
      switch judge(point) {
      case .fits: result.feasible += 1
      case .over(let limit, _): result.over[limit.rawValue, default: 0] += 1
      case .impossible: result.impossible += 1
      }
    }
    if isEnumerable {
      result.isExact = true
      try? forEachPoint { point in
        count(point)
        return true
      }
      return result
    }
    for index in 0..<10_000 as Range<UInt64> {
      var random = CounterRandom(seed: 0, SearchPurpose.share.rawValue, index)
      count(space.draw(&random))
    }
    return result
  }

  /// Throws `SearchError` where no point of the space keeps the budget, naming the limit that is tightest.
  func checkFeasible() throws {
    for index in 0..<2_000 as Range<UInt64> {
      var random = CounterRandom(seed: 0, SearchPurpose.share.rawValue, index)
      if case .fits = judge(space.draw(&random)) { return }
    }
    let share = share()
    guard share.feasible == 0 else { return }
    guard let closest = closestPoint() else {
      let reason = firstImpossibility().map { ": \($0)" } ?? ""
      throw SearchError("no point of the space makes a possible network\(reason)")
    }
    guard case .over(let limit, let cost) = judge(closest) else { return }
    let extent = share.isExact ? "no point of the space" : "no point that was found in the space"
    throw SearchError(
      "\(extent) keeps the budget: the closest has \(limit.text(cost[limit] ?? 0)), "
        + "\(limit.text(budget[limit] ?? 0)) are allowed; raise the budget, or let the space hold smaller networks")
  }

  private func firstImpossibility() -> String? {
    var random = CounterRandom(seed: 0, SearchPurpose.share.rawValue, 0)
    guard case .impossible(let reason) = judge(space.draw(&random)) else { return nil }
    return reason
  }

  /// The point that is least over budget, by descent: from several starts, one variable after the other takes the best
  /// of its values, until none helps. Nil where no possible network was met.
  private func closestPoint() -> Point? {
    var best: (point: Point, excess: Double)?
    for start in 0..<8 as Range<UInt64> {
      var random = CounterRandom(seed: 1, SearchPurpose.share.rawValue, start)
      var point = space.draw(&random)
      var excess = excess(point)
      var improves = true
      while improves {
        improves = false
        for index in space.parameters.indices {
          let distribution = space.parameters[index].distribution
          let count = min(distribution.count ?? 2, 64)
          let last = distribution.count.map { $0 - 1 } ?? 0
          for step in 0..<count {
            let value =
              distribution.count == nil
              ? (step == 0 ? distribution.bounds.low : distribution.bounds.high)
              : distribution.stored(at: count == 1 ? 0 : step * last / (count - 1))
            let next = space.point {
              $0 == index ? value : point.values[$0] ?? space.parameters[$0].distribution.bounds.low
            }
            let nextExcess = self.excess(next)
            if nextExcess < excess {
              (point, excess, improves) = (next, nextExcess, true)
            }
          }
        }
      }
      if excess < best?.excess ?? .infinity { best = (point, excess) }
    }
    return best?.point
  }

  /// By what factor the worst limit is exceeded, at most 1 where all are kept, infinite where no network is possible.
  private func excess(_ point: Point) -> Double {
    switch judge(point) {
    case .impossible: .infinity
    case .fits: 0
    case .over(_, let cost):
      Budget.Limit.allCases.reduce(0) { worst, limit in
        guard let most = budget[limit], let value = cost[limit] else { return worst }
        return max(worst, value / most)
      }
    }
  }
}

extension Budget.Limit {
  /// An amount with its unit.
  func text(_ amount: Double) -> String {
    switch self {
    case .parameters: "\(Self.grouped(amount)) parameters"
    case .multiplyAdds: "\(Self.grouped(amount)) multiply-adds"
    case .secondsPerEpoch: "\(Self.significant(amount)) predicted seconds an epoch"
    case .memoryBytes: "\(Self.significant(amount / 1_048_576)) predicted MiB of memory"
    }
  }

  private static func significant(_ value: Double) -> String {
    value < 1000 ? String(format: "%.3g", value) : grouped(value.rounded())
  }

  private static func grouped(_ value: Double) -> String {
    let digits = String(Int(value))
    return String(
      digits.enumerated().map { index, digit in
        (index > 0 && (digits.count - index) % 3 == 0 ? "," : "") + String(digit)
      }.joined())
  }
}

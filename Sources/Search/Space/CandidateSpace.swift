// The points of a space that are possible and keep the budget: which they are, and what share of all.
import Models
import Training

/// A space under a budget.
struct CandidateSpace: Sendable {
  let space: SearchSpace
  let budget: Budget
  let calibration: MachineRates?

  /// What is to be said of a point.
  enum Verdict {
    case fits(TrialCost)
    case over(Budget.Limit, TrialCost)
    case impossible(String)
  }

  func judge(_ point: Point) -> Verdict {
    let spec: ResNetSpec
    do {
      spec = try space.spec(of: point)
      try spec.validate()
    } catch {
      return .impossible("\(error)")
    }
    let (batchSize, images) = (space.batchSize(of: point), space.base.data.limitTrain)
    guard images == 0 || batchSize <= images else {
      return .impossible("training.batchSize: \(batchSize) is more than the \(images) images of data.limitTrain")
    }
    let cost = TrialCost(spec, batchSize: batchSize, calibration: calibration)
    if let limit = budget.exceeded(by: cost) { return .over(limit, cost) }
    // A budget may be larger than what can be built.
    do {
      try cost.model.checkParameters()
    } catch {
      return .impossible("\(error)")
    }
    return .fits(cost)
  }

  /// Every point of a space whose variables can be counted, in order, the last variable fastest, until `visit` returns
  /// false. Throws `SearchError` at a continuum.
  func forEachPoint(_ visit: (Point) throws -> Bool) throws {
    let counts = try space.parameters.map { parameter in
      guard let count = parameter.distribution.count else {
        throw SearchError("\(parameter.name): a grid needs a list or a step: give one, or use another sampler")
      }
      return count
    }
    var point = Point(values: [Double?](repeating: nil, count: counts.count))
    func descend(_ index: Int) throws -> Bool {
      guard index < counts.count else { return try visit(point) }
      guard space.exists(index, in: point) else {
        point.values[index] = nil
        return try descend(index + 1)
      }
      for value in 0..<counts[index] {
        point.values[index] = space.parameters[index].distribution.stored(at: value)
        guard try descend(index + 1) else { return false }
      }
      return true
    }
    _ = try descend(0)
  }
}

extension CandidateSpace {
  /// The largest number of points that are ever enumerated.
  static let enumerationLimit = 200_000

  /// The points that keep the budget, in order. Throws `SearchError` where not all can be looked at.
  func feasiblePoints() throws -> [Point] {
    var (points, visited) = ([Point](), 0)
    try forEachPoint { point in
      visited += 1
      if case .fits = judge(point) { points.append(point) }
      return visited <= Self.enumerationLimit
    }
    guard visited <= Self.enumerationLimit else {
      throw SearchError("a grid of more than \(Self.enumerationLimit) points: make it coarser, or use another sampler")
    }
    return points
  }

  /// Whether the space has few enough points to look at each.
  var isEnumerable: Bool {
    var points = 0
    do {
      try forEachPoint { _ in
        points += 1
        return points <= Self.enumerationLimit
      }
    } catch {
      return false
    }
    return points <= Self.enumerationLimit
  }
}

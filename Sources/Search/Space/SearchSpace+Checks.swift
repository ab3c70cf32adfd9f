// Values that no network of the space can have, found before the study begins,
// and points in which some values are given.
import Models
import Randomness
import Training

extension SearchSpace {
  /// A point with the values of `given` by index, the rest drawn; the variables on which they depend take values that
  /// let them exist. Nil where the conditions leave none.
  func draw(given: [Int: Double], _ random: inout CounterRandom) -> Point? {
    var allowed: [Int: [Double]] = [:]
    for index in parameters.indices.reversed() where given[index] != nil || allowed[index] != nil {
      for condition in parameters[index].conditions {
        let values = allowed[condition.parameter] ?? condition.values
        allowed[condition.parameter] = values.filter(condition.values.contains)
      }
    }
    let point = point { index in
      if let value = given[index] { return value }
      let value = parameters[index].distribution.draw(&random)
      guard let values = allowed[index], !values.isEmpty, !values.contains(value) else { return value }
      return values[random.integer(below: values.count)]
    }
    return given.allSatisfy { point.values[$0] == $1 } ? point : nil
  }

  /// Throws `SpaceError` at a value with which no network or training is possible, whatever the other values.
  func checkValues(origin: String) throws {
    if parameters.isEmpty {
      throw SpaceError(SourceMark(origin: origin), "", "nothing is searched: give a path a list or a range")
    }
    for (index, parameter) in parameters.enumerated() {
      for stored in parameter.distribution.landmarks {
        if let failure = failure(of: index, stored) {
          let culprit = parameters.first { failure.hasPrefix("\($0.name):") } ?? parameter
          let value = parameter.distribution.value(of: stored)?.description ?? ""
          throw SpaceError(culprit.mark, parameter.name, "\(value) is never possible: \(failure)")
        }
      }
    }
  }

  /// Why every one of some points with a value fails; nil where one does not.
  private func failure(of index: Int, _ stored: Double) -> String? {
    var failure: String?
    for attempt in 0..<2_000 as Range<UInt64> {
      var random = CounterRandom(seed: 0, SearchPurpose.check.rawValue, UInt64(index), attempt)
      guard let point = draw(given: [index: stored], &random) else { continue }
      do {
        try spec(of: point).validate()
        if case .setting = parameters[index].target { try configuration(of: point).validate() }
        return nil
      } catch {
        failure = failure ?? "\(error)"
      }
    }
    return failure
  }
}

extension Distribution {
  /// All the values where they are few, the two ends where they are many.
  fileprivate var landmarks: [Double] {
    guard let count, count <= 64 else { return [bounds.low, bounds.high] }
    return (0..<count).map(stored(at:))
  }
}

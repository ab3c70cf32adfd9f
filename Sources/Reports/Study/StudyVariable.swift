// One variable of a study: its values in the compared trials, and the figure of its effect on accuracy.
// Few values are shown value by value, many as a cloud with its running median.
import Foundation
import Plots
import Search

/// A variable and its values.
struct StudyVariable: Sendable {
  let name: String
  let distribution: Distribution
  /// The compared trials that have it, with its value as the database keeps it.
  let values: [(trial: Int, stored: Double, accuracy: Double)]

  /// The variables of trials, in the order that people number things.
  static func all(_ compared: [(trial: Trial, accuracy: Double)]) -> [StudyVariable] {
    var distributions: [String: Distribution] = [:]
    for (trial, _) in compared {
      for (name, value) in trial.parameters where value.value != nil { distributions[name] = value.distribution }
    }
    return distributions.map { name, distribution in
      let values = compared.compactMap { trial, accuracy in
        trial.parameters[name].map { (trial: trial.number, stored: $0.stored, accuracy: accuracy) }
      }
      return StudyVariable(name: name, distribution: distribution, values: values)
    }.sorted { $0.name.localizedStandardCompare($1.name) == .orderedAscending }
  }

  /// Whether more than one of its values was compared.
  var varies: Bool { Set(values.map(\.stored)).count > 1 }

  var isCategorical: Bool { if case .categorical = distribution { true } else { false } }

  /// The axis of its values.
  var axis: Axis {
    var isInteger = false
    if case .integer = distribution { isInteger = true }
    return Axis(name, isInteger ? .integer : .number, scale: distribution.isLogarithmic ? .log : .linear)
  }

  /// Names of its choices; empty for numbers.
  var categories: [String] {
    if case .categorical(let choices) = distribution { choices.map(\.description) } else { [] }
  }

  /// Accuracy by its values.
  func effect(_ data: StudyData) -> Figure {
    let correlation = isCategorical ? nil : RankCorrelation.coefficient(values.map { ($0.stored, $0.accuracy) })
    var notes = correlation.map { ["rank correlation \(Format.fixed($0, 2))"] } ?? []
    if values.count < data.compared.count { notes.append("\(values.count) of \(data.compared.count) trials have it") }
    let title = "Effect of \(name)"
    let accuracy = Axis(data.accuracyTitle, .percent)
    let distinct = Set(values.map(\.stored))
    if isCategorical || distinct.count <= 8 {
      let strips = distinct.sorted(by: inOrder).map { stored in
        Plot.Strip(text(stored), values.filter { $0.stored == stored }.map(\.accuracy))
      }
      let plot = Plot(title, x: accuracy, y: Axis(name), .strips(strips), note: notes.joined(separator: "; "))
      return Figure("effect \(name)", plot)
    }
    let trend = runningMedian
    if !trend.isEmpty { notes.append("line: running median") }
    let shown = Sample.thinned(values, to: 1500)
    if shown.count < values.count { notes.append("\(shown.count) of \(values.count) points are drawn") }
    let points = shown.map { Plot.Point($0.stored, $0.accuracy, label: label($0)) }
    let plot = Plot(
      title, x: axis, y: accuracy, .scatter([Plot.Cluster("", points, trend: trend)]),
      note: notes.joined(separator: "; "))
    return Figure("effect \(name)", plot)
  }

  private func label(_ value: (trial: Int, stored: Double, accuracy: Double)) -> String {
    "trial \(value.trial): \(text(value.stored)), \(Format.percent(value.accuracy))"
  }

  /// A value as people write it.
  func text(_ stored: Double) -> String {
    guard let value = distribution.value(of: stored) else { return "?" }
    if case .number(let number) = value { return Format.significant(number) }
    return value.description
  }

  /// Choices that are all numbers in their order, others in the space's.
  private func inOrder(_ one: Double, _ other: Double) -> Bool {
    if isCategorical, let first = distribution.value(of: one)?.number,
      let second = distribution.value(of: other)?.number
    {
      return first < second
    }
    return one < other
  }

  /// Medians of stretches of equally many trials; none where trials are few.
  private var runningMedian: [Plot.Point] {
    let sorted = values.sorted { ($0.stored, $0.trial) < ($1.stored, $1.trial) }
    let stretches = min(10, sorted.count / 5)
    guard stretches >= 3 else { return [] }
    return (0..<stretches).map { index in
      let part = sorted[sorted.count * index / stretches..<sorted.count * (index + 1) / stretches]
      return Plot.Point(part.map(\.stored).median, part.map(\.accuracy).median)
    }
  }
}

/// Agreement of two orders (Spearman 1904), with mean ranks for equals.
enum RankCorrelation {
  /// −1…1; nil for fewer than five pairs, or where one side does not vary.
  static func coefficient(_ pairs: [(Double, Double)]) -> Double? {
    guard pairs.count >= 5 else { return nil }
    let (one, other) = (ranks(pairs.map(\.0)), ranks(pairs.map(\.1)))
    let mean = Double(pairs.count - 1) / 2
    let covariance = zip(one, other).reduce(0) { $0 + ($1.0 - mean) * ($1.1 - mean) }
    let deviations = [one, other].map { ranks in
      ranks.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }.squareRoot()
    }
    let product = deviations[0] * deviations[1]
    return product > 0 ? covariance / product : nil
  }

  private static func ranks(_ values: [Double]) -> [Double] {
    let order = values.indices.sorted { values[$0] < values[$1] }
    var ranks = [Double](repeating: 0, count: values.count)
    var start = 0
    while start < order.count {
      var end = start
      while end + 1 < order.count, values[order[end + 1]] == values[order[start]] { end += 1 }
      for position in start...end { ranks[order[position]] = Double(start + end) / 2 }
      start = end + 1
    }
    return ranks
  }
}

/// Fewer elements where there are too many to draw.
enum Sample {
  /// At most `count` of `elements`, evenly spread over their order.
  static func thinned<Element>(_ elements: [Element], to count: Int) -> [Element] {
    guard elements.count > count else { return elements }
    return (0..<count).map { elements[$0 * elements.count / count] }
  }
}

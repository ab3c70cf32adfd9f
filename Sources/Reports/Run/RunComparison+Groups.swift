// Finished runs that differ in their seeds alone, and the mean and the spread of what they reached:
// in words and as JSON.
import Training

/// Mean and standard deviation (n − 1) of a share over the seeds of a group.
public struct SeedSpread: Encodable, Equatable, Sendable {
  let mean, standardDeviation: Double

  /// Nil where a value is missing.
  init?(_ values: [Double?]) {
    let known = values.compactMap(\.self)
    guard known.count == values.count, known.count > 1 else { return nil }
    let mean = known.reduce(0, +) / Double(known.count)
    let squares = known.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    self.mean = mean
    standardDeviation = (squares / Double(known.count - 1)).squareRoot()
  }

  fileprivate func text(_ name: String) -> String {
    "\(name) \(Format.fixed(mean * 100, 2)) ± \(Format.percent(standardDeviation))"
  }
}

/// Two or more finished runs that differ in their seeds alone.
public struct SeedGroup: Encodable, Sendable {
  /// Their names, one a seed.
  let runs: [String]
  let validationAccuracy, testAccuracy, testAccuracyFlipTTA: SeedSpread?

  fileprivate init(_ members: [(name: String, summary: RunSummary)]) {
    runs = members.map(\.name)
    validationAccuracy = SeedSpread(members.map(\.summary.validationAccuracy))
    testAccuracy = SeedSpread(members.map(\.summary.testAccuracy))
    testAccuracyFlipTTA = SeedSpread(members.map(\.summary.testAccuracyFlipTTA))
  }

  /// One line.
  var text: String {
    let parts = [
      validationAccuracy?.text("validation"), testAccuracy?.text("test"), testAccuracyFlipTTA?.text("mirrored"),
    ]
    return "\(runs.joined(separator: ", ")): mean ± standard deviation of \(runs.count) seeds: "
      + parts.compactMap(\.self).joined(separator: ", ")
  }
}

extension RunComparison {
  /// The groups of seeds among the runs.
  public var groups: [SeedGroup] {
    struct Kind: Equatable {
      var configuration: Configuration
      let startWeights: String?
      let precision: String
    }
    var groups: [(kind: Kind, members: [(name: String, summary: RunSummary)])] = []
    for run in runs {
      guard let summary = run.summary else { continue }
      var kind = Kind(
        configuration: run.configuration, startWeights: run.startWeights, precision: summary.precision)
      // What changes no result, and the precision as it was asked for: the one computed in is there.
      kind.configuration.training.seed = 0
      kind.configuration.training.threads = 0
      kind.configuration.training.checkpointSeconds = 0
      kind.configuration.training.precision = .auto
      let place = groups.firstIndex { $0.kind == kind } ?? groups.endIndex
      if place == groups.endIndex { groups.append((kind, [])) }
      // A seed counts once.
      if groups[place].members.contains(where: { $0.summary.seed == summary.seed }) { continue }
      groups[place].members.append((run.name, summary))
    }
    return groups.filter { $0.members.count > 1 }.map { SeedGroup($0.members) }
  }
}

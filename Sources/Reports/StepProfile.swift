// Where the time of a step goes: each recorded step's median over the passes, the same by kind,
// and how fast that is in floating-point operations and bytes.
public import Compute

/// A profile of the passes that a recorder has seen.
public struct StepProfile: Encodable, Sendable {
  /// Time and speed of one step, or of all steps of a kind.
  public struct Cost: Encodable, Sendable {
    /// Median time.
    public let milliseconds: Double
    /// Part of the sum of all medians, 0…1.
    public let share: Double
    /// Bytes of the tensors read and written.
    public let bytes: Int
    /// Those bytes a second, in 10⁹.
    public let gigabytesPerSecond: Double
    /// Floating-point operations a second by the graph's multiply-adds, in 10⁹; nil where there are none.
    public let gflops: Double?

    fileprivate init(seconds: Double, of total: Double, bytes: Int, operations: Int) {
      milliseconds = seconds * 1000
      share = total > 0 ? seconds / total : 0
      self.bytes = bytes
      // The clock may be too coarse for an empty step.
      gigabytesPerSecond = seconds > 0 ? Double(bytes) / seconds / 1e9 : 0
      gflops = operations > 0 && seconds > 0 ? Double(operations) / seconds / 1e9 : nil
    }
  }

  /// A step of a pass.
  public struct Step: Encodable, Sendable {
    /// See `PlanStep`.
    public let name: String
    /// See `PlanStep`.
    public let kind: StepKind
    /// See `PlanStep`.
    public let implementation: String
    /// What it costs.
    public let cost: Cost
  }

  /// All steps of a kind.
  public struct Group: Encodable, Sendable {
    /// The kind.
    public let kind: StepKind
    /// Number of steps.
    public let steps: Int
    /// What they cost together.
    public let cost: Cost
  }

  /// The steps that ran, in the order of the plan.
  public let steps: [Step]
  /// The kinds that ran, the slowest first.
  public let kinds: [Group]
  /// Sum of the steps' medians.
  public let milliseconds: Double
  /// Part of that sum outside convolutions, 0…1.
  public let shareNotInConvolutions: Double

  /// A profile of `passes` over `steps`.
  public init(_ steps: [PlanStep], passes: [[StepRecorder.Span]]) {
    var times = [[Double]](repeating: [], count: steps.count)
    for span in passes.joined() { times[span.step].append(span.seconds) }
    let medians = times.map(\.median)
    let ran = steps.indices.filter { !times[$0].isEmpty }
    let total = ran.reduce(0) { $0 + medians[$1] }
    self.steps = ran.map { index in
      let step = steps[index]
      return Step(
        name: step.name, kind: step.kind, implementation: step.implementation,
        cost: Cost(seconds: medians[index], of: total, bytes: step.bytes, operations: step.operations))
    }
    kinds = Dictionary(grouping: ran) { steps[$0].kind }
      .map { kind, members in
        Group(
          kind: kind, steps: members.count,
          cost: Cost(
            seconds: members.reduce(0) { $0 + medians[$1] }, of: total,
            bytes: members.reduce(0) { $0 + steps[$1].bytes },
            operations: members.reduce(0) { $0 + steps[$1].operations }))
      }
      .sorted { $0.cost.milliseconds > $1.cost.milliseconds }
    milliseconds = total * 1000
    shareNotInConvolutions = kinds.reduce(0) { $0 + ($1.kind.isConvolution ? 0 : $1.cost.share) }
  }
}

extension StepProfile {
  /// The kinds, the slowest first.
  public var kindTable: Table {
    var table = Table(["kind", "steps"] + Cost.heading)
    for group in kinds { table.append([group.kind.rawValue, "\(group.steps)"] + group.cost.cells) }
    return table
  }

  /// The `count` slowest steps.
  public func stepTable(slowest count: Int) -> Table {
    var table = Table(["step", "kind"] + Cost.heading + ["computed by"])
    for step in steps.sorted(by: { $0.cost.milliseconds > $1.cost.milliseconds }).prefix(count) {
      table.append([step.name, step.kind.rawValue] + step.cost.cells + [step.implementation])
    }
    return table
  }
}

extension StepProfile.Cost {
  fileprivate static var heading: [String] { ["ms", "share", "GFLOP/s", "MiB", "GB/s"] }

  fileprivate var cells: [String] {
    [
      Format.fixed(milliseconds, 3), Format.percent(share), gflops.map { Format.fixed($0, 0) } ?? "",
      Format.fixed(Double(bytes) / 1_048_576, 2), Format.fixed(gigabytesPerSecond, 1),
    ]
  }
}

// Times of the steps of a plan, pass after pass: what an observer hears,
// and what is timed around the plan besides.
public import Compute

/// Collects when each step ran.
public final class StepRecorder {
  /// One run of one step.
  public struct Span: Sendable {
    /// Position in `StepRecorder.steps`.
    public let step: Int
    /// When it ran.
    public let time: Range<ContinuousClock.Instant>

    /// Its length in seconds.
    public var seconds: Double { (time.upperBound - time.lowerBound) / .seconds(1) }
  }

  /// The steps that spans name: those of the plan and then those around it.
  public let steps: [PlanStep]
  /// The spans of each pass, in the order in which they ran.
  public private(set) var passes: [[Span]] = []
  private let around: Int

  /// Records `plan` from now on, and what `measure` is given of `others`.
  public init(_ plan: any ObservablePlan, others: [PlanStep]) {
    steps = plan.steps + others
    around = plan.steps.count
    plan.observer = { [weak self] step, time in self?.append(Span(step: step, time: time)) }
  }

  private func append(_ span: Span) {
    if !passes.isEmpty { passes[passes.count - 1].append(span) }
  }

  /// What runs from here on is another pass.
  public func beginPass() { passes.append([]) }

  /// Does `body` as step `index` of those around the plan.
  public func measure<Result>(_ index: Int, _ body: () throws -> Result) rethrows -> Result {
    let start = ContinuousClock.now
    let result = try body()
    append(Span(step: around + index, time: start..<ContinuousClock.now))
    return result
  }
}

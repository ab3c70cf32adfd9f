// The learning rate as a function of the step: nothing is kept between steps,
// so a resumed run needs no state of it.
import Glibc

/// A factor on the peak learning rate over training time, which is measured in epochs (with fractions).
public struct Schedule: Codable, Sendable, Equatable {
  /// The curve after the warm-up.
  public enum Kind: String, Codable, Sendable, CaseIterable {
    /// Always the peak.
    case constant
    /// Half a cosine from the peak to `minimum` over the period (Loshchilov and Hutter 2017, one cycle).
    case cosine
    /// The cosine again and again, each period `periodFactor` times the last (SGDR, same paper).
    case warmRestarts
    /// A straight line from the peak to `minimum` over the period.
    case linear
    /// Times `stepFactor` at each of `milestones`.
    case steps
  }

  /// The curve.
  public var kind: Kind = .cosine
  /// Epochs of linear rise from `warmupStart` to 1, before the curve.
  public var warmup: Double = 0
  /// Factor at the first step of the warm-up.
  public var warmupStart: Double = 0
  /// Epochs of the curve, warm-up included (of the first cycle with `warmRestarts`); 0 means the run's epochs.
  public var period: Double = 0
  /// Growth of the cycles of `warmRestarts`.
  public var periodFactor: Double = 1
  /// Factor at the curve's end.
  public var minimum: Double = 0
  /// Epochs at which `steps` falls.
  public var milestones: [Double] = []
  /// Factor of each fall.
  public var stepFactor: Double = 0.1

  /// A curve with the default settings.
  public init(_ kind: Kind = .cosine) {
    self.kind = kind
  }

  /// The factor at `epoch` (0 at the first step) of a run of `epochs`.
  public func factor(at epoch: Double, of epochs: Double) -> Double {
    if epoch < warmup { return warmupStart + (1 - warmupStart) * epoch / warmup }
    let period = self.period > 0 ? self.period : epochs
    let length = max(period - warmup, .leastNonzeroMagnitude)
    let time = epoch - warmup
    func cosine(_ progress: Double) -> Double { minimum + (1 - minimum) * (1 + cos(.pi * progress)) / 2 }
    switch kind {
    case .constant:
      return 1
    case .cosine:
      return cosine(min(1, time / length))
    case .warmRestarts:
      guard periodFactor > 1 else { return cosine(time.truncatingRemainder(dividingBy: length) / length) }
      var start = 0.0
      var cycle = length
      while time - start >= cycle {
        start += cycle
        cycle *= periodFactor
      }
      return cosine((time - start) / cycle)
    case .linear:
      return 1 - (1 - minimum) * min(1, time / length)
    case .steps:
      return milestones.reduce(1) { epoch >= $1 ? $0 * stepFactor : $0 }
    }
  }

  /// Throws `ConfigurationError` at the first impossible setting.
  public func validate() throws {
    try demand(warmup >= 0 && warmup.isFinite, "schedule.warmup", "use 0 or more epochs")
    try demand((0...1).contains(warmupStart), "schedule.warmupStart", "use a factor of 0 to 1")
    try demand(
      period == 0 || period >= 1e-6 && period.isFinite, "schedule.period", "use 0 (the run's epochs), or 1e-6 or more")
    try demand(period == 0 || period > warmup, "schedule.period", "must be longer than the warm-up of \(warmup) epochs")
    try demand(
      periodFactor == 1 || (1.01...1e6).contains(periodFactor), "schedule.periodFactor", "use 1, or 1.01 or more")
    try demand((0...1).contains(minimum), "schedule.minimum", "use a factor of 0 to 1")
    try demand(stepFactor > 0 && stepFactor <= 1, "schedule.stepFactor", "use a factor above 0, up to 1")
    try demand(kind != .steps || !milestones.isEmpty, "schedule.milestones", "kind steps needs at least one epoch")
    try demand(milestones.allSatisfy { $0 >= 0 }, "schedule.milestones", "use epochs of 0 or more")
  }
}

// The precision of a run: a run that goes on keeps that in which it began, so that it ends in the same bytes,
// but no processor computes in one that it lacks.
public import Compute

extension RunDirectory {
  /// The precision to train in: that in which the run began, where `best`, the backend's fastest, is no less; that which
  /// is configured where it has not begun.
  public func precision(
    _ configured: Configuration.PrecisionChoice, best: Precision
  ) -> (begun: Precision?, present: Precision) {
    let begun = exists ? (try? Checkpoint.describe(lastWeights))?.trainingPrecision : nil
    return switch begun {
    case .fp32: (begun, .fp32)
    case .bf16: (begun, best)
    case nil: (nil, configured.resolved(best: best))
    }
  }
}

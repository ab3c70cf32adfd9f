// The precision of a run: a run that goes on keeps that in which it began, so that it ends in the same bytes,
// but no processor computes in one that it lacks.
import Compute

extension RunDirectory {
  /// That in which it began, where `best`, the backend's fastest, is no less; that which is configured if it has not
  /// begun.
  func precision(_ configured: Configuration.PrecisionChoice, best: Precision) -> Precision {
    switch (try? Checkpoint.describe(lastWeights))?.trainingPrecision {
    case .fp32: .fp32
    case .bf16: best
    case nil: configured.resolved(best: best)
    }
  }
}

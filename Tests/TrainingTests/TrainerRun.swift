// One trainer on the tiny data set, and what it emitted:
// so that a test says only what is special about its run.
import Compute
import Datasets
import Foundation
import OneDNNBackend
import Testing
import Training

/// A run that can be interrupted after a number of its own steps.
final class TrainerRun {
  let configuration: Configuration
  let precision: Precision
  let run: RunDirectory
  /// The training images, validation images included.
  var images = 64
  /// Steps after which the run is interrupted.
  var interruption: Int?
  /// Whether it goes on from the folder's checkpoint.
  var resumes = false
  var threads = 1
  /// Weights to start from.
  var start: ParameterStore?
  /// Called for each event.
  var onEvent: (TrainingEvent) throws -> Void = { _ in }

  private(set) var plans: [TrainingPlanSummary] = []
  private(set) var steps = 0

  init(_ configuration: Configuration, _ precision: Precision, _ run: RunDirectory) {
    self.configuration = configuration
    self.precision = precision
    self.run = run
  }

  func outcome() throws -> TrainingOutcome {
    let trainer = try Trainer(
      configuration, dataset: Tiny.dataset(images), backend: OneDNNBackend(threads: threads), precision: precision,
      run: run,
      emit: { [self] event in
        switch event {
        case .started(let plan): plans.append(plan)
        case .stepped: steps += 1
        default: break
        }
        #expect(throws: Never.self) { try onEvent(event) }
      }, isInterrupted: { [self] in steps == interruption })
    if let start { try trainer.start(from: start, called: "start") }
    if resumes { try trainer.resume() }
    return try trainer.train()
  }

  /// The result of a run that comes to its end.
  func result() throws -> TrainingResult {
    guard case .finished(let result) = try outcome() else { throw Unfinished() }
    return result
  }

  struct Unfinished: Error {}
}

// One pass as a trace for chrome://tracing and https://ui.perfetto.dev, in Google's
// "Trace Event Format" (complete events, microseconds).
public import Compute

/// A trace document.
public struct ChromeTrace: Encodable, Sendable {
  private struct Event: Encodable, Sendable {
    let name: String
    let cat: String
    /// A complete event: a start and a duration.
    var ph = "X"
    let ts: Double
    let dur: Double
    var pid = 1
    var tid = 1
    let args: Arguments
  }

  private struct Arguments: Encodable, Sendable {
    let implementation: String
    let bytes: Int
    let operations: Int
  }

  private let displayTimeUnit = "ms"
  private let traceEvents: [Event]

  /// The trace of one pass over `steps`, its first step at time 0.
  public init(_ steps: [PlanStep], pass: [StepRecorder.Span]) {
    traceEvents = pass.map { span in
      let step = steps[span.step]
      let start = span.time.lowerBound - pass[0].time.lowerBound
      return Event(
        name: step.name, cat: step.kind.rawValue, ts: start / .microseconds(1), dur: span.seconds * 1e6,
        args: Arguments(implementation: step.implementation, bytes: step.bytes, operations: step.operations))
    }
  }
}

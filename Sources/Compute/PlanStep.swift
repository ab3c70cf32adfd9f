// The steps of a plan as a profile sees them: what each is and what it costs by the graph's account,
// and a way to be told when each of them ran.

/// What a step of a plan does, in the groups that a profile adds up.
public enum StepKind: String, Codable, Sendable, CaseIterable {
  case convolutionForward
  /// The gradient of a convolution's input.
  case convolutionBackwardData
  /// The gradient of a convolution's filters.
  case convolutionBackwardWeights
  case batchNorm
  case activation
  /// Sums of feature maps or of their gradients.
  case sum
  /// Copies that change a layout or a number format, those of weights included.
  case reorder
  case pool
  case squeezeExcitation
  /// The classifier, forward and backward.
  case linear
  case dropout
  case loss
  case optimizer
  /// Waiting for images and preparing them.
  case data
  case other

  /// Whether it is one of a convolution's three passes.
  public var isConvolution: Bool {
    switch self {
    case .convolutionForward, .convolutionBackwardData, .convolutionBackwardWeights: true
    default: false
    }
  }
}

/// A step of a plan, with what it costs.
public struct PlanStep: Hashable, Sendable {
  /// The node that it belongs to and what it does for it, for instance `layer1.0.conv1.backwardData`.
  public let name: String
  /// The group it counts to.
  public let kind: StepKind
  /// Who computes it, in the backend's words, for instance `jit:avx512_core_bf16`.
  public let implementation: String
  /// Bytes of the tensors that it reads and writes, scratch memory left out.
  public let bytes: Int
  /// Floating-point operations by the graph's multiply-adds, two each; 0 where it multiplies no matrices.
  public let operations: Int

  /// A step and its costs.
  public init(name: String, kind: StepKind, implementation: String = "", bytes: Int = 0, operations: Int = 0) {
    self.name = name
    self.kind = kind
    self.implementation = implementation
    self.bytes = bytes
    self.operations = operations
  }
}

/// Is told which step of a plan ran and when, right after it.
public typealias StepObserver = (_ step: Int, _ time: Range<ContinuousClock.Instant>) -> Void

/// A plan that runs in steps and can say when each ran.
public protocol ObservablePlan: AnyObject {
  /// All steps that it may run; observers are given positions in it.
  var steps: [PlanStep] { get }
  /// Called after each step while it is set; without one, nothing is timed.
  var observer: StepObserver? { get set }
}

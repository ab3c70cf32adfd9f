// What can go wrong when a network is compiled or run: a batch, a number format or a tensor
// that the plan cannot take.

/// A request that a backend refuses.
public enum ComputeError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The images or labels do not fit the plan; the text says what was given and what would be right.
  case invalidBatch(String)
  /// The backend cannot compute in this number format; the text says why.
  case unsupportedPrecision(Precision, String)
  /// Matrices that cannot be multiplied, or memory that cannot hold one.
  case invalidMatrix(String)
  /// The parameters lack this tensor, or hold it with another shape.
  case missingTensor(String)

  /// One line.
  public var description: String {
    switch self {
    case .invalidBatch(let reason): "invalid batch: \(reason)"
    case .unsupportedPrecision(let precision, let reason): "unsupported precision \(precision.rawValue): \(reason)"
    case .invalidMatrix(let reason): "invalid matrix: \(reason)"
    case .missingTensor(let name): "the parameters hold no tensor '\(name)' of the network's shape"
    }
  }
}

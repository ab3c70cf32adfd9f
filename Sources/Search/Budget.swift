// What a candidate may cost, and what it will: exact counts, and predictions from a measured machine.
// A candidate over budget never becomes a trial.
public import Models

/// The most that a candidate may cost; nil is no limit.
public struct Budget: Codable, Hashable, Sendable {
  /// One of the limits, as it is called in messages.
  public enum Limit: String, CaseIterable, Sendable {
    /// Parameters, frozen ones included.
    case parameters
    /// Multiply-adds of one image's forward pass.
    case multiplyAdds
    /// Predicted seconds of one epoch.
    case secondsPerEpoch
    /// Predicted bytes of memory while training.
    case memoryBytes
  }

  /// Parameters, frozen ones included.
  public var parameters: Int?
  /// Multiply-adds of one image's forward pass.
  public var multiplyAdds: Int?
  /// Predicted seconds of one epoch.
  public var secondsPerEpoch: Double?
  /// Predicted bytes of memory while training.
  public var memoryBytes: Int?

  /// A budget; by default the study's 5 million parameters.
  public init(
    parameters: Int? = 5_000_000, multiplyAdds: Int? = nil, secondsPerEpoch: Double? = nil, memoryBytes: Int? = nil
  ) {
    self.parameters = parameters
    self.multiplyAdds = multiplyAdds
    self.secondsPerEpoch = secondsPerEpoch
    self.memoryBytes = memoryBytes
  }

  /// Whether predictions are needed to keep it.
  var needsCalibration: Bool { secondsPerEpoch != nil || memoryBytes != nil }

  /// What `limit` is; nil where there is none.
  public subscript(limit: Limit) -> Double? {
    switch limit {
    case .parameters: parameters.map(Double.init)
    case .multiplyAdds: multiplyAdds.map(Double.init)
    case .secondsPerEpoch: secondsPerEpoch
    case .memoryBytes: memoryBytes.map(Double.init)
    }
  }

  /// The first limit that `cost` is over.
  public func exceeded(by cost: TrialCost) -> Limit? {
    Limit.allCases.first { limit in
      if let most = self[limit], let value = cost[limit] { value > most } else { false }
    }
  }
}

/// What training a candidate costs.
public struct TrialCost: Hashable, Sendable {
  /// The exact counts.
  public let model: ModelCost
  /// Predicted seconds of one epoch; nil without a calibration.
  public let secondsPerEpoch: Double?
  /// Predicted bytes of memory; nil without a calibration.
  public let memoryBytes: Int?

  /// The cost of training `spec`, which must be valid.
  public init(_ spec: ResNetSpec, batchSize: Int, calibration: MachineRates?) {
    model = ModelCost(spec)
    secondsPerEpoch = calibration?.secondsPerEpoch(spec)
    memoryBytes = calibration?.memoryBytes(spec, batchSize: batchSize)
  }

  /// The value that `limit` limits.
  public subscript(limit: Budget.Limit) -> Double? {
    switch limit {
    case .parameters: Double(model.parameters)
    case .multiplyAdds: Double(model.multiplyAdds)
    case .secondsPerEpoch: secondsPerEpoch
    case .memoryBytes: memoryBytes.map(Double.init)
    }
  }

  /// What is worth a look beside a trial, as JSON texts.
  var attributes: [String: String] {
    var result = [
      TrialAttribute.parameters: "\(model.parameters)", TrialAttribute.multiplyAdds: "\(model.multiplyAdds)",
    ]
    if let secondsPerEpoch { result["predictedSecondsPerEpoch"] = "\((100 * secondsPerEpoch).rounded() / 100)" }
    if let memoryBytes { result["predictedMemoryBytes"] = "\(memoryBytes)" }
    return result
  }
}

// How fast a machine trains and how much it keeps: what turns exact counts into predicted seconds and bytes.
// Measured once, when a study is made, and stored with it, so that every worker judges candidates alike.
public import Models

/// A machine's rates. Seconds are linear in a network's multiply-adds and activations, bytes in its parameters and
/// activations, all of them counted as kernels execute them: in whole vectors of channels.
public struct MachineRates: Codable, Hashable, Sendable {
  /// Training images of an epoch.
  public var images: Int
  /// Seconds of a training step for each multiply-add of its images' forward passes (the backward passes included).
  public var secondsPerMultiplyAdd: Double
  /// Seconds of a training step for each of its activations.
  public var secondsPerActivation: Double
  /// Bytes for each activation of a batch.
  public var bytesPerActivation: Double
  /// Bytes for each parameter: the value, its gradient, its momentum, and copies in the layouts of the kernels.
  public var bytesPerParameter: Double

  /// One measured network.
  public struct Measurement: Hashable, Sendable {
    /// What was trained.
    public var model: ResNetSpec
    /// Images of a step.
    public var batchSize: Int
    /// Seconds of a training step.
    public var secondsPerStep: Double
    /// Bytes that training it takes.
    public var memoryBytes: Int

    /// A measurement; see the properties.
    public init(model: ResNetSpec, batchSize: Int, secondsPerStep: Double, memoryBytes: Int) {
      self.model = model
      self.batchSize = batchSize
      self.secondsPerStep = secondsPerStep
      self.memoryBytes = memoryBytes
    }
  }

  /// The rates that fit `measurements` best (least squares of the relative error, no rate below 0). One measurement
  /// yields the first rate of each pair alone; two networks of different depth tell both apart.
  /// Throws `SearchError` without any.
  public init(images: Int, measurements: [Measurement]) throws {
    guard !measurements.isEmpty, measurements.allSatisfy({ $0.secondsPerStep > 0 && $0.memoryBytes > 0 }) else {
      throw SearchError("a calibration needs at least one measured network")
    }
    self.images = images
    (secondsPerMultiplyAdd, secondsPerActivation) = Self.fit(
      measurements.map { measurement in
        let (cost, batch) = (Self.executed(measurement.model), Double(measurement.batchSize))
        return (batch * Double(cost.multiplyAdds), batch * Double(cost.activations), measurement.secondsPerStep)
      })
    (bytesPerActivation, bytesPerParameter) = Self.fit(
      measurements.map { measurement in
        let (cost, batch) = (Self.executed(measurement.model), Double(measurement.batchSize))
        return (batch * Double(cost.activations), Double(cost.parameters), Double(measurement.memoryBytes))
      })
  }

  /// The counts of `model` with its channels filled up to multiples of sixteen: four channels take the time of sixteen.
  private static func executed(_ model: ResNetSpec) -> ModelCost {
    func filled(_ channels: Int) -> Int { (channels + 15) / 16 * 16 }
    var model = model
    model.stem.channels = filled(model.stem.channels)
    for index in model.layers.indices { model.layers[index].channels = filled(model.layers[index].channels) }
    return ModelCost(model)
  }

  /// a and b of a·x + b·y = z, each row weighted by 1 / z.
  private static func fit(_ rows: [(x: Double, y: Double, z: Double)]) -> (Double, Double) {
    var (xx, xy, yy, x, y) = (0.0, 0.0, 0.0, 0.0, 0.0)
    for row in rows {
      let (u, v) = (row.x / row.z, row.y / row.z)
      xx += u * u
      xy += u * v
      yy += v * v
      x += u
      y += v
    }
    let determinant = xx * yy - xy * xy
    if determinant > 1e-9 * xx * yy {
      let (a, b) = ((x * yy - y * xy) / determinant, (y * xx - x * xy) / determinant)
      if a >= 0, b >= 0 { return (a, b) }
      if a < 0 { return (0, y / yy) }
    }
    return (x / xx, 0)
  }

  /// Predicted seconds of an epoch.
  public func secondsPerEpoch(_ model: ResNetSpec) -> Double {
    let cost = Self.executed(model)
    return Double(images)
      * (secondsPerMultiplyAdd * Double(cost.multiplyAdds) + secondsPerActivation * Double(cost.activations))
  }

  /// Predicted bytes of training in steps of `batchSize` images.
  public func memoryBytes(_ model: ResNetSpec, batchSize: Int) -> Int {
    let cost = Self.executed(model)
    let activations = Double(batchSize) * Double(cost.activations)
    let bytes = bytesPerActivation * activations + bytesPerParameter * Double(cost.parameters)
    return Int(exactly: bytes.rounded()) ?? .max
  }
}

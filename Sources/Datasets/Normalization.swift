// From bytes to the numbers a network sees: (value / 255 − mean) / deviation, by channel.
// Training, evaluation and prediction must agree on it, so it travels with the weights.

/// The mean and standard deviation by which the channels of an image are normalised, on the scale 0…1.
public struct Normalization: Codable, Sendable, Equatable {
  /// The means of red, green and blue.
  public let mean: [Float]
  /// The standard deviations of red, green and blue.
  public let standardDeviation: [Float]

  /// Throws `DatasetError` unless there are three finite means and three positive, finite deviations.
  public init(mean: [Float], standardDeviation: [Float]) throws {
    guard mean.count == 3, standardDeviation.count == 3, mean.allSatisfy(\.isFinite),
      standardDeviation.allSatisfy({ $0.isFinite && $0 > 0 })
    else {
      throw DatasetError(
        .usage, "normalisation by mean \(mean) and standard deviation \(standardDeviation)",
        remedy: "set data.mean and data.std to three values each, deviations above 0")
    }
    self.init(checkedMean: mean, standardDeviation: standardDeviation)
  }

  private init(checkedMean mean: [Float], standardDeviation: [Float]) {
    self.mean = mean
    self.standardDeviation = standardDeviation
  }

  /// Reads and checks the two lists.
  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    try self.init(
      mean: values.decode([Float].self, forKey: .mean),
      standardDeviation: values.decode([Float].self, forKey: .standardDeviation))
  }

  /// The study's values. Its deviations are those of an older tradition, smaller than the data's own.
  public static let study = Normalization(
    checkedMean: [0.4914, 0.4822, 0.4465], standardDeviation: [0.2023, 0.1994, 0.2010])

  /// The normalised value of a byte in `channel` (0, 1 or 2).
  public func value(of byte: UInt8, channel: Int) -> Float {
    (Float(byte) / 255 - mean[channel]) / standardDeviation[channel]
  }

  /// The byte whose normalised value in `channel` (0, 1 or 2) is closest to `value`.
  public func byte(of value: Float, channel: Int) -> UInt8 {
    UInt8(min(max(((value * standardDeviation[channel] + mean[channel]) * 255).rounded(), 0), 255))
  }
}

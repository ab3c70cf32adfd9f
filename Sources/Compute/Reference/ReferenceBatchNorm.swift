// Batch normalisation (Ioffe and Szegedy 2015, "Batch normalization"): one mean and variance a channel,
// over the batch and all pixels, with PyTorch's conventions for the running statistics.
import Models

/// y = scale · (x − mean) / √(variance + ε) + shift, by channel; maps are images × channels × rows × columns,
/// all else holds one value a channel. Preconditions demand extents that agree.
package enum ReferenceBatchNorm {
  /// Mean and variance of each channel.
  package struct Statistics: Hashable, Sendable {
    /// The means.
    package var mean: ReferenceTensor
    /// The variances.
    package var variance: ReferenceTensor

    /// Statistics of given means and variances.
    package init(mean: ReferenceTensor, variance: ReferenceTensor) {
      self.mean = mean
      self.variance = variance
    }

    /// Running statistics moved by `momentum` towards those of a batch of `count` values a channel, at least 2: the
    /// variance that enters is the unbiased one, count / (count − 1) times the batch's.
    package func moved(
      towards batch: Statistics, count: Int, momentum: Double = BatchNorm().momentum
    ) -> Statistics {
      precondition(count > 1, "one value has no unbiased variance")
      let unbias = Double(count) / Double(count - 1)
      return Statistics(
        mean: mean.zip(batch.mean) { $0 + momentum * ($1 - $0) },
        variance: variance.zip(batch.variance) { $0 + momentum * ($1 * unbias - $0) })
    }
  }

  /// The gradients of an input and of the two parameters.
  package struct Gradients: Hashable, Sendable {
    /// Gradient of the input.
    package var input: ReferenceTensor
    /// Gradients of scale and shift.
    package var scale, shift: ReferenceTensor
  }

  /// 1 / √(variance + ε).
  package static func inverseDeviation(_ variance: Double, epsilon: Double = BatchNorm().epsilon) -> Double {
    1 / (variance + epsilon).squareRoot()
  }

  /// Mean and biased variance of a batch.
  package static func statistics(of input: ReferenceTensor) -> Statistics {
    let channels = [input.shape[1]]
    var result = Statistics(mean: ReferenceTensor(shape: channels), variance: ReferenceTensor(shape: channels))
    let count = Double(input.count / channels[0])
    forEachChannel(of: input) { channel, positions in
      let mean = positions.reduce(0) { $0 + input.data[$1] } / count
      result.mean[channel] = mean
      result.variance[channel] =
        positions.reduce(0) { $0 + (input.data[$1] - mean) * (input.data[$1] - mean) } / count
    }
    return result
  }

  /// The output for `input`: normalised by its own `statistics(of:)` in training, by running ones in inference.
  package static func forward(
    _ input: ReferenceTensor, scale: ReferenceTensor, shift: ReferenceTensor, statistics: Statistics,
    epsilon: Double = BatchNorm().epsilon
  ) -> ReferenceTensor {
    var output = input
    forEachChannel(of: input) { channel, positions in
      let mean = statistics.mean[channel]
      let factor = scale[channel] * inverseDeviation(statistics.variance[channel], epsilon: epsilon)
      for position in positions { output[position] = (input.data[position] - mean) * factor + shift[channel] }
    }
    return output
  }

  /// The gradients in training, where mean and variance are functions of `input` and `gradient` is the output's.
  package static func backward(
    _ gradient: ReferenceTensor, input: ReferenceTensor, scale: ReferenceTensor,
    epsilon: Double = BatchNorm().epsilon
  ) -> Gradients {
    precondition(gradient.shape == input.shape, "a gradient of \(gradient.shape) for \(input.shape)")
    let statistics = statistics(of: input)
    var result = Gradients(
      input: ReferenceTensor(shape: input.shape), scale: ReferenceTensor(shape: scale.shape),
      shift: ReferenceTensor(shape: scale.shape))
    let count = Double(input.count / input.shape[1])
    forEachChannel(of: input) { channel, positions in
      let mean = statistics.mean[channel]
      let inverse = inverseDeviation(statistics.variance[channel], epsilon: epsilon)
      let normalised = { (position: Int) in (input.data[position] - mean) * inverse }
      let shift = positions.reduce(0) { $0 + gradient.data[$1] }
      let slope = positions.reduce(0) { $0 + gradient.data[$1] * normalised($1) }
      result.shift[channel] = shift
      result.scale[channel] = slope
      for position in positions {
        result.input[position] =
          scale[channel] * inverse * (gradient.data[position] - (shift + normalised(position) * slope) / count)
      }
    }
    return result
  }

  /// Calls `body` with each channel and the flat positions of its values.
  private static func forEachChannel(of map: ReferenceTensor, _ body: (Int, [Int]) -> Void) {
    precondition(map.shape.count == 4, "maps have four extents")
    let (images, channels, pixels) = (map.shape[0], map.shape[1], map.shape[2] * map.shape[3])
    for channel in 0..<channels {
      body(
        channel,
        (0..<images).flatMap { image in
          let start = (image * channels + channel) * pixels
          return start..<start + pixels
        })
    }
  }
}

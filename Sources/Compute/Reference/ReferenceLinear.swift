// The fully connected layer on flattened maps, and its gradients.

/// y[n, f] = scale · (Σ w[f, i] · x[n, i] + bias[f]), with maps flattened in (channel, row, column) order.
///
/// The input is images × anything, the weights features × inputs, the bias, where there is one, has one value a feature;
/// the output is images × features × 1 × 1. Preconditions demand extents that agree.
package enum ReferenceLinear {
  /// The gradients of an input and of the two parameters.
  package struct Gradients: Hashable, Sendable {
    /// Gradient of the input, in its shape.
    package var input: ReferenceTensor
    /// Gradients of weights and bias.
    package var weights, bias: ReferenceTensor
  }

  /// The output for `input`.
  package static func forward(
    _ input: ReferenceTensor, weights: ReferenceTensor, bias: ReferenceTensor?, scale: Double = 1
  ) -> ReferenceTensor {
    let (images, features, inputs) = extents(input, weights: weights)
    precondition(bias.map { $0.shape == [features] } ?? true, "one bias a feature")
    var output = ReferenceTensor(shape: [images, features, 1, 1])
    output.write(reading: input, weights) { output, input, weights in
      for image in 0..<images {
        for feature in 0..<features {
          var sum = bias?[feature] ?? 0
          for index in 0..<inputs { sum += weights[feature * inputs + index] * input[image * inputs + index] }
          output[image * features + feature] = scale * sum
        }
      }
    }
    return output
  }

  /// The gradients, where `gradient` is that of the output.
  package static func backward(
    _ gradient: ReferenceTensor, input: ReferenceTensor, weights: ReferenceTensor, scale: Double = 1
  ) -> Gradients {
    let (images, features, inputs) = extents(input, weights: weights)
    precondition(gradient.shape == [images, features, 1, 1], "a gradient of the output's shape")
    var result = Gradients(
      input: ReferenceTensor(shape: input.shape), weights: ReferenceTensor(shape: weights.shape),
      bias: ReferenceTensor(shape: [features]))
    for image in 0..<images {
      for feature in 0..<features {
        let slope = scale * gradient[image * features + feature]
        result.bias[feature] += slope
        for index in 0..<inputs {
          result.weights[feature * inputs + index] += slope * input.data[image * inputs + index]
          result.input[image * inputs + index] += slope * weights.data[feature * inputs + index]
        }
      }
    }
    return result
  }

  private static func extents(
    _ input: ReferenceTensor, weights: ReferenceTensor
  ) -> (images: Int, features: Int, inputs: Int) {
    precondition(weights.shape.count == 2, "weights are features × inputs")
    let images = input.shape[0]
    precondition(input.count == images * weights.shape[1], "\(input.shape) does not flatten to \(weights.shape)")
    return (images, weights.shape[0], weights.shape[1])
  }
}

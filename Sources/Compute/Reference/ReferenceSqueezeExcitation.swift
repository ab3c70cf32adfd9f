// Squeeze-and-excitation (Hu et al. 2018) and its gradients, from the means, the fully connected layers and the product
// that it consists of.
import Glibc
import Models

/// y[n, k, ·] = g[n, k] · x[n, k, ·] with g = σ(W₂ · max(W₁ · mean(x) + b₁, 0) + b₂).
///
/// Maps are images × channels × rows × columns; W₁ is hidden × channels, W₂ channels × hidden.
package enum ReferenceSqueezeExcitation {
  /// The two layers' weights, or their gradients.
  package struct Weights: Hashable, Sendable {
    /// hidden × channels, and one bias a hidden feature.
    package var first, firstBias: ReferenceTensor
    /// channels × hidden, and one bias a channel.
    package var second, secondBias: ReferenceTensor

    /// The weights of both layers.
    package init(
      first: ReferenceTensor, firstBias: ReferenceTensor, second: ReferenceTensor, secondBias: ReferenceTensor
    ) {
      (self.first, self.firstBias) = (first, firstBias)
      (self.second, self.secondBias) = (second, secondBias)
    }
  }

  private struct Pass {
    let means, before, hidden, gates: ReferenceTensor
  }

  /// The output for `input`.
  package static func forward(_ input: ReferenceTensor, weights: Weights) -> ReferenceTensor {
    scaled(input, by: pass(input, weights).gates)
  }

  /// The gradients of the input and of the weights, where `gradient` is that of the output.
  package static func backward(
    _ gradient: ReferenceTensor, input: ReferenceTensor, weights: Weights
  ) -> (input: ReferenceTensor, weights: Weights) {
    let pass = pass(input, weights)
    let pixels = input.shape[2] * input.shape[3]
    let slopes = ReferenceTensor(
      shape: pass.gates.shape,
      data: pass.gates.data.indices.map { map in
        let range = map * pixels..<(map + 1) * pixels
        let share = range.reduce(0) { $0 + gradient.data[$1] * input.data[$1] }
        return share * pass.gates[map] * (1 - pass.gates[map])
      })
    let second = ReferenceLinear.backward(slopes, input: pass.hidden, weights: weights.second)
    let first = ReferenceLinear.backward(
      ReferenceActivation.backward(second.input, input: pass.before, .relu), input: pass.means, weights: weights.first)
    var result = scaled(gradient, by: pass.gates)
    for index in 0..<result.count { result[index] += first.input[index / pixels] / Double(pixels) }
    return (
      result,
      Weights(first: first.weights, firstBias: first.bias, second: second.weights, secondBias: second.bias)
    )
  }

  private static func pass(_ input: ReferenceTensor, _ weights: Weights) -> Pass {
    let pixels = input.shape[2] * input.shape[3]
    let means = ReferenceTensor(
      shape: [input.shape[0], input.shape[1], 1, 1],
      data: (0..<input.shape[0] * input.shape[1]).map { map in
        input.data[map * pixels..<(map + 1) * pixels].reduce(0, +) / Double(pixels)
      })
    let before = ReferenceLinear.forward(means, weights: weights.first, bias: weights.firstBias)
    let hidden = ReferenceActivation.forward(before, .relu)
    let gates = ReferenceLinear.forward(hidden, weights: weights.second, bias: weights.secondBias)
    return Pass(means: means, before: before, hidden: hidden, gates: gates.map { 1 / (1 + exp(-$0)) })
  }

  private static func scaled(_ maps: ReferenceTensor, by gates: ReferenceTensor) -> ReferenceTensor {
    let pixels = maps.shape[2] * maps.shape[3]
    return ReferenceTensor(shape: maps.shape, data: maps.data.indices.map { maps[$0] * gates[$0 / pixels] })
  }
}

// The fully connected layer: a value by hand and finite differences.
import Compute
import Testing

@Suite struct LinearTests {
  @Test func handComputedValues() {
    let output = ReferenceLinear.forward(
      ReferenceTensor(shape: [2, 1, 1, 3], data: [1, 2, 3, 4, 5, 6]),
      weights: ReferenceTensor(shape: [2, 3], data: [1, 0, -1, 2, 1, 0]),
      bias: ReferenceTensor(shape: [2], data: [10, 20]))
    #expect(output == ReferenceTensor(shape: [2, 2, 1, 1], data: [8, 24, 8, 33]))
  }

  @Test(arguments: [([1, 1, 1, 1], 1), ([3, 2, 3, 5], 4), ([128, 3, 2, 2], 10)])
  func gradientsAreFiniteDifferences(shape: [Int], features: Int) {
    var random = TestRandom(6)
    let input = random.tensor(shape)
    let weights = random.tensor([features, shape.dropFirst().reduce(1, *)])
    let bias = random.tensor([features])
    let gradient = random.tensor([shape[0], features, 1, 1])
    let loss = { (input: ReferenceTensor, weights: ReferenceTensor, bias: ReferenceTensor) in
      ReferenceLinear.forward(input, weights: weights, bias: bias).dot(gradient)
    }
    let gradients = ReferenceLinear.backward(gradient, input: input, weights: weights)
    #expect(gradientError(gradients.input, at: input) { loss($0, weights, bias) } < 1e-7)
    #expect(gradientError(gradients.weights, at: weights) { loss(input, $0, bias) } < 1e-7)
    #expect(gradientError(gradients.bias, at: bias) { loss(input, weights, $0) } < 1e-7)
  }
}

// Squeeze-and-excitation against its definition and that definition's derivative, in double precision.
// The library's graph tests see it on the widest instruction set alone; here are all of them.
import CKernels
import Foundation
import Testing

/// Maps, and the features between their channels.
struct SqueezeShape: Sendable, CustomTestStringConvertible {
  let images, channels, pixels, hidden: Int

  /// Channels below, at and above whole blocks; one image, and more of them than threads; one pixel.
  static let all: [SqueezeShape] = [(3, 17, 12, 5), (1, 34, 35, 1), (5, 3, 9, 8), (2, 16, 1, 4), (4, 48, 15, 12)].map {
    SqueezeShape(images: $0.0, channels: $0.1, pixels: $0.2, hidden: $0.3)
  }

  var testDescription: String { "\(channels) channels by \(hidden), \(pixels) pixels, batch \(images)" }
  var map: MapShape { MapShape(images, channels, pixels) }
  var squeeze: tps_squeeze {
    tps_squeeze(images: Int32(images), channels: Int32(channels), pixels: Int32(pixels), hidden: Int32(hidden))
  }
  var weights: [[Float]] {
    [hidden * channels, hidden, channels * hidden, channels].enumerated().map { randoms($1, seed: UInt64(2 + $0)) }
  }
}

/// What the definition says of the result and of all gradients.
struct SqueezeDefinition {
  var y: [Double] = []
  var xGradient: [Double]
  var weightGradients: [[Double]]

  init(_ s: SqueezeShape, x: [Float], gradient: [Float], weights: [[Float]]) {
    let w = weights.map { $0.map(Double.init) }
    xGradient = .init(repeating: 0, count: x.count)
    weightGradients = w.map { .init(repeating: 0, count: $0.count) }
    y = xGradient
    for image in 0..<s.images {
      func place(_ channel: Int, _ pixel: Int) -> Int { (image * s.channels + channel) * s.pixels + pixel }
      func sum(_ count: Int, _ term: (Int) -> Double) -> Double { (0..<count).reduce(0) { $0 + term($1) } }
      let means = (0..<s.channels).map { c in sum(s.pixels) { Double(x[place(c, $0)]) } / Double(s.pixels) }
      let hidden = (0..<s.hidden).map { h in max(0, w[1][h] + sum(s.channels) { w[0][h * s.channels + $0] * means[$0] })
      }
      let gates = (0..<s.channels).map { c in
        1 / (1 + exp(-w[3][c] - sum(s.hidden) { w[2][c * s.hidden + $0] * hidden[$0] }))
      }
      let outer = (0..<s.channels).map { c in
        gates[c] * (1 - gates[c]) * sum(s.pixels) { Double(gradient[place(c, $0)]) * Double(x[place(c, $0)]) }
      }
      let inner = (0..<s.hidden).map { h in
        hidden[h] > 0 ? sum(s.channels) { w[2][$0 * s.hidden + h] * outer[$0] } : 0
      }
      for c in 0..<s.channels {
        let ofMean = sum(s.hidden) { w[0][$0 * s.channels + c] * inner[$0] } / Double(s.pixels)
        for pixel in 0..<s.pixels {
          y[place(c, pixel)] = Double(x[place(c, pixel)]) * gates[c]
          xGradient[place(c, pixel)] = Double(gradient[place(c, pixel)]) * gates[c] + ofMean
        }
        for h in 0..<s.hidden {
          weightGradients[0][h * s.channels + c] += inner[h] * means[c]
          weightGradients[2][c * s.hidden + h] += outer[c] * hidden[h]
        }
        weightGradients[3][c] += outer[c]
      }
      for h in 0..<s.hidden { weightGradients[1][h] += inner[h] }
    }
  }
}

@Suite struct SqueezeTests {
  @Test(arguments: SqueezeShape.all) func bothWaysAreTheirDefinition(_ shape: SqueezeShape) {
    let weights = shape.weights
    onAllKernels { set, threads, comment in
      let x = Activations(set, shape.map.map, randoms(shape.map.count, seed: 1))
      let gradient = Activations(set, shape.map.map, randoms(shape.map.count, seed: 7))
      let (y, xGradient) = (Activations(set, shape.map.map), Activations(set, shape.map.map))
      let given = weights.map(Memory.init(floats:))
      let found = weights.map { Memory(byteCount: 4 * $0.count) }
      let (state, scratch) = (
        Memory(byteCount: 4 * tps_squeeze_count(shape.squeeze)), Memory(byteCount: 4 * tps_squeeze_count(shape.squeeze))
      )
      let inputs = given.map { Optional(UnsafePointer($0.floatBase)) }
      let outputs = found.map { Optional($0.floatBase) }
      tps_squeeze_forward(
        shape.squeeze, set.isa, threads, x.memory.base, inputs, state.floatBase, y.memory.base)
      tps_squeeze_backward(
        shape.squeeze, set.isa, threads, x.memory.base, gradient.memory.base, inputs, state.floatBase,
        scratch.floatBase, outputs, xGradient.memory.base)
      expectIntact(x.memory, gradient.memory, y.memory, xGradient.memory, state, scratch)
      for memory in given + found { expectIntact(memory) }

      let expected = SqueezeDefinition(shape, x: x.values, gradient: gradient.values, weights: weights)
      expectNear(y.values, expected.y, .pass(set), comment)
      expectNear(xGradient.values, expected.xGradient, .pass(set), comment)
      #expect(y.isTidy && xGradient.isTidy, comment)
      for (memory, values) in zip(found, expected.weightGradients) {
        expectNear(memory.floats, values, Bounds(whole: 1e-5, each: 5e-5), comment)
      }
    }
  }
}

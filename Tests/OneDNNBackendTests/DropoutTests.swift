// Dropout of the oneDNN backend draws its masks in memory's order, so it is tested by its properties:
// the share of zeros, the scale of the rest, repetition by seed, and one mask for both directions.
import Compute
import Models
import OneDNNBackend
import TestSupport
import Testing

/// Filters that pass each channel through, so that logits show the map behind dropout.
struct DropoutProbe: Sendable, CustomTestStringConvertible {
  var channels: Int
  var rate: Float
  /// Kernel of a convolution behind the dropout, where there is one: its backward pass may choose another layout.
  var kernel: Int?
  var precision = Precision.fp32
  var convolutions = ConvolutionAlgorithms.fastest
  var testDescription: String {
    "\(channels) channels, rate \(rate), \(kernel.map { "kernel \($0)" } ?? "linear") behind, \(precision)"
  }

  static let side = 4
  static let batchSize = 64

  var graph: Graph {
    var graph = Graph(input: Shape(channels: channels, height: Self.side, width: Self.side))
    let first = graph.convolve("first", 0, to: channels)
    var last = graph.append(.dropout(rate: rate), named: "dropout", on: first)
    if let kernel { last = graph.convolve("second", last, to: channels, kernel: kernel) }
    graph.append(.linear(features: graph.inputShape.count), named: "linear", on: last)
    return graph
  }

  /// One step on `images`, with the identity in all layers.
  func step(_ images: [Float], seed: UInt64 = 0) throws -> Outcome {
    let graph = graph
    let store = ParameterStore(graph)
    for spec in graph.tensors where spec.role == .weight {
      let kernel = spec.shape.count == 4 ? spec.shape[3] : 1
      let values = store.values(of: spec.name)
      for row in 0..<spec.shape[0] { values[(row * spec.shape[1] + row) * kernel * kernel + kernel * kernel / 2] = 1 }
    }
    let plan = try OneDNNBackend(threads: 2, convolutions: convolutions).compileTraining(
      graph, batchSize: Self.batchSize, precision: precision, parameters: store)
    let labels = graph.labels(Self.batchSize)
    return try plan.outcome(graph, store, images, labels, StepOptions(dropoutSeed: seed))
  }

  var ones: [Float] { [Float](repeating: 1, count: Self.batchSize * graph.inputShape.count) }
}

@Suite struct DropoutTests {
  static let rates: [Float] = [0.05, 0.1, 0.3, 0.5, 0.9]
  static let channels = [3, 16, 17, 34]

  @Test(arguments: rates, channels) func aShareIsDroppedAndTheRestScaled(rate: Float, channels: Int) throws {
    let probe = DropoutProbe(channels: channels, rate: rate)
    let logits = try probe.step(probe.ones).logits
    let count = Double(logits.count)
    let dropped = Double(logits.count { $0 == 0 })
    // Binomial: four standard deviations are exceeded once in 16,000 draws, and the seed is fixed.
    #expect(abs(dropped - count * Double(rate)) <= 4 * (count * Double(rate) * Double(1 - rate)).squareRoot())
    // Rates are rounded to multiples of 2⁻¹⁶, which moves the scale by at most 2⁻¹⁷ / (1 − rate) of itself.
    let scale = 1 / (1 - rate)
    #expect(logits.allSatisfy { $0 == 0 || abs($0 - scale) <= 1e-4 * scale })
  }

  @Test(arguments: channels) func stepsRepeatWithTheirSeed(channels: Int) throws {
    let probe = DropoutProbe(channels: channels, rate: 0.5)
    let first = try probe.step(probe.ones, seed: 5)
    #expect(try probe.step(probe.ones, seed: 5) == first)
    let other = try probe.step(probe.ones, seed: 6).logits
    // Of two independent masks at rate 0.5, half the places agree.
    let agreeing = Double(zip(first.logits, other).count { $0 == $1 })
    let count = Double(other.count)
    #expect(abs(agreeing - count / 2) <= 2 * count.squareRoot())
  }

  @Test func nodesDrawMasksOfTheirOwn() throws {
    var graph = Graph(input: Shape(channels: 16, height: 4, width: 4))
    let (left, right) = (graph.convolve("left", 0, to: 16), graph.convolve("right", 0, to: 16))
    let sum = graph.append(
      .add, named: "add", on: graph.append(.dropout(rate: 0.5), named: "dropout1", on: left),
      graph.append(.dropout(rate: 0.5), named: "dropout2", on: right))
    graph.append(.linear(features: 256), named: "linear", on: sum)
    let store = ParameterStore(graph)
    for name in ["left", "right"] { for channel in 0..<16 { store.values(of: "\(name).weight")[17 * channel] = 1 } }
    for row in 0..<256 { store.values(of: "linear.weight")[257 * row] = 1 }
    let plan = try OneDNNBackend(threads: 2).compileTraining(
      graph, batchSize: 16, precision: .fp32, parameters: store)
    _ = try plan.run([Float](repeating: 1, count: 4096), graph.labels(16))
    // Sums of two masks of 0 and 2: a half of 4096 is 2, within four standard deviations of 32.
    #expect(abs(plan.logits.count { $0 == 2 } - 2048) <= 128)
  }

  static let probes = channels.flatMap { channels in
    [nil, 1, 3, 5].map { DropoutProbe(channels: channels, rate: 0.3, kernel: $0) }
  }

  @Test(arguments: probes) func gradientsPassTheSameMask(of probe: DropoutProbe) throws {
    let (found, expected) = try Self.firstGradient(probe)
    #expect(relativeError(found, expected) <= 1e-4)
  }

  @Test(.enabled(if: OneDNNBackend.hasFastBF16, "this CPU has no bf16"), arguments: probes)
  func gradientsPassTheSameMaskInBF16(of probe: DropoutProbe) throws {
    var probe = probe
    probe.precision = .bf16
    // Winograd's rounding would blur the scale.
    probe.convolutions = .direct
    let (found, expected) = try Self.firstGradient(probe)
    #expect(cosine(found, expected) >= 0.99)
    // 8 bits of significand: the scale may be off by 2⁻⁸.
    let logits = try probe.step(probe.ones).logits
    #expect(logits.allSatisfy { $0 == 0 || abs($0 - 1 / 0.7) <= 0x1p-8 / 0.7 })
  }

  /// The first convolution's gradient, and what it has to be by the logits: with identities everywhere,
  /// the gradient of a logit times the mask, times the images, summed.
  static func firstGradient(_ probe: DropoutProbe) throws -> (found: [Float], expected: [Float]) {
    let graph = probe.graph
    let mask = try probe.step(probe.ones).logits
    let images = graph.images(DropoutProbe.batchSize, seed: 3)
    let outcome = try probe.step(images)
    var slopes = [Float](repeating: 0, count: mask.count)
    outcome.logits.withUnsafeBufferPointer { logits in
      graph.labels(DropoutProbe.batchSize).withUnsafeBufferPointer { labels in
        slopes.withUnsafeMutableBufferPointer { slopes in
          _ = CrossEntropy.evaluate(
            logits: logits, labels: labels, classes: graph.classes, smoothing: 0, gradient: slopes)
        }
      }
    }
    let pixels = DropoutProbe.side * DropoutProbe.side
    var expected = [Float](repeating: 0, count: probe.channels * probe.channels)
    for image in 0..<DropoutProbe.batchSize {
      let start = image * graph.classes
      for output in 0..<probe.channels {
        for pixel in start + output * pixels..<start + (output + 1) * pixels where mask[pixel] != 0 {
          for input in 0..<probe.channels {
            expected[output * probe.channels + input] +=
              slopes[pixel] * mask[pixel] * images[pixel + (input - output) * pixels]
          }
        }
      }
    }
    return (outcome.gradients["first.weight"] ?? [], expected)
  }

  @Test(arguments: [false, true]) func inferenceIgnoresIt(folds: Bool) throws {
    let probe = DropoutProbe(channels: 17, rate: 0.5, kernel: 3)
    let logits = try OneDNNBackend(threads: 2).infer(probe.graph, batchSize: 3, folds: folds)
    let expected = try ReferenceBackend().infer(probe.graph, batchSize: 3, folds: false)
    #expect(relativeError(logits, expected) <= 1e-4)
  }

  @Test(arguments: [1, 2]) func gradientsOfBlocksAreFiniteDifferences(stride: Int) throws {
    let graph = try ResNetSpec(
      input: Shape(channels: 3, height: 8, width: 8), stem: .init(channels: 17),
      layers: [.init(blocks: 1, channels: 17, stride: 1), .init(blocks: 1, channels: 34, kernel: 5, stride: stride)],
      pool: 2, blockDropout: 0.3, dropout: 0.3
    ).graph()
    let store = graph.store(seed: 11)
    let (images, labels) = (graph.images(8, seed: 12), graph.labels(8))
    let plan = try OneDNNBackend(threads: 2).compileTraining(graph, batchSize: 8, precision: .fp32, parameters: store)
    let options = StepOptions(dropoutSeed: 7)
    let gradients = try plan.outcome(graph, store, images, labels, options).gradients
    for (name, gradient) in gradients {
      // The loss along the tensor's own gradient; a change of 1e-2 in all moves it far above fp32's rounding, and
      // the curvature and the ReLUs that switch stay within some per cent.
      let size = Float(norm(gradient))
      let values = store.values(of: name)
      let start = Array(values)
      let losses = try [Float(0.01), -0.01].map { step in
        for index in values.indices { values[index] = start[index] + step * gradient[index] / size }
        return try plan.run(images, labels, options).loss
      }
      _ = values.update(fromContentsOf: start)
      #expect(abs((losses[0] - losses[1]) / 0.02 - size) <= 0.05 * size, "\(name)")
    }
  }
}

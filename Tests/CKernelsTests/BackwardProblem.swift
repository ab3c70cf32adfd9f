// The backward pass of a normalisation: one problem with its solution in double precision, and the ways to ask the
// kernel for it.
import CKernels
import Testing

/// Where the kernel finds and leaves gradients.
struct BackwardVariant: Sendable, CustomTestStringConvertible {
  enum Masked: CaseIterable { case none, apart, yGradient }
  enum Target { case apart, yGradient, masked }

  let activation: tps_activation
  /// Whether the activation is of a sum.
  let ofSum: Bool
  let masked: Masked
  let target: Target

  /// All that differ.
  static let all = activations.flatMap { activation in
    (activation == TPS_IDENTITY ? [false] : [false, true]).flatMap { ofSum in
      Masked.allCases.flatMap { masked in
        targets(masked).map {
          BackwardVariant(activation: activation, ofSum: ofSum, masked: masked, target: $0)
        }
      }
    }
  }

  /// How often values are rounded on the way: what was stored behind the activation is read again.
  var steps: Int { masked == .none ? 1 : 2 }

  private static func targets(_ masked: Masked) -> [Target] {
    switch masked {
    case .none: [.apart, .yGradient]
    case .apart: [.apart, .yGradient, .masked]
    case .yGradient: [.apart, .masked]
    }
  }

  var testDescription: String {
    "\(activation.testDescription)\(ofSum ? " of a sum" : ""), masked: \(masked), into: \(target)"
  }
}

struct BackwardProblem {
  let shape: MapShape
  let set: InstructionSet
  let x: Activations
  private let coefficients: Coefficients
  private let activation: tps_activation
  /// What the kernel is given of a sum: its result for a ReLU, else its other term.
  private let other: Activations?
  private let yGradient: [Float]

  /// The gradients by their definition.
  let expected: (weightGradient: [Double], biasGradient: [Double], masked: [Float], xGradient: [Double])

  init(_ shape: MapShape, _ set: InstructionSet, _ activation: tps_activation, ofSum: Bool) {
    self.shape = shape
    self.set = set
    self.activation = activation
    let map = shape.map
    x = Activations(set, map, shape.values)
    yGradient = randoms(shape.count, seed: 6)
    let others = randoms(shape.count, seed: 7)
    other = ofSum ? Activations(set, map, activation == TPS_RELU ? others.map { max($0, 0) } : others) : nil

    let values = x.values.map(Double.init)
    let statistics = Statistics(of: values, map)
    let weight = randoms(shape.channels, seed: 8).map { Double($0) + 1.5 }
    let bias = randoms(shape.channels, seed: 9).map(Double.init)
    let scales = zip(weight, statistics.inverseDeviations).map { $0 * $1 }
    coefficients = Coefficients(
      map,
      rows: [
        TPS_MEAN: statistics.means, TPS_INVERSE_DEVIATION: statistics.inverseDeviations, TPS_SCALE: scales,
        TPS_SHIFT: bias.indices.map { bias[$0] - statistics.means[$0] * scales[$0] },
      ])

    var masked = Activations(set, map, yGradient).values
    let terms = other?.values
    let (scale, shift) = (coefficients[TPS_SCALE], coefficients[TPS_SHIFT])
    let channels = Channels(map)
    for place in masked.indices {
      let channel = channels.channel(of: place)
      let value = values[place] * Double(scale[channel]) + Double(shift[channel])
      let term = Double(terms?[place] ?? 0)
      let argument = ofSum && activation == TPS_RELU ? term : value + term
      masked[place] *= Float(activation.slope(argument))
    }
    var gradients = (weight: [Double](), bias: [Double]())
    var xGradient = [Double](repeating: 0, count: shape.count)
    for channel in 0..<shape.channels {
      let places = channels.places(of: channel)
      let normalized = places.map { (values[$0] - statistics.means[channel]) * statistics.inverseDeviations[channel] }
      let sum = places.reduce(0) { $0 + Double(masked[$1]) }
      let product = zip(places, normalized).reduce(0) { $0 + Double(masked[$1.0]) * $1.1 }
      gradients.weight.append(product)
      gradients.bias.append(sum)
      for (place, value) in zip(places, normalized) {
        xGradient[place] = scales[channel] * (Double(masked[place]) - (sum + value * product) / statistics.count)
      }
    }
    expected = (gradients.weight, gradients.bias, masked, xGradient)
  }

  /// What the kernel wrote, padded channels zero.
  struct Solution {
    let weightGradient, biasGradient: [Float]
    let masked: Activations?
    let xGradient: Activations
  }

  func run(_ threads: Int32, _ variant: BackwardVariant) -> Solution {
    let map = shape.map
    let gradient = Activations(set, map, yGradient)
    let masked: Activations? =
      switch variant.masked {
      case .none: nil
      case .apart: Activations(set, map)
      case .yGradient: gradient
      }
    let target =
      switch variant.target {
      case .apart: Activations(set, map)
      case .yGradient: gradient
      case .masked: masked ?? Activations(set, map)
      }
    let sums = Memory(byteCount: 8 * tps_sum_count(map.channels, threads))
    let gradients = (weight: Memory(byteCount: 4 * shape.channels), bias: Memory(byteCount: 4 * shape.channels))
    tps_batchnorm_backward(
      map, set.isa, threads, activation, x.memory.base, coefficients.memory.floatBase, gradient.memory.base,
      other.map { UnsafeRawPointer($0.memory.base) }, masked?.memory.base, sums.doubleBase,
      gradients.weight.floatBase, gradients.bias.floatBase, target.memory.base)
    expectIntact(
      x.memory, coefficients.memory, gradient.memory, other?.memory, masked?.memory, sums, gradients.weight,
      gradients.bias, target.memory)
    #expect(target.isTidy && masked?.isTidy != false)
    return Solution(
      weightGradient: gradients.weight.floats, biasGradient: gradients.bias.floats, masked: masked, xGradient: target)
  }
}

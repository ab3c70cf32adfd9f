// Scale, shift, sum and activation in one pass, and the activation's gradient, against their definitions.
import CKernels
import Testing

/// What one pass computes, and where it puts the result.
struct AffineVariant: Sendable, CustomTestStringConvertible {
  enum Target: CaseIterable { case apart, x, residual }

  let scales, adds: Bool
  let activation: tps_activation
  let target: Target

  static let all = [false, true].flatMap { scales in
    [false, true].flatMap { adds in
      activations.flatMap { activation in
        Target.allCases.filter { $0 != .residual || adds }.map {
          AffineVariant(scales: scales, adds: adds, activation: activation, target: $0)
        }
      }
    }
  }

  var testDescription: String {
    "\(activation.testDescription) of x\(scales ? " · scale + shift" : "")\(adds ? " + residual" : ""), into: \(target)"
  }
}

@Suite struct PointwiseTests {
  /// The kernel's result.
  private func affine(
    _ set: InstructionSet, _ threads: Int32, _ map: tps_map, _ variant: AffineVariant, _ x: Activations,
    _ residual: Activations?, _ coefficients: Coefficients?
  ) -> Activations {
    let target =
      switch variant.target {
      case .apart: Activations(set, map)
      case .x: x
      case .residual: residual ?? Activations(set, map)
      }
    tps_affine(
      map, set.isa, threads, x.memory.base, coefficients?.memory.floatBase,
      residual.map { UnsafeRawPointer($0.memory.base) }, variant.activation, target.memory.base)
    expectIntact(x.memory, coefficients?.memory, residual?.memory, target.memory)
    return target
  }

  private func coefficients(_ shape: MapShape) -> Coefficients {
    Coefficients(
      shape.map,
      rows: [
        TPS_SCALE: randoms(shape.channels, seed: 2).map { 2 * Double($0) },
        TPS_SHIFT: randoms(shape.channels, seed: 3).map(Double.init),
      ])
  }

  private func expectTheDefinition(_ shape: MapShape, _ variant: AffineVariant) {
    let channels = Channels(shape.map)
    let coefficients = variant.scales ? coefficients(shape) : nil
    let (scale, shift) = (coefficients?[TPS_SCALE], coefficients?[TPS_SHIFT])
    onAllKernels { set, threads, comment in
      let x = Activations(set, shape.map, shape.values)
      let residual = variant.adds ? Activations(set, shape.map, randoms(shape.count, seed: 4)) : nil
      let addends = residual?.values
      let expected = x.values.enumerated().map { place, value in
        let channel = channels.channel(of: place)
        let sum =
          Double(value) * Double(scale?[channel] ?? 1) + Double(shift?[channel] ?? 0) + Double(addends?[place] ?? 0)
        return variant.activation.value(sum)
      }
      let found = affine(set, threads, shape.map, variant, x, residual, coefficients)
      expectNear(found.values, expected, .pass(set), comment)
      #expect(found.isTidy, comment)
    }
  }

  @Test(arguments: MapShape.some, AffineVariant.all)
  func onePassIsItsDefinition(_ shape: MapShape, _ variant: AffineVariant) {
    expectTheDefinition(shape, variant)
  }

  @Test(arguments: MapShape.all) func onePassIsItsDefinitionInAllShapes(_ shape: MapShape) {
    expectTheDefinition(shape, AffineVariant(scales: true, adds: true, activation: TPS_RELU, target: .apart))
  }

  // A maximum would make a zero of what is not a number, and a diverged network look well.
  @Test(arguments: AffineVariant.all) func whatIsNotANumberStaysSo(_ variant: AffineVariant) {
    let shape = MapShape(2, 17, 15)
    onAllKernels { set, threads, comment in
      let values = shape.values.enumerated().map { $0 % 7 == 3 ? .nan : $1 }
      let addends = randoms(shape.count, seed: 4).enumerated().map { $0 % 11 == 5 ? .nan : $1 }
      let found = affine(
        set, threads, shape.map, variant, Activations(set, shape.map, values),
        variant.adds ? Activations(set, shape.map, addends) : nil, variant.scales ? coefficients(shape) : nil)
      let expected = zip(values, addends).map { $0.isNaN || variant.adds && $1.isNaN }
      #expect(found.values.map(\.isNaN) == expected, comment)
      #expect(found.isTidy, comment)
    }
  }

  // From where each function is flat or a line, over its bend, and through the arguments that saturate a float.
  @Test(arguments: activations) func activationsAreTheirDefinitionsEverywhere(_ activation: tps_activation) {
    let magnitudes = (0..<400).map { Float(2e-3) * Float(1.03).raised(to: $0) }
    let values = magnitudes + magnitudes.map { -$0 } + [0, -0.0, 1e-30, -1e-30, 1e6, -1e6]
    let shape = MapShape(1, 16, (values.count + 15) / 16)
    onAllKernels { set, threads, comment in
      let x = Activations(set, shape.map, values + [Float](repeating: 0, count: shape.count - values.count))
      let result = Activations(set, shape.map)
      tps_affine(shape.map, set.isa, threads, x.memory.base, nil, nil, activation, result.memory.base)
      let gradient = Activations(set, shape.map, [Float](repeating: 1, count: shape.count))
      tps_activation_backward(
        shape.map, set.isa, threads, activation, x.memory.base, gradient.memory.base, gradient.memory.base)
      expectIntact(x.memory, result.memory, gradient.memory)
      let rounding = max(set.rounding, 2e-6)
      for (index, x) in x.values.enumerated() {
        let (value, slope) = (activation.value(Double(x)), activation.slope(Double(x)))
        #expect(abs(Double(result.values[index]) - value) <= rounding * abs(value) + 1e-6, "\(x), \(comment)")
        #expect(abs(Double(gradient.values[index]) - slope) <= rounding * abs(slope) + 2e-6, "\(x), \(comment)")
      }
    }
  }

  @Test(arguments: MapShape.all, activations)
  func anActivationsGradientIsItsDefinition(_ shape: MapShape, _ activation: tps_activation) {
    onAllKernels { set, threads, comment in
      let x = Activations(set, shape.map, randoms(shape.count, seed: 5).map { 3 * $0 })
      let gradient = Activations(set, shape.map, randoms(shape.count, seed: 6))
      let expected = zip(x.values, gradient.values).map { activation.slope(Double($0)) * Double($1) }
      let results = [Activations(set, shape.map), gradient].map { target in
        tps_activation_backward(
          shape.map, set.isa, threads, activation, x.memory.base, gradient.memory.base, target.memory.base)
        expectIntact(x.memory, gradient.memory, target.memory)
        #expect(target.isTidy, comment)
        return target.values
      }
      expectNear(results[0], expected, .pass(set), comment)
      #expect(results[1] == results[0], comment)
    }
  }

  @Test(arguments: MapShape.all, activations)
  func aBiasGradientIsTheSum(_ shape: MapShape, _ activation: tps_activation) {
    let channels = Channels(shape.map)
    onAllKernels { set, threads, comment in
      let x = Activations(set, shape.map, randoms(shape.count, seed: 5).map { 3 * $0 })
      let gradient = Activations(set, shape.map, randoms(shape.count, seed: 6))
      let slopes = zip(x.values, gradient.values).map { activation.slope(Double($0)) * Double($1) }
      let expected = (0..<shape.channels).map { channels.places(of: $0).reduce(0.0) { $0 + slopes[$1] } }
      let sums = Memory(byteCount: 8 * tps_sum_count(Int32(shape.channels), threads))
      let found = Memory(byteCount: 4 * shape.channels)
      tps_bias_gradient(
        shape.map, set.isa, threads, activation, x.memory.base, gradient.memory.base, sums.doubleBase, found.floatBase)
      expectIntact(x.memory, gradient.memory, sums, found)
      expectNear(found.floats, expected, Bounds(whole: 1e-5, each: 2e-5), comment)
    }
  }

  @Test(arguments: MapShape.some, activations)
  func anActivationsGradientShowsWhatIsNotANumber(_ shape: MapShape, _ activation: tps_activation) {
    onAllKernels { set, threads, comment in
      let x = Activations(set, shape.map, [Float](repeating: 1, count: shape.count))
      let values = randoms(shape.count, seed: 6).enumerated().map { $0 % 5 == 2 ? .nan : $1 }
      let gradient = Activations(set, shape.map, values)
      tps_activation_backward(
        shape.map, set.isa, threads, activation, x.memory.base, gradient.memory.base, gradient.memory.base)
      expectIntact(x.memory, gradient.memory)
      #expect(gradient.values.map(\.isNaN) == values.map(\.isNaN), comment)
    }
  }
}

extension Float {
  fileprivate func raised(to power: Int) -> Float { (0..<power).reduce(1) { product, _ in product * self } }
}

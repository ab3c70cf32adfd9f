// Scale, shift, sum and ReLU in one pass, and the ReLU's gradient, against their definitions.
import CKernels
import Testing

/// What one pass computes, and where it puts the result.
struct AffineVariant: Sendable, CustomTestStringConvertible {
  enum Target: CaseIterable { case apart, x, residual }

  let scales, adds, relu: Bool
  let target: Target

  static let all = [false, true].flatMap { scales in
    [false, true].flatMap { adds in
      [false, true].flatMap { relu in
        Target.allCases.filter { $0 != .residual || adds }.map {
          AffineVariant(scales: scales, adds: adds, relu: relu, target: $0)
        }
      }
    }
  }

  var testDescription: String {
    "x\(scales ? " · scale + shift" : "")\(adds ? " + residual" : "")\(relu ? ", relu" : ""), into: \(target)"
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
      residual.map { UnsafeRawPointer($0.memory.base) }, variant.relu ? 1 : 0, target.memory.base)
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
        return variant.relu ? max(sum, 0) : sum
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
    expectTheDefinition(shape, AffineVariant(scales: true, adds: true, relu: true, target: .apart))
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

  @Test(arguments: MapShape.all, [false, true])
  func aReLUPassesGradientsWhereItsResultIsPositive(_ shape: MapShape, inPlace: Bool) {
    onAllKernels { set, threads, comment in
      let result = Activations(set, shape.map, randoms(shape.count, seed: 5).map { max($0, 0) })
      let gradient = Activations(set, shape.map, randoms(shape.count, seed: 6))
      let expected = zip(result.values, gradient.values).map { $0 > 0 ? $1 : 0 }
      let masked = inPlace ? gradient : Activations(set, shape.map)
      tps_relu_backward(
        shape.map, set.isa, threads, result.memory.base, gradient.memory.base, masked.memory.base)
      expectIntact(result.memory, gradient.memory, masked.memory)
      #expect(masked.values == expected, comment)
      #expect(masked.isTidy, comment)
    }
  }

  @Test(arguments: MapShape.some) func aReLUsGradientShowsWhatIsNotANumber(_ shape: MapShape) {
    onAllKernels { set, threads, comment in
      let result = Activations(set, shape.map, [Float](repeating: 1, count: shape.count))
      let values = randoms(shape.count, seed: 6).enumerated().map { $0 % 5 == 2 ? .nan : $1 }
      let gradient = Activations(set, shape.map, values)
      tps_relu_backward(
        shape.map, set.isa, threads, result.memory.base, gradient.memory.base, gradient.memory.base)
      expectIntact(result.memory, gradient.memory)
      #expect(gradient.values.map(\.isNaN) == values.map(\.isNaN), comment)
    }
  }
}

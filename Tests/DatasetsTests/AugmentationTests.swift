// What each random change does to an image, and how often: on the transform itself and on its draws.
import Datasets
import Foundation
import Testing

@Suite struct AugmentationTests {
  private let image = randomBytes(3072, seed: 5)

  /// The image after `draw`, as floats of value / 255 (mean 0, deviation 1).
  private func transformed(
    _ draw: SampleDraw, _ augmentation: Augmentation = .none, side: Int = 32, image: [UInt8]? = nil
  ) throws -> [Float] {
    let identity = try Normalization(mean: [0, 0, 0], standardDeviation: [1, 1, 1])
    let transform = SampleTransform(
      augmentation: augmentation, normalization: identity, height: side, width: side)
    var result = [Float](repeating: .nan, count: 3 * side * side)
    (image ?? self.image).withUnsafeBufferPointer { source in
      result.withUnsafeMutableBufferPointer { target in
        if let source = source.baseAddress, let target = target.baseAddress {
          transform.apply(draw, to: source, into: target)
        }
      }
    }
    return result
  }

  /// An image whose value at (channel, y, x) is `value`, as a float of value / 255.
  private func expected(side: Int = 32, _ value: (Int, Int, Int) -> UInt8) -> [Float] {
    (0..<3 * side * side).map { Float(value($0 / (side * side), $0 / side % side, $0 % side)) / 255 }
  }

  private func pixel(_ channel: Int, _ y: Int, _ x: Int) -> UInt8 { image[(channel * 32 + y) * 32 + x] }

  @Test func noDrawIsIdentity() throws {
    #expect(try transformed(SampleDraw()) == expected { pixel($0, $1, $2) })
  }

  @Test(arguments: [(3, -2), (-4, 4), (0, 1), (32, 0), (-31, -32)])
  func cropMovesAndFillsWithBlack(shift: (x: Int, y: Int)) throws {
    var draw = SampleDraw()
    (draw.shiftX, draw.shiftY) = shift
    let result = try transformed(draw, Augmentation(cropPadding: 32))
    #expect(
      result
        == expected { channel, y, x in
          let (fromY, fromX) = (y + shift.y, x + shift.x)
          return (0..<32).contains(fromY) && (0..<32).contains(fromX) ? pixel(channel, fromY, fromX) : 0
        })
  }

  @Test(arguments: [(3, -2), (-4, 4), (31, -31)])
  func cropReflectsWithoutRepeatingTheBorder(shift: (x: Int, y: Int)) throws {
    var draw = SampleDraw()
    (draw.shiftX, draw.shiftY) = shift
    let result = try transformed(draw, Augmentation(cropPadding: 31, paddingMode: .reflect))
    func mirror(_ index: Int) -> Int { index < 0 ? -index : index > 31 ? 62 - index : index }
    #expect(result == expected { pixel($0, mirror($1 + shift.y), mirror($2 + shift.x)) })
  }

  @Test func flipMirrorsColumns() throws {
    var draw = SampleDraw()
    draw.isFlipped = true
    #expect(try transformed(draw) == expected { pixel($0, $1, 31 - $2) })
  }

  @Test func quarterTurnsAreExact() throws {
    var draw = SampleDraw()
    draw.angle = 90
    #expect(try transformed(draw) == expected { pixel($0, $2, 31 - $1) })
    draw.angle = 180
    #expect(try transformed(draw) == expected { pixel($0, 31 - $1, 31 - $2) })
  }

  @Test func smallRotationKeepsTheCentreAndBlackensCorners() throws {
    let white = [UInt8](repeating: 255, count: 3072)
    var draw = SampleDraw()
    draw.angle = 5
    let result = try transformed(draw, image: white)
    #expect(result[0] == 0 && result[31] == 0 && result[1023] == 0)
    #expect((8..<24).allSatisfy { y in (8..<24).allSatisfy { result[y * 32 + $0] == 1 } })
    let black = result.filter { $0 == 0 }.count
    #expect((3 * 20...3 * 120).contains(black))
  }

  /// `Image.rotate` of Pillow 13 on a 6 × 6 image of the values 1…36: nearest pixel, black outside.
  @Test(arguments: [
    (
      30.0,
      [
        0, 3, 4, 11, 12, 0, 2, 3, 10, 11, 18, 18, 8, 8, 15, 16, 23, 24,
        13, 14, 21, 22, 29, 29, 19, 19, 26, 27, 34, 35, 0, 25, 26, 33, 34, 0,
      ]
    ),
    (
      -17.0,
      [
        0, 7, 2, 3, 4, 0, 13, 14, 9, 10, 10, 5, 19, 14, 15, 16, 17, 12,
        25, 20, 21, 22, 23, 18, 32, 27, 27, 28, 23, 24, 0, 33, 34, 35, 30, 0,
      ]
    ),
  ])
  func rotationAgreesWithPillow(angle: Double, known: [Int]) throws {
    let values = (0..<108).map { UInt8($0 % 36 + 1) }
    var draw = SampleDraw()
    draw.angle = angle
    let result = try transformed(draw, side: 6, image: values).prefix(36).map { Int(($0 * 255).rounded()) }
    #expect(result == known)
  }

  @Test func cutoutHasItsAreaAndPlace() throws {
    var draw = SampleDraw()
    (draw.cutoutX, draw.cutoutY) = (5, 24)
    let white = [UInt8](repeating: 255, count: 3072)
    let result = try transformed(draw, Augmentation(cutout: 8), image: white)
    #expect(result == expected { _, y, x in (24..<32).contains(y) && (5..<13).contains(x) ? 0 : 255 })
  }

  @Test func cropOffsetsAreUniform() {
    var counts: [Int: Int] = [:]
    for sample in 0..<8100 {
      let draw = SampleDraw(.study, seed: 1, epoch: 2, sample: sample, height: 32, width: 32)
      counts[(draw.shiftY + 4) * 9 + draw.shiftX + 4, default: 0] += 1
    }
    #expect(Set(counts.keys) == Set(0..<81))
    // 81 cells of 100 expected: chi-squared with 80 degrees of freedom exceeds 140 once in 30,000.
    let squares = counts.values.map { count in (count - 100) * (count - 100) }
    #expect(squares.reduce(0, +) < 14_000)
  }

  @Test func anglesCutoutsAndRandomFlipsSpread() {
    let augmentation = Augmentation(flip: .random, rotation: 5, cutout: 8)
    let draws = (0..<4000).map {
      SampleDraw(augmentation, seed: 1, epoch: 0, sample: $0, height: 32, width: 32)
    }
    #expect(draws.allSatisfy { abs($0.angle) <= 5 })
    let angles = draws.map(\.angle)
    let (small, flipped) = (angles.filter { abs($0) < 2.5 }.count, draws.filter(\.isFlipped).count)
    #expect(abs(angles.reduce(0, +)) < 800)
    #expect(abs(small - 2000) < 150 && abs(flipped - 2000) < 150)
    let places = Set(0...24)
    #expect(Set(draws.map(\.cutoutX)) == places)
    #expect(Set(draws.map(\.cutoutY)) == places)
  }

  @Test func alternatingFlipTurnsOverEveryEpoch() {
    let augmentation = Augmentation(cropPadding: 2, flip: .alternating)
    func flips(_ epoch: Int) -> [Bool] {
      (0..<2000).map {
        SampleDraw(augmentation, seed: 1, epoch: epoch, sample: $0, height: 32, width: 32).isFlipped
      }
    }
    let first = flips(0)
    #expect(abs(first.filter { $0 }.count - 1000) < 120)
    #expect(flips(1) == first.map { !$0 } && flips(2) == first && flips(7) == first.map { !$0 })
  }

  @Test func trivialAugmentDrawsEvenly() {
    let augmentation = Augmentation(trivialAugment: true)
    let draws = (0..<14_000).map {
      SampleDraw(augmentation, seed: 1, epoch: 0, sample: $0, height: 32, width: 32).operations
    }
    #expect(draws.allSatisfy { $0.count <= 1 })
    let operations = draws.compactMap(\.first)
    // Identity is no operation; two that have no strength, and nine of 31 in two directions.
    #expect(abs(operations.count - 13_000) < 200)
    for operation in [ImageOperation.autoContrast, .equalize] {
      #expect(abs(operations.filter { $0 == operation }.count - 1000) < 200)
    }
    let factors = operations.compactMap { operation -> Float? in
      guard case .blend(.meanGrey, let factor) = operation else { return nil }
      return factor
    }
    #expect(abs(factors.count - 1000) < 200 && Set(factors).count == 61)
    #expect(abs(factors.filter { $0 > 1 }.count - factors.count / 2) < 80)
    #expect((factors.min() ?? 0) > 0.009 && (factors.max() ?? 3) < 1.991)
  }

  @Test func jitterSpreads() {
    let augmentation = Augmentation(brightness: 0.2, contrast: 0.4)
    let draws = (0..<2000).map {
      SampleDraw(augmentation, seed: 1, epoch: 0, sample: $0, height: 32, width: 32).operations
    }
    for (index, (base, reach)) in [(ImageOperation.Base.black, Float(0.2)), (.meanGrey, 0.4)].enumerated() {
      let factors = draws.compactMap { operations -> Float? in
        guard operations.count == 2, case .blend(base, let factor) = operations[index] else { return nil }
        return factor
      }
      #expect(factors.count == 2000 && factors.allSatisfy { abs($0 - 1) <= reach })
      #expect(abs(factors.reduce(0, +) / 2000 - 1) < 0.1 * reach)
      #expect(abs(factors.filter { abs($0 - 1) < reach / 2 }.count - 1000) < 120)
    }
  }

  @Test func erasedRectanglesHaveTheirSizes() throws {
    let augmentation = Augmentation(erasing: 0.25)
    let erased = (0..<8000).compactMap {
      SampleDraw(augmentation, seed: 1, epoch: 0, sample: $0, height: 32, width: 32).erased
    }
    #expect(abs(erased.count - 2000) < 200)
    for rectangle in erased {
      #expect(rectangle.columns.upperBound <= 32 && rectangle.rows.upperBound <= 32)
      #expect((12...360).contains(rectangle.area))
      let ratio = Double(rectangle.rows.count) / Double(rectangle.columns.count)
      #expect((0.2...4.5).contains(ratio))
    }
    // Uniform between 2 and 33 %, but for what does not fit.
    let mean = erased.reduce(0.0) { $0 + Double($1.area) / 1024 } / Double(erased.count)
    #expect(abs(mean - 0.175) < 0.02)
    var draw = SampleDraw()
    draw.erased = Rectangle(columns: 3..<9, rows: 20..<32)
    let white = [UInt8](repeating: 255, count: 3072)
    #expect(
      try transformed(draw, image: white)
        == expected { _, y, x in (20..<32).contains(y) && (3..<9).contains(x) ? 0 : 255 })
  }

  @Test func oneChangeLeavesTheOthersAsTheyAre() {
    let some = Augmentation(cropPadding: 4, flip: .random, rotation: 5, cutout: 8, brightness: 0.2)
    var all = some
    (all.trivialAugment, all.contrast, all.erasing, all.mixUp) = (true, 0.5, 0.5, 1)
    for sample in 0..<50 {
      let draw = SampleDraw(some, seed: 3, epoch: 1, sample: sample, height: 32, width: 32)
      var other = SampleDraw(all, seed: 3, epoch: 1, sample: sample, height: 32, width: 32)
      #expect(other.operations.contains(draw.operations[0]))
      (other.operations, other.erased) = (draw.operations, nil)
      #expect(other == draw)
    }
  }

  @Test func changesThatDoNotFitAreRefused() {
    func refused(_ augmentation: Augmentation) -> Bool {
      failure { try augmentation.validate(height: 32, width: 24) }?.kind == .usage
    }
    #expect(!refused(.study) && !refused(.none))
    #expect(refused(Augmentation(cropPadding: -1)) && refused(Augmentation(cropPadding: 25)))
    #expect(refused(Augmentation(cropPadding: 24, paddingMode: .reflect)))
    #expect(refused(Augmentation(rotation: -1)) && refused(Augmentation(rotation: .nan)))
    #expect(refused(Augmentation(cutout: 25)) && refused(Augmentation(cutout: -1)))
    #expect(refused(Augmentation(brightness: 1.1)) && refused(Augmentation(contrast: -0.1)))
    #expect(refused(Augmentation(erasing: 2)) && refused(Augmentation(mixing: .nan)))
    #expect(refused(Augmentation(mixUp: -1)) && refused(Augmentation(cutMix: 5)) && refused(Augmentation(ricap: .nan)))
  }

  @Test func valuesSurviveJSONAndAreChecked() throws {
    let augmentation = Augmentation(cropPadding: 2, paddingMode: .reflect, flip: .alternating, rotation: 3, cutout: 8)
    let coded = try JSONEncoder().encode(augmentation)
    #expect(try JSONDecoder().decode(Augmentation.self, from: coded) == augmentation)
    let study = try JSONEncoder().encode(Normalization.study)
    #expect(try JSONDecoder().decode(Normalization.self, from: study) == .study)
    for (mean, deviation) in [([0, 0], [1, 1]), ([0, 0, 0], [1, 0, 1]), ([0, .infinity, 0], [1, 1, 1])]
      as [([Float], [Float])]
    {
      #expect(throws: DatasetError.self) { try Normalization(mean: mean, standardDeviation: deviation) }
    }
    let zero = Data(#"{"mean":[0,0,0],"standardDeviation":[1,1,0]}"#.utf8)
    #expect(throws: DatasetError.self) { try JSONDecoder().decode(Normalization.self, from: zero) }
  }
}

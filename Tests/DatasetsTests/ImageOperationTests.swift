// Operations on pixels against torchvision's, byte by byte (Scripts/pytorch/augmentations.py).
import Datasets
import Formats
import Foundation
import TestSupport
import Testing

@Suite struct ImageOperationTests {
  private let fixture: SafetensorsFile
  private static let side = 16

  init() throws {
    fixture = try SafetensorsFile(contentsOf: Fixture.folder.appendingPathComponent("augmentations.safetensors"))
  }

  private func bytes(_ name: String) throws -> [UInt8] { [UInt8](try #require(fixture[name]).bytes) }

  /// What the transform makes of `image` by `operations` alone.
  private func changed(_ image: [UInt8], _ operations: [ImageOperation]) throws -> [UInt8] {
    let scale = Float(1) / 255
    let transform = SampleTransform(
      augmentation: .none,
      normalization: try Normalization(mean: [0, 0, 0], standardDeviation: [scale, scale, scale]),
      height: Self.side, width: Self.side)
    var draw = SampleDraw()
    draw.operations = operations
    var result = [Float](repeating: .nan, count: image.count)
    image.withUnsafeBufferPointer { source in
      result.withUnsafeMutableBufferPointer { target in
        if let source = source.baseAddress, let target = target.baseAddress {
          transform.apply(draw, to: source, into: target)
        }
      }
    }
    return result.map { UInt8($0.rounded()) }
  }

  private static let names: [(torchvision: String, kind: TrivialAugment)] = [
    ("ShearX", .shearX), ("ShearY", .shearY), ("TranslateX", .translateX), ("TranslateY", .translateY),
    ("Rotate", .rotate), ("Brightness", .brightness), ("Color", .saturation), ("Contrast", .contrast),
    ("Sharpness", .sharpness), ("Posterize", .posterize), ("Solarize", .solarize), ("AutoContrast", .autoContrast),
    ("Equalize", .equalize),
  ]

  @Test(arguments: names) func operationsAreTorchvisions(name: (torchvision: String, kind: TrivialAugment)) throws {
    let cases = fixture.tensors.map(\.name).filter { $0.hasPrefix(name.torchvision + "/") }
    #expect(cases.count >= 2)
    for item in cases {
      let parts = item.split(separator: "/")
      let strength = try #require(Int(parts[1]))
      let operation = try #require(
        name.kind.operation(
          strength: abs(strength), isNegative: strength < 0, height: Self.side, width: Self.side))
      let result = try changed(bytes("image/\(parts[2])"), [operation])
      let different = try zip(result, bytes(item)).filter { $0 != $1 }.count
      #expect(different == 0, "\(item)")
    }
  }

  @Test func everyKindHasItsCase() {
    #expect(Set(Self.names.map(\.kind)).union([.identity]) == Set(TrivialAugment.allCases))
    #expect(TrivialAugment.identity.operation(strength: 30, isNegative: true, height: 16, width: 16) == nil)
  }

  @Test func operationsFollowOneAnother() throws {
    let image = try bytes("image/0")
    let operations: [ImageOperation] = [
      .equalize, .resample(.rotation(degrees: 30, height: 16, width: 16)), .posterize(bits: 3),
    ]
    let stepwise = try operations.reduce(image) { try changed($0, [$1]) }
    #expect(try changed(image, operations) == stepwise && stepwise != image)
  }
}

// Descriptions from the shapes of tensors: those of the study's family come back as they were,
// and what the shapes do not tell is an error that names the tensor.
import Models
import Testing

@Suite struct InferenceTests {
  private func shapes(_ spec: ResNetSpec) throws -> [String: [Int]] {
    Dictionary(uniqueKeysWithValues: try spec.graph().tensors.map { ($0.name, $0.shape) })
  }

  @Test(arguments: [
    ResNetSpec(stem: 16, widthFactor: 2, blocks: [13, 13, 13]),
    ResNetSpec(stem: 34, widthFactor: 2, blocks: [3, 3, 3]),
    ResNetSpec(stem: 22, widthFactor: 2, blocks: [7, 7, 7]),
    ResNetSpec(stem: 16, widthFactor: 1, blocks: [2, 1], pool: 9),
    ResNetSpec(stem: 8, widthFactor: 1, blocks: [1, 1, 1, 1], pool: 4),
    ResNetSpec(
      input: Shape(channels: 1, height: 32, width: 32), stem: .init(channels: 8, kernel: 5),
      layers: [
        .init(blocks: 2, channels: 8, kernel: 5, skipKernel: 3, stride: 2),
        .init(blocks: 1, channels: 8, kernel: 1, stride: 1), .init(blocks: 1, channels: 24, skipKernel: 5, stride: 2),
      ], pool: 6, classes: 7),
  ])
  func theFamilyComesBack(spec: ResNetSpec) throws {
    // A kernel of the shortcut shows only where there is one.
    #expect(try ResNetSpec(shapes: shapes(spec)) == spec)
  }

  /// Other factors may give the same network: the shapes alone are told.
  @Test(arguments: [8, 16, 30, 64]) func squeezesKeepTheirShapes(factor: Int) throws {
    var spec = ResNetSpec(stem: 20, widthFactor: 1, blocks: [1, 1, 1])
    spec.squeezeExcitation = factor
    #expect(try shapes(ResNetSpec(shapes: shapes(spec))) == shapes(spec))
  }

  @Test func whatIsUnclearIsNamed() throws {
    let whole = try shapes(ResNetSpec(stem: 8, widthFactor: 1, blocks: [1, 1]))
    func problem(_ change: [String: [Int]?]) -> String {
      var shapes = whole
      for (name, shape) in change { shapes[name] = shape }
      do {
        _ = try ResNetSpec(shapes: shapes)
        return "no error"
      } catch {
        return "\(error)"
      }
    }
    #expect(problem([:]) == "no error")
    #expect(problem(["conv1.weight": nil]).hasPrefix("conv1.weight: is missing"))
    #expect(problem(["conv1.weight": [64, 3, 7, 7]]).contains("stem for large images"))
    #expect(problem(["conv1.weight": [8, 3, 3]]).contains("no square filter"))
    #expect(problem(["conv1.weight": [8, 3, 3, 1]]).contains("no square filter"))
    #expect(problem(["layer2.0.conv1.weight": [16, 8, 4, 4]]).contains("kernel of 4"))
    #expect(problem(["layer1.0.conv1.weight": nil]).contains("layer1.0.conv1.weight"))
    #expect(problem(["linear.weight": nil]).hasPrefix("linear.weight"))
    for inputs in [0, 16 * 2, 16 * 17 * 17, 17 * 9, .max] {
      #expect(problem(["linear.weight": [10, inputs]]).hasPrefix("linear.weight: has \(inputs) inputs"), "\(inputs)")
    }
    #expect(problem(["linear.weight": [1, 16 * 81]]).contains("classes"))
  }
}

// What PyTorch computed for one small network (`Scripts/pytorch/fixtures.py`): the answers from a file, weights,
// images and labels from its seeds.
public import Compute
import Formats
public import Foundation
public import Models
import Testing

/// A parity fixture, ready to compare with.
public struct Fixture {
  /// The fixtures there are.
  public static let names = [
    "tpsnet-shape", "odd-widths", "kernels-5-and-1", "skip-kernel-3", "two-layers-pool-4", "four-layers-strided",
    "three-blocks-stem-5", "gelu", "silu", "whitened-groups", "padded-whitening", "pre-activation",
    "squeeze-excitation",
  ]
  /// Images of a step.
  public static let batchSize = 8
  /// Where all fixtures are.
  public static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .appendingPathComponent("Fixtures")

  /// The network.
  public let graph: Graph
  /// The batch, in the order of the network's input.
  public let images: [Float]
  /// A class for each image.
  public let labels: [Int32]
  private let file: SafetensorsFile
  private let seed: UInt64

  /// Reads the fixture `name`.
  public init(_ name: String) throws {
    file = try SafetensorsFile(contentsOf: Self.folder.appendingPathComponent("parity/\(name).safetensors"))
    graph = try JSONDecoder().decode(ResNetSpec.self, from: Data(#require(file.metadata["model"]).utf8)).graph()
    seed = try #require(file.metadata["seed"].flatMap(UInt64.init))
    images = try graph.images(Self.batchSize, seed: #require(file.metadata["imageSeed"].flatMap(UInt64.init)))
    labels = graph.labels(Self.batchSize)
  }

  /// A store with the initial weights and statistics.
  public var store: ParameterStore { graph.store(seed: seed) }

  /// PyTorch's tensor `name`.
  public func expected(_ name: String) throws -> [Float] { try file.floats(named: name) }

  /// PyTorch's training step from the initial weights.
  public func step() throws -> Outcome {
    var outcome = try Outcome(
      result: StepResult(loss: expected("loss")[0], correct: 0), logits: expected("logits.train"))
    for spec in graph.tensors {
      if spec.isTrainable {
        outcome.gradients[spec.name] = try expected("gradient/\(spec.name)")
      } else if !spec.isParameter {
        outcome.statistics[spec.name] = try expected("after/\(spec.name)")
      }
    }
    return outcome
  }
}

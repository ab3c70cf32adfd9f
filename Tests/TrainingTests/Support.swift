// A tiny network and images that it can learn:
// what every test of training starts from.
import Compute
import Datasets
import Foundation
import Models
import OneDNNBackend
import Randomness
import TestSupport
import Training

extension TemporaryFolder {
  /// A run in it that has not begun.
  func run(_ name: String = "run") -> RunDirectory { RunDirectory(url.appendingPathComponent(name)) }
}

/// What the error that `body` throws says; nil where it throws none.
func failure(_ body: () throws -> Void) -> String? {
  do {
    try body()
    return nil
  } catch {
    return "\(error)"
  }
}

/// The precisions of this CPU.
let precisions: [Precision] = OneDNNBackend.hasFastBF16 ? [.fp32, .bf16] : [.fp32]

/// A network of 8 × 8 images and a quickly learnt data set for it.
enum Tiny {
  static let classes = ["red", "green", "blue", "grey"]

  /// An identity block and one with a projection.
  static let model = ResNetSpec(
    input: Shape(channels: 3, height: 8, width: 8), stem: .init(channels: 4),
    layers: [
      .init(blocks: 1, channels: 4, stride: 1), .init(blocks: 1, channels: 8, kernel: 5, skipKernel: 3, stride: 2),
    ],
    pool: 4, classes: 4)

  /// A whitening stem, and a layer of each kind.
  static let groups = ResNetSpec(
    input: Shape(channels: 3, height: 8, width: 8), activation: .gelu,
    batchNorm: BatchNorm(epsilon: 1e-12, momentum: 0.4, trainsScale: false),
    stem: .init(channels: 8, kernel: 2, whitening: true, padded: false),
    layers: [
      .init(blocks: 1, channels: 12, stride: 2, entry: .convPool), .init(blocks: 1, channels: 16, stride: 2),
    ],
    pool: 2, pooling: .max, classes: 4, classifierBias: false, logitScale: 0.5, initialization: .dirac)

  static var configuration: Configuration {
    var configuration = Configuration(model: model)
    configuration.data.validation = 16
    configuration.data.mean = [0.5, 0.5, 0.5]
    configuration.data.std = [0.25, 0.25, 0.25]
    configuration.augmentation = Augmentation(cropPadding: 1, flip: .random)
    configuration.training.epochs = 3
    configuration.training.batchSize = 12
    configuration.training.checkpointSeconds = 3600
    return configuration
  }

  /// Noise, brighter in the channel of the class.
  static func images(_ count: Int, seed: UInt64) throws -> ImageSet {
    var random = CounterRandom(seed: seed)
    let labels = (0..<count).map { _ in Int32(random.integer(below: 4)) }
    let pixels = labels.flatMap { label in
      (0..<192).map { UInt8(random.integer(below: 160) + ($0 / 64 == Int(label) ? 90 : 0)) }
    }
    return try ImageSet(pixels: pixels, labels: labels, height: 8, width: 8, classNames: classes)
  }

  static func dataset(_ count: Int = 64) throws -> Dataset {
    Dataset(name: "tiny", train: try images(count, seed: 1), test: try images(40, seed: 2))
  }

  /// Values away from the start values and from zero.
  static func store(seed: UInt64 = 5) throws -> (store: ParameterStore, graph: Graph) {
    let graph = try model.graph()
    return (graph.store(seed: seed), graph)
  }
}

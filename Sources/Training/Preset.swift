// Named configurations: the study's three models with its training settings, and recipes of our own.
import Datasets
import Models

/// A configuration with a name and a line about it.
public struct Preset: Sendable {
  /// What `--preset` takes.
  public let name: String
  /// One line for `tpsnet presets`.
  public let summary: String
  /// The settings.
  public let configuration: Configuration

  /// All presets, the default first.
  public static let all: [Preset] = [
    sprint,
    compact,
    best,
    tiny,
    tpsnetFast,
    study("tpsnet", "TPSNet of the study: 3 × 13 blocks, 300 epochs", stem: 16, blocks: 13),
    study("model-1", "Model 1 of the study: 3 × 3 blocks, 300 epochs", stem: 34, blocks: 3),
    study("model-2", "Model 2 of the study: 3 × 7 blocks, 300 epochs", stem: 22, blocks: 7),
  ]

  /// What `tpsnet train` uses where nothing else is asked for.
  public static let `default` = sprint

  /// The preset called `name`, or a `ConfigurationError` that lists them.
  public static func named(_ name: String) throws -> Preset {
    guard let preset = all.first(where: { $0.name == name }) else {
      throw ConfigurationError("unknown preset \(name); there are \(all.map(\.name).joined(separator: ", "))")
    }
    return preset
  }

  private static let sprint = groups(
    "sprint", "a wide residual net for ten epochs (default)", channels: [64, 192, 352], epochs: 10,
    Augmentation(cropPadding: 2, paddingMode: .reflect, flip: .alternating)
  ) {
    $0.data.validation = 2000
  }

  private static let compact = groups(
    "compact", "a wider one for forty epochs, with cutout", channels: [64, 256, 352], epochs: 40,
    Augmentation(cropPadding: 4, paddingMode: .reflect, flip: .alternating, cutout: 12)
  ) {
    $0.data.validation = 2000
  }

  /// Two blocks in the groups whose maps are large. Sixty-four epochs leave room to learn from mixed images.
  private static let best = groups(
    "best", "the most accurate: sixty-four epochs, patches of four images mixed", channels: [96, 256, 256], epochs: 64,
    Augmentation(cropPadding: 4, paddingMode: .reflect, flip: .alternating, ricap: 0.3, mixing: 0.5)
  ) {
    $0.model.layers[0].blocks = 2
    $0.model.layers[1].blocks = 2
    $0.model.batchNorm.momentum = 0.1
    $0.data.validation = 2000
    $0.optimizer.learningRate = 0.1
    $0.optimizer.biasFactor = 300
    $0.optimizer.headFactor = 6
    $0.training.labelSmoothing = 0.1
  }

  /// Two groups of two blocks. Small nets want the steps of smaller batches, squeeze-and-excitation and less smoothing.
  private static let tiny = groups(
    "tiny", "under 300,000 parameters, forty-five epochs", channels: [48, 64], blocks: 2, epochs: 45,
    Augmentation(cropPadding: 4, paddingMode: .reflect, flip: .alternating, cutout: 10)
  ) {
    $0.model.squeezeExcitation = 8
    $0.optimizer.learningRate = 0.085
    $0.training.batchSize = 250
    $0.training.labelSmoothing = 0.1
  }

  /// The study's TPSNet. Layers of 13 blocks learn from Muon's first step on where their branches begin silent.
  private static let tpsnetFast = study(
    "tpsnet-fast", "TPSNet of the study by a recipe of 18 epochs, in which it grows", stem: 16, blocks: 13
  ) {
    $0.model.initialization = .zeroResidual
    $0.data.validation = 2000
    $0.augmentation = Augmentation(cropPadding: 4, paddingMode: .reflect, flip: .alternating, cutout: 8)
    $0.optimizer.kind = .muon
    $0.optimizer.learningRate = 0.085
    $0.optimizer.biasFactor = 2
    $0.optimizer.momentum = 0.85
    $0.optimizer.nesterov = true
    $0.optimizer.weightDecay = 0.002
    $0.schedule = Schedule(.linear)
    $0.training.epochs = 18
    $0.training.growth = [.init(blocks: 3, until: 0.5), .init(blocks: 6, until: 0.8)]
    $0.training.batchSize = 250
    $0.training.labelSmoothing = 0.1
  }

  /// Residual groups behind convolution and pool (Page 2018; Jordan 2024, airbench96), whose maps have 16, 8 (and 4)
  /// pixels a side, whitening first, filters trained by Muon near airbench94_muon's rates (halved for the filters),
  /// which belong to sums of losses over 2,000 images and not to means over 500.
  private static func groups(
    _ name: String, _ summary: String, channels: [Int], blocks: Int = 1, epochs: Int, _ augmentation: Augmentation,
    adjust: (inout Configuration) -> Void
  ) -> Preset {
    var configuration = Configuration(
      model: ResNetSpec(
        activation: .gelu, batchNorm: BatchNorm(momentum: 0.4, trainsScale: false),
        stem: .init(channels: 24, kernel: 2, whitening: true),
        layers: channels.map { .init(blocks: blocks, channels: $0, stride: 2, entry: .convPool) },
        pool: 32 >> channels.count, pooling: .max, classifierBias: false, logitScale: 0.111, initialization: .dirac))
    configuration.augmentation = augmentation
    configuration.optimizer.kind = .muon
    configuration.optimizer.learningRate = 0.12
    configuration.optimizer.biasFactor = 250
    configuration.optimizer.headFactor = 5
    configuration.optimizer.momentum = 0.85
    configuration.optimizer.nesterov = true
    configuration.optimizer.weightDecay = 0.008
    configuration.schedule = Schedule(.linear)
    configuration.training.epochs = epochs
    configuration.training.batchSize = 500
    configuration.training.labelSmoothing = 0.2
    adjust(&configuration)
    return Preset(name: name, summary: summary, configuration: configuration)
  }

  /// The study's training settings (SGD 0.01, momentum 0.9, decay 5e-4 on everything, cosine over 300 epochs).
  private static func study(
    _ name: String, _ summary: String, stem: Int, blocks: Int, adjust: (inout Configuration) -> Void = { _ in }
  ) -> Preset {
    var configuration = Configuration(
      model: ResNetSpec(stem: stem, widthFactor: 2, blocks: [blocks, blocks, blocks]))
    configuration.augmentation = .study
    configuration.optimizer.learningRate = 0.01
    configuration.training.epochs = 300
    adjust(&configuration)
    return Preset(name: name, summary: summary, configuration: configuration)
  }
}

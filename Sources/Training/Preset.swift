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

  /// A small net that leaves full resolution at once: most of its work is done at 16 × 16 pixels and below,
  /// where a multiply-add buys the most accuracy.
  private static let sprint: Preset = {
    var configuration = Configuration(
      model: ResNetSpec(
        stem: .init(channels: 32),
        layers: [
          .init(blocks: 1, channels: 64, stride: 2),
          .init(blocks: 1, channels: 128, stride: 2),
          .init(blocks: 1, channels: 256, stride: 2),
        ],
        pool: 4))
    configuration.augmentation = Augmentation(cropPadding: 2, paddingMode: .reflect, flip: .alternating)
    configuration.optimizer.learningRate = 0.2
    configuration.optimizer.nesterov = true
    configuration.optimizer.decay = .weights
    configuration.schedule = Schedule(.linear)
    configuration.schedule.warmup = 3
    configuration.training.epochs = 18
    configuration.training.labelSmoothing = 0.1
    return Preset(
      name: "sprint", summary: "a small residual net for minutes on two cores (default)", configuration: configuration)
  }()

  /// The study's training settings (SGD 0.01, momentum 0.9, decay 5e-4 on everything, cosine over 300 epochs).
  private static func study(_ name: String, _ summary: String, stem: Int, blocks: Int) -> Preset {
    var configuration = Configuration(
      model: ResNetSpec(stem: stem, widthFactor: 2, blocks: [blocks, blocks, blocks]))
    configuration.augmentation = .study
    configuration.optimizer.learningRate = 0.01
    configuration.training.epochs = 300
    return Preset(name: name, summary: summary, configuration: configuration)
  }
}

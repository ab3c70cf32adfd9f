// A run as TensorBoard shows it: curves by epoch, the configuration, augmented training images, and the settings by
// which runs are compared. A resumed run goes on in a new file that takes back what the old one says beyond it.
public import Datasets
import Formats
import Foundation

/// Writes the events of a training run into its folder. A sink: where it fails, training goes on without it.
public final class TensorBoardLog {
  private enum Tag {
    static let trainLoss = "loss/train"
    static let validationLoss = "loss/validation"
    static let trainAccuracy = "accuracy/train"
    static let validationAccuracy = "accuracy/validation"
    static let testAccuracy = "accuracy/test"
    static let learningRate = "learning_rate"
    static let imagesPerSecond = "images_per_second"
  }

  private let run: RunDirectory
  private let configuration: Configuration
  private let samples: DecodedImage?
  private let warn: (String) -> Void
  private var file: TensorBoardFile?
  private var step = 0

  /// A log of `run`.
  ///
  /// - Parameters:
  ///   - samples: augmented training images, as one picture.
  ///   - warn: receives the one line that tells of a failure.
  public init(
    run: RunDirectory, configuration: Configuration, samples: DecodedImage? = nil, warn: @escaping (String) -> Void
  ) {
    self.run = run
    self.configuration = configuration
    self.samples = samples
    self.warn = warn
  }

  /// Writes what `event` tells; steps are left out, epochs are enough.
  public func record(_ event: TrainingEvent) {
    switch event {
    case .started(let plan):
      step = plan.resumedAt
      attempt {
        let isNew = TensorBoardFile.files(in: run.url).isEmpty
        file = try TensorBoardFile(in: run.url)
        try file?.append(isNew ? introduction() : [TensorBoardEvent(step: plan.resumedAt + 1, .resumed)])
      }
    case .epochEnded(let record, _):
      step = record.step
      attempt {
        try file?.append(Self.scalars(of: record).map { TensorBoardEvent(step: step, $0) })
        try file?.synchronize()
      }
    case .grew, .stepped, .evaluating: break
    }
  }

  /// Writes the result of a finished run.
  public func finish(_ summary: RunSummary) {
    attempt {
      try file?.append([
        TensorBoardEvent(step: step, .scalar(tag: Tag.testAccuracy, summary.testAccuracy)),
        TensorBoardEvent(step: step, .ended),
      ])
      try file?.synchronize()
    }
  }

  private static func scalars(of record: EpochRecord) -> [TensorBoardEvent.Content] {
    let values: [(String, Double?)] = [
      (Tag.trainLoss, record.trainLoss), (Tag.validationLoss, record.validationLoss),
      (Tag.trainAccuracy, record.trainAccuracy), (Tag.validationAccuracy, record.validationAccuracy),
      (Tag.learningRate, record.learningRate), (Tag.imagesPerSecond, record.imagesPerSecond),
    ]
    return values.compactMap { tag, value in value.map { .scalar(tag: tag, $0) } }
  }

  /// What stands before the first step.
  private func introduction() throws -> [TensorBoardEvent] {
    let yaml = try configuration.yaml()
    var contents: [TensorBoardEvent.Content] = [
      .settings(
        try ConfigurationTree(encoding: configuration).settings,
        metrics: [Tag.validationAccuracy, Tag.testAccuracy, Tag.validationLoss]),
      // Markdown: what is indented is shown as it is.
      .text(tag: "configuration", yaml.split(separator: "\n").map { "    \($0)" }.joined(separator: "\n")),
    ]
    if let samples {
      contents.append(
        .image(
          tag: "augmented training images", png: Data(try samples.png()), width: samples.width, height: samples.height))
    }
    return contents.map { TensorBoardEvent(step: 0, $0) }
  }

  private func attempt(_ body: () throws -> Void) {
    do {
      try body()
    } catch {
      file = nil
      warn("no more events for TensorBoard: \(error); training goes on")
    }
  }
}

extension ConfigurationTree {
  /// Every single value, by its path.
  fileprivate var settings: [String: TensorBoardEvent.Setting] {
    var settings: [String: TensorBoardEvent.Setting] = [:]
    collect(into: &settings, path: "")
    return settings
  }

  private func collect(into settings: inout [String: TensorBoardEvent.Setting], path: String) {
    switch self {
    case .scalar(let text, let isQuoted):
      let number = isQuoted ? nil : Double(text)
      let flag = isQuoted ? nil : Bool(text)
      settings[path] = flag.map { .flag($0) } ?? number.map { .number($0) } ?? .text(text)
    case .list(let items):
      for (index, item) in items.enumerated() { item.collect(into: &settings, path: "\(path)[\(index)]") }
    case .map(let pairs):
      for (key, value) in pairs { value.collect(into: &settings, path: path.isEmpty ? key : "\(path).\(key)") }
    }
  }
}

// What a run's report is made of: its configuration, history and result, and what its weights say of the test images.
// Everything but the last is in the run's folder.
public import Datasets
import Foundation
public import Models
public import Training

/// A run, read once.
public struct RunData: Sendable {
  /// Its name.
  public let name: String
  /// Its resolved configuration.
  public let configuration: Configuration
  /// Its epochs so far.
  public let history: [EpochRecord]
  /// Its result; nil while it is under way.
  public let summary: RunSummary?
  /// The weights that it started from, as they were named; nil where they were drawn.
  public let startWeights: String?
  /// Layers and exact counts of its network.
  public let network: ModelSummary
  /// What its weights say of the test images; nil where they were not looked at.
  public var test: TestResult?
  /// Training images as the network met them; nil where they were not looked at.
  public var samples: AugmentationSamples?
  /// Its first convolution; nil where there are no weights yet.
  public var filters: FirstFilters?

  /// A run; see the properties.
  public init(
    name: String, configuration: Configuration, history: [EpochRecord], summary: RunSummary?,
    startWeights: String? = nil
  ) throws {
    self.name = name
    self.configuration = configuration
    self.history = history
    self.summary = summary
    self.startWeights = startWeights
    network = ModelSummary(try configuration.model.graph())
  }

  /// Reads what is in a run's folder, which without a `name` gives the run its own. Throws what reading throws.
  public init(_ run: RunDirectory, name: String? = nil) throws {
    try self.init(
      name: name ?? run.url.lastPathComponent, configuration: run.storedConfiguration(), history: run.history(),
      summary: run.finishedSummary(), startWeights: (try? Checkpoint.describe(run.lastWeights))?.startWeights)
  }

  /// The best epoch by validation, or the last where nothing was held out.
  var best: EpochRecord? {
    history.filter { $0.validationAccuracy?.isFinite == true }
      .max { ($0.validationAccuracy ?? 0, $1.epoch) < ($1.validationAccuracy ?? 0, $0.epoch) } ?? history.last
  }

  /// Epochs that it is to be trained for.
  var epochs: Int { configuration.training.epochs }

  /// Epochs done.
  var epochsDone: Int { history.last?.epoch ?? 0 }
}

/// What weights say of labelled images.
public struct TestResult: Sendable {
  /// The verdict.
  public let evaluation: Evaluation
  /// The names of the classes, by label.
  let classNames: [String]
  /// The images, where they are to be shown.
  let images: ImageSet?
  /// What it was computed in, where that is to be told.
  public let precision: String?
  /// How confidence and accuracy agree.
  public let calibration: Calibration
  /// The wrong images, the most confident first.
  public let mistakes: [Mistake]
  /// How many of them a report and JSON have at most.
  public static let listed = 48

  /// A wrong image.
  public struct Mistake: Encodable, Equatable, Sendable {
    /// Its place among the images.
    public let image: Int
    /// The file that it came from, as class/name, where it came from one.
    public let file: String?
    /// What it shows, and what it was taken for.
    public let label, predicted: Int
    /// The probability given to what it was taken for.
    public let confidence: Double
  }

  /// The verdict on images of `classNames`, and the images, in the same order, where they are to be shown; where not,
  /// the `files` that they came from, if known.
  public init(
    _ evaluation: Evaluation, classNames: [String], files: [String] = [], images: ImageSet? = nil,
    precision: String? = nil
  ) {
    (self.classNames, self.images, self.precision) = (classNames, images, precision)
    self.evaluation = evaluation
    let files = images?.fileNames ?? files
    let judged = evaluation.labels.indices.map { image -> (mistake: Mistake, isCorrect: Bool) in
      let logits = evaluation.logits[image * evaluation.classes..<(image + 1) * evaluation.classes]
      let (predicted, confidence) = Calibration.verdict(logits)
      let label = Int(evaluation.labels[image])
      let mistake = Mistake(
        image: image, file: files.indices.contains(image) ? files[image] : nil, label: label, predicted: predicted,
        confidence: confidence)
      return (mistake, predicted == label)
    }
    calibration = Calibration(judged.map { ($0.mistake.confidence, $0.isCorrect) })
    mistakes = judged.filter { !$0.isCorrect }.map(\.mistake)
      .sorted { ($0.confidence, $1.image) > ($1.confidence, $0.image) }
  }

  /// What `mistake` shows, and what it was taken for how confidently.
  public func caption(_ mistake: Mistake) -> String {
    // The sign stays with its number.
    let confidence = Format.fixed(mistake.confidence * 100, 0) + "\u{A0}%"
    return "\(name(mistake.label)), not \(name(mistake.predicted)) \(confidence)"
  }

  /// Which image `mistake` is of.
  public func place(of mistake: Mistake) -> String { mistake.file ?? "image \(mistake.image)" }

  /// The name of a class.
  func name(_ label: Int) -> String { classNames.indices.contains(label) ? classNames[label] : "\(label)" }
}

// Settings that do not fit one another or the images: of a folder of one's own pictures the classes are counted and what
// is passed over is said; sizes meant for 50,000 images are refused together, with such as would do.
import Datasets
import Foundation
import Models
import Reports
import Training

extension Configuration {
  /// The folder of pictures that is trained on; nil for other data sets.
  private var pictures: String? {
    get throws {
      guard case .folder(let path) = try DatasetSource(parsing: data.dataset) else { return nil }
      return path
    }
  }

  /// Says what is known of the folder before its pictures are read; nothing of other data sets.
  func announceFolder() throws {
    guard let path = try pictures else { return }
    try ImageFolder.remarks(on: path).forEach(Console.error)
    Console.error("the pictures of \(path) become \(model.input.width)×\(model.input.height) pixels (model.input)")
  }

  /// Takes the number of classes from a folder of pictures, where nobody `namesClasses`, and refuses sizes that do not
  /// suit `set`. Does nothing for other data sets.
  mutating func suit(_ set: ImageSet, namesClasses: @autoclosure () throws -> Bool) throws {
    guard try pictures != nil else { return }
    if set.classNames.count > 1, try !namesClasses() {
      model.classes = set.classNames.count
      Console.error("\(model.classes) classes: \(set.classNames.joined(separator: ", "))")
    }
    let learnt = set.count - data.validation
    guard learnt < training.batchSize else { return warnOfFewSteps(learnt) }
    let validation = data.validation < set.count / 2 ? data.validation : set.count / 5
    let batch = max(1, min(training.batchSize, (set.count - validation) / 10))
    throw ConfigurationError(
      "\(set.count) training images are too few for \(data.validation) held out (data.validation) and batches of "
        + "\(training.batchSize): add --set data.validation=\(validation) --batch-size \(batch)")
  }

  /// Below so many steps hardly anything is learnt.
  private static let fewSteps = 300

  private func warnOfFewSteps(_ images: Int) {
    let count = data.limitTrain > 0 ? min(data.limitTrain, images) : images
    let stepsPerEpoch = count / training.batchSize
    let steps = stepsPerEpoch * training.epochs
    guard steps < Self.fewSteps, steps > 0 else { return }
    let epochs = (Self.fewSteps + stepsPerEpoch - 1) / stepsPerEpoch
    Console.error(
      "\(Format.counted(steps, "step")) in all are few: --epochs \(epochs) would be \(Self.fewSteps), and smaller batches "
        + "more")
  }

  /// Factors for biases that Muon's presets bring are none for SGD.
  func remarkOnFactors() {
    guard optimizer.kind == .sgd, optimizer.biasFactor > 10 else { return }
    Console.error(
      "optimizer.biasFactor=\(Format.significant(optimizer.biasFactor)) is meant for Muon: biases are trained at a rate of "
        + "\(Format.significant(optimizer.biasFactor * optimizer.learningRate)); plain SGD is --set optimizer.biasFactor=1 "
        + "--set optimizer.headFactor=1")
  }
}

extension ConfigurationOptions {
  /// Whether they say how many classes there are.
  func namesClasses() throws -> Bool {
    try files.contains { try ConfigurationTree(contentsOf: $0)["model.classes"] != nil }
      || assignments.contains { $0.hasPrefix("model.classes") }
  }
}

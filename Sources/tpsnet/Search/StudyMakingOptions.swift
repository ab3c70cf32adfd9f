// The options that say what a study is, and what becomes of them when it exists already:
// whatever is asked for must be what it was made with.
import ArgumentParser
import Foundation
import Search
import Training

/// What `search run` makes a study of.
struct StudyMakingOptions: ParsableArguments {
  /// `--sampler`.
  enum SamplerName: String, CaseIterable, ExpressibleByArgument {
    case random, tpe, grid

    var sampler: Sampler {
      switch self {
      case .random: .random
      case .tpe: .tpe(TreeParzenSettings())
      case .grid: .grid
      }
    }
  }

  /// The shipped spaces.
  static let spaceNames = SearchSpace.shipped.map(\.name).joined(separator: ", ")

  /// `--pruner`.
  enum PrunerName: String, CaseIterable, ExpressibleByArgument {
    case asha, median, none
  }

  @Option(help: ArgumentHelp("Space file, or one of \(Self.spaceNames).", valueName: "file"))
  var space: String?
  @OptionGroup var configuration: ConfigurationOptions
  @Option(help: ArgumentHelp("cifar10, fashion-mnist or folder:PATH.", valueName: "set"))
  var dataset: String?
  @Option(help: "auto (bf16 where the CPU has it), fp32 or bf16.")
  var precision: Configuration.PrecisionChoice?
  @Option(help: "Train on so many images, and validate on a fifth as many (1,000 to 5,000).")
  var images: Int?
  @Option(help: "Epochs of a whole trial.")
  var epochs: Int?
  @Option(help: "random, tpe or grid; default: random.")
  var sampler: SamplerName?
  @Option(help: "asha, median or none; default: asha.")
  var pruner: PrunerName?
  @Option(help: "Epochs before the first rung, or before the median counts; default: 1.")
  var grace: Int?
  @Option(help: "At each rung the best one in so many trials goes on; default: 2.")
  var reductionFactor: Int?
  @Option(help: "What becomes of the others: pause (they may be promoted later) or stop; default: pause.")
  var asha: Pruner.Mode?
  @Option(help: "The learning-rate schedule stretches over the trial, or to each rung of asha; default: trial.")
  var horizon: Horizon?
  @Option(help: ArgumentHelp("Largest number of parameters; default: 5M.", valueName: "count"))
  var budget: Quantity?
  @Option(help: ArgumentHelp("Largest number of multiply-adds of an image, e.g. 200M.", valueName: "count"))
  var budgetMultiplyAdds: Quantity?
  @Option(help: "Longest time of an epoch's steps in seconds, predicted for this machine, without validation.")
  var budgetSeconds: Double?
  @Option(
    help: ArgumentHelp(
      "Largest memory of the training steps in bytes, predicted, e.g. 2G; images and validation come on top.",
      valueName: "bytes"))
  var budgetMemory: Quantity?
  @Option(help: "Seed of values and trainings; default: 0.")
  var seed: UInt64?

  func validate() throws {
    if let images, images < 10 { throw ValidationError("--images \(images): use 10 or more") }
    if let epochs, epochs < 1 { throw ValidationError("--epochs \(epochs): use 1 or more") }
    if let grace, grace < 1 { throw ValidationError("--grace \(grace): use 1 or more") }
    if let budgetSeconds, !(budgetSeconds > 0 && budgetSeconds.isFinite) {
      throw ValidationError("--budget-seconds \(budgetSeconds): use a number above 0")
    }
    if pruner == PrunerName.none, grace != nil { throw ValidationError("--grace needs --pruner asha or median") }
    if pruner == PrunerName.none || pruner == .median, reductionFactor != nil || asha != nil {
      throw ValidationError("--reduction-factor and --asha need --pruner asha")
    }
  }
}

// All that a worker needs to go on with a study, as the study's own attribute in the storage:
// no file of the machine that made it is looked at again.
import Datasets
import Foundation
import Models
public import Training

/// What a study searches, how, and until when.
public struct StudyDefinition: Codable, Hashable, Sendable {
  /// The study's attribute that holds it.
  public static let attribute = "tpsnet:study"

  /// The space file's text.
  public var space: String
  /// Its name, for messages.
  public var origin: String
  /// `key=value` of the command line, laid over it.
  public var settings: [String]
  /// The configuration around the variables, as YAML.
  public var base: String
  /// Epochs of a whole trial.
  public var epochs: Int
  /// How values are chosen.
  public var sampler: Sampler
  /// Which trials go on.
  public var pruner: Pruner
  /// To what the learning-rate schedule stretches.
  public var horizon: Horizon
  /// The most trials; nil is no limit.
  public var trials: Int?
  /// Seed of the values and of the trainings.
  public var seed: UInt64
  /// What a candidate may cost.
  public var budget: Budget
  /// Images held out where a trial is trained in full; nil: as many as in the study.
  public var fullValidation: Int?
  /// The machine's rates, where the budget needs them.
  public var calibration: MachineRates?

  /// A study of a space. Throws `SpaceError` or `SearchError`.
  ///
  /// - Parameters:
  ///   - space: The space file's text.
  ///   - origin: Its name, for messages.
  ///   - base: The configuration around the variables; nil takes the file's preset, or else the default one.
  ///   - settings: `key=value` of the command line.
  ///   - epochs: Epochs of a whole trial; nil takes the configuration's.
  public init(
    space: String, origin: String, base: Configuration? = nil, settings: [String] = [], epochs: Int? = nil,
    sampler: Sampler = .random, pruner: Pruner = .default, horizon: Horizon = .trial, trials: Int? = nil,
    seed: UInt64 = 0, budget: Budget = Budget()
  ) throws {
    let parsed = try SearchSpace(yaml: space, origin: origin, base: base, settings: settings)
    self.space = space
    self.origin = origin
    self.settings = settings
    if case .folder? = try? DatasetSource(parsing: parsed.base.data.dataset) {
      // Workers may run elsewhere, where a path from here would mean another folder.
      let whole = "data.dataset=\(YAMLText.scalar(parsed.base.data.dataset))"
      if !settings.contains(whole) { self.settings.append(whole) }
    }
    self.base = try parsed.base.yaml()
    self.epochs = epochs ?? parsed.base.training.epochs
    self.sampler = sampler
    self.pruner = pruner
    self.horizon = horizon
    self.trials = trials
    self.seed = seed
    self.budget = budget
    try validate()
  }

  /// Reads the attribute's JSON text; throws `SearchError`.
  public init(json text: String) throws {
    do {
      self = try JSONDecoder().decode(StudyDefinition.self, from: Data(text.utf8))
    } catch {
      throw SearchError("the study's attribute \(Self.attribute) cannot be read: it is of another version of tpsnet")
    }
    try validate()
  }

  /// Throws `SearchError` where the pruner's numbers, the horizon and the epochs make no study; `rungs` may be asked for
  /// after that alone.
  public func validate() throws {
    try pruner.validate(epochs: epochs, horizon: horizon)
  }

  /// The attribute's JSON text.
  public func json() throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return String(decoding: try encoder.encode(self), as: UTF8.self)
  }

  /// The configuration around the variables, not validated: its layers may be more than any trial has. Settings that
  /// are newer than the study are left at what changes nothing. Throws `ConfigurationError`.
  public func baseConfiguration() throws -> Configuration {
    let plain = Configuration(model: ResNetSpec(stem: 1, widthFactor: 1, blocks: [1]))
    return try Configuration(
      ConfigurationTree(encoding: plain).overlaid(with: ConfigurationTree(yaml: base, origin: origin)))
  }

  /// What makes the study's trials. Throws `SpaceError` or `SearchError`, also where the space has no point that keeps
  /// the budget.
  public func proposer() throws -> Proposer { try Proposer(self) }

  /// Epochs after which a trial is at rung 0, 1, …; its end is no rung.
  public var rungs: [Int] { pruner.rungs(epochs: epochs, horizon: horizon) }
}

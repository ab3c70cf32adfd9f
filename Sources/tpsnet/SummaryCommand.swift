// `tpsnet summary`: a network's layers, exact counts and budget, before anything is allocated;
// on demand what training it takes on this machine.
import ArgumentParser
import Compute
import Formats
import Foundation
import Models
import OneDNNBackend
import Reports
import Training

struct SummaryCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "summary",
    abstract: "Show a network's layers, exact parameters and multiply-adds, and check a budget.",
    discussion: """
      Exits 2 where the network is over the budget. --measure trains for some steps on random images, by the settings of \
      the preset or the file, and says what memory and what time an epoch of 50,000 images take.

      EXAMPLE
        tpsnet summary --preset tpsnet --budget 5M
        tpsnet summary --set 'model.layers[0].blocks=5' --json
        tpsnet summary --config mine.yaml --measure
      """)

  @OptionGroup var options: ConfigurationOptions
  @OptionGroup var source: RunOptions
  @OptionGroup var engine: EngineOptions

  @Option(help: ArgumentHelp("Describe the network of a checkpoint, or of shipped weights.", valueName: "file"))
  var weights: String?

  @Option(help: "Largest number of parameters allowed, e.g. 5M, 300k or 4959770.")
  var budget: Quantity?

  @Flag(help: "Also measure memory and time of training on this machine, as --precision and --threads say.")
  var measure = false

  @Flag(help: "Print one JSON document.")
  var json = false

  func validate() throws {
    try source.validate(beside: options)
    if source.name != nil, weights != nil { throw ValidationError("--run and --weights: name one") }
    if !measure, !engine.layers.isEmpty {
      throw ValidationError("--precision and --threads are for --measure: add it, or leave them out")
    }
  }

  /// What training takes on this machine.
  struct Cost: Encodable {
    static let epochImages = 50_000

    let peakMemoryBytes: Int
    let epochSeconds: Double
    let batchSize: Int
    let precision: String
    let threads: Int
  }

  private struct Result: Encodable {
    let summary: ModelSummary
    let cost: Cost?

    /// The fields of both, side by side.
    func encode(to encoder: any Encoder) throws {
      try summary.encode(to: encoder)
      try cost?.encode(to: encoder)
    }
  }

  /// The network asked for, with the settings that it is trained with; `--preset` and the like are for weights that do
  /// not tell theirs.
  private func configuration() throws -> Configuration {
    guard let weights else {
      return try Configuration.resolve(
        options.layers + engine.layers, over: source.configuration() ?? Preset.default.configuration)
    }
    let file = try ShippedWeights.file(weights)
    let info = try options.isEmpty ? Checkpoint.describe(file) : options.load(weights: file).info
    return try Configuration.resolve(engine.layers, over: options.configuration(of: info))
  }

  func run() throws {
    let configuration = try configuration()
    let graph = try configuration.model.graph()
    let summary = ModelSummary(graph, budget: budget?.count)
    let cost = measure && summary.withinBudget ? try cost(of: graph, configuration) : nil
    if json { try Console.json(Result(summary: summary, cost: cost)) } else { show(summary, cost) }
    guard summary.withinBudget else {
      Console.error(
        "tpsnet: over budget: \(Format.grouped(summary.parameters)) parameters, "
          + "\(Format.grouped(budget?.count ?? 0)) allowed; use fewer blocks or channels")
      throw ExitCode(2)
    }
  }

  /// Times a few training steps.
  private func cost(of graph: Graph, _ configuration: Configuration) throws -> Cost {
    let backend = try OneDNNBackend.make(configuration)
    let precision = configuration.training.precision.resolved
    var measurement = try BenchMeasurement(.train, configuration, graph, backend, precision, profiles: false)
    try measurement.run(steps: 3)
    let batch = configuration.training.batchSize
    return Cost(
      peakMemoryBytes: Environment.peakMemoryBytes,
      epochSeconds: measurement.seconds.median * Double(Cost.epochImages) / Double(batch),
      batchSize: batch, precision: precision.rawValue, threads: backend.threads)
  }

  private func show(_ summary: ModelSummary, _ cost: Cost?) {
    Console.out(summary.table.text)
    Console.out("")
    let frozen = summary.frozenParameters == 0 ? "" : ", \(Format.grouped(summary.frozenParameters)) of them frozen"
    Console.out(
      "parameters      \(Format.grouped(summary.parameters)) (\(Format.mebibytes(summary.parameterBytes)) in fp32\(frozen))"
    )
    Console.out("multiply-adds   \(Format.grouped(summary.multiplyAdds)) an image, forward")
    Console.out(
      "training        \(Format.fixed(Double(summary.trainingOperations) / 1e9, 3)) GFLOP an image "
        + "(6 a multiply-add: forward and two gradients)")
    Console.out("activations     \(Format.grouped(summary.activations)) an image, kept for the backward pass")
    if let cost {
      Console.out(
        "memory          \(Format.mebibytes(cost.peakMemoryBytes)) to train in batches of \(Format.grouped(cost.batchSize)); "
          + "images, validation and averages of weights come on top")
      Console.out(
        "time            \(Format.duration(cost.epochSeconds)) an epoch of \(Format.grouped(Cost.epochImages)) images "
          + "(\(cost.precision), \(Format.counted(cost.threads, "thread")))")
    }
    if let budget = summary.budget {
      Console.out("budget          \(Format.grouped(budget)): \(summary.withinBudget ? "kept" : "exceeded")")
    }
  }
}

/// A number of parameters, multiply-adds or bytes, written as 5M, 300k or 4959770.
struct Quantity: ExpressibleByArgument {
  let count: Int

  init?(argument: String) {
    let units: [Character: Double] = ["k": 1e3, "K": 1e3, "m": 1e6, "M": 1e6, "g": 1e9, "G": 1e9]
    let unit = argument.last.flatMap { units[$0] }
    guard let number = Double(unit == nil ? argument : String(argument.dropLast())),
      (1...1e15).contains(number * (unit ?? 1))
    else { return nil }
    count = Int((number * (unit ?? 1)).rounded())
  }
}

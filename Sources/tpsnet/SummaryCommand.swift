// `tpsnet summary`: a network's layers, exact counts and budget, before anything is allocated.
import ArgumentParser
import Formats
import Foundation
import Models
import Reports
import Training

struct SummaryCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "summary",
    abstract: "Show a network's layers, exact parameters and multiply-adds, and check a budget.",
    discussion: """
      Exits 2 where the network is over the budget.

      EXAMPLE
        tpsnet summary --preset tpsnet --budget 5M
        tpsnet summary --set model.layers[0].blocks=5 --json
      """)

  @OptionGroup var options: ConfigurationOptions

  @Option(help: ArgumentHelp("Describe the network of a checkpoint, or of shipped weights.", valueName: "file"))
  var weights: String?

  @Option(help: "Largest number of parameters allowed, e.g. 5M, 300k or 4959770.")
  var budget: ParameterBudget?

  @Flag(help: "Print one JSON document.")
  var json = false

  /// The network asked for; `--preset` and the like are for weights that do not tell theirs.
  private func spec() throws -> ResNetSpec {
    guard let weights else { return try Configuration.resolve(options.layers).model }
    let file = try ShippedWeights.file(weights)
    guard let asked = try options.fallback(for: file) else { return try Checkpoint.describe(file).model }
    let found = try Checkpoint.load(file, fallback: asked).info.model
    guard found == asked.model else {
      throw ConfigurationError("--weights describes its own network: leave out --preset, --config and --set")
    }
    return found
  }

  func run() throws {
    let summary = ModelSummary(try spec().graph(), budget: budget?.parameters)
    if json { try Console.json(summary) } else { show(summary) }
    guard summary.withinBudget else {
      Console.error(
        "tpsnet: over budget: \(Format.grouped(summary.parameters)) parameters, "
          + "\(Format.grouped(budget?.parameters ?? 0)) allowed; use fewer blocks or channels")
      throw ExitCode(2)
    }
  }

  private func show(_ summary: ModelSummary) {
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
    if let budget = summary.budget {
      Console.out("budget          \(Format.grouped(budget)): \(summary.withinBudget ? "kept" : "exceeded")")
    }
  }
}

/// A number of parameters written as 5M, 300k or 4959770.
struct ParameterBudget: ExpressibleByArgument {
  let parameters: Int

  init?(argument: String) {
    let units: [Character: Double] = ["k": 1e3, "K": 1e3, "m": 1e6, "M": 1e6, "g": 1e9, "G": 1e9]
    let unit = argument.last.flatMap { units[$0] }
    guard let number = Double(unit == nil ? argument : String(argument.dropLast())), number > 0,
      number * (unit ?? 1) <= 1e15
    else { return nil }
    parameters = Int(number * (unit ?? 1))
  }
}

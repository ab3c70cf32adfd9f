// `tpsnet presets`: what `--preset` takes.
import ArgumentParser
import Models
import Reports
import Training

struct PresetsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "presets",
    abstract: "List the presets, or print one as a configuration to start from.",
    discussion: """
      EXAMPLE
        tpsnet presets
        tpsnet presets tpsnet > my.yaml
      """)

  @Argument(help: "Print this preset's configuration as YAML.")
  var name: String?

  @Flag(help: "Print one JSON document.")
  var json = false

  private struct Row: Encodable {
    let name: String
    let summary: String
    let parameters: Int
    let multiplyAdds: Int
    let epochs: Int
    let configuration: Configuration
  }

  func run() throws {
    if let name, !json {
      Console.out(try Preset.named(name).configuration.yaml())
      return
    }
    let rows = try (name.map { [try Preset.named($0)] } ?? Preset.all).map { preset in
      let graph = try preset.configuration.model.graph()
      return Row(
        name: preset.name, summary: preset.summary, parameters: graph.parameterCount,
        multiplyAdds: graph.multiplyAdds, epochs: preset.configuration.training.epochs,
        configuration: preset.configuration)
    }
    if json { return try Console.json(rows) }
    var table = Table(["preset", "parameters", "multiply-adds", "epochs", "about"])
    for row in rows {
      table.append([
        row.name, Format.grouped(row.parameters), Format.grouped(row.multiplyAdds), "\(row.epochs)", row.summary,
      ])
    }
    Console.out(table.text)
  }
}

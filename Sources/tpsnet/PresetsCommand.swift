// `tpsnet presets`: what `--preset` takes.
import ArgumentParser
import Models
import Reports
import Training

struct PresetsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "presets",
    abstract: "List the presets, or print one, or what `train` would make of your settings, as a configuration.",
    discussion: """
      EXAMPLE
        tpsnet presets
        tpsnet presets tpsnet > my.yaml
        tpsnet presets --config my.yaml --set schedule.period=30
      """)

  @Argument(help: "Print this preset's configuration as YAML.")
  var name: String?

  @OptionGroup var options: ConfigurationOptions

  @Flag(help: "Print one JSON document.")
  var json = false

  func validate() throws {
    if name != nil, options.preset != nil { throw ValidationError("name one preset") }
    if json, !options.isEmpty { throw ValidationError("--json lists presets: leave out --preset, --config and --set") }
  }

  private struct Row: Encodable {
    let name: String
    let summary: String
    let parameters: Int
    let multiplyAdds: Int
    let epochs: Int
    let configuration: Configuration
  }

  func run() throws {
    if !json, name != nil || !options.isEmpty {
      let layers = (name.map { [Configuration.Layer.preset($0)] } ?? []) + options.layers
      return Console.out(try Configuration.resolve(layers).yaml())
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

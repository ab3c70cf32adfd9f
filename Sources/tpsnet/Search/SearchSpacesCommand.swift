// `tpsnet search spaces`: the spaces that come with the program, to use or to start one's own from.
import ArgumentParser
import Reports
import Search
import Training

struct SearchSpacesCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "spaces",
    abstract: "List the spaces that come with the program, or print one as a file to start from.",
    discussion: """
      EXAMPLE
        tpsnet search spaces
        tpsnet search spaces tpsnet > my-space.yaml
      """)

  @Argument(help: "Print this space.")
  var name: String?
  @Flag(help: "Print one JSON document.")
  var json = false

  private struct Row: Encodable {
    let name, summary, text: String
  }

  func run() throws {
    let spaces = SearchSpace.shipped.filter { name == nil || $0.name == name }
    guard !spaces.isEmpty else {
      let names = SearchSpace.shipped.map(\.name).joined(separator: ", ")
      throw ConfigurationError("unknown space \(name ?? ""); there are \(names)")
    }
    if json { return try Console.json(spaces.map { Row(name: $0.name, summary: $0.summary, text: $0.text) }) }
    if let name, let space = SearchSpace.shipped(named: name) { return Console.out(space) }
    var table = Table(["space", "about"])
    for space in spaces { table.append([space.name, space.summary]) }
    Console.out(table.text)
  }
}

// `tpsnet report`: a run for a browser and for the terminal, or several runs beside one another.
// It reads only, so that a run may go on meanwhile.
import ArgumentParser
import Datasets
import Formats
import Foundation
import Models
import Reports
import Training

struct ReportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "report",
    abstract: "Report a run, or compare several.",
    discussion: """
      The short form goes to the terminal, everything to one HTML file that needs nothing else and no network: of one \
      run to its folder, of several to comparison.html beside them. The test images are looked at with the run's best \
      weights by validation, or its last where nothing was held out.

      EXAMPLE
        tpsnet report sprint-1
        tpsnet report sprint-1 mine --output both.html --plots figures
      """)

  @Argument(help: ArgumentHelp("Runs: folders, or names in the folder of all runs.", valueName: "run"))
  var names: [String]
  @Option(help: ArgumentHelp("Folder of all runs; default: runs.", valueName: "dir"), transform: path)
  var runs = "runs"
  @Option(help: ArgumentHelp("Where to write the HTML file.", valueName: "file"), transform: path)
  var output: String?
  @Option(help: ArgumentHelp("Write every figure as SVG, PNG and PDF.", valueName: "dir"), transform: path)
  var plots: String?
  @OptionGroup var dataOptions: DataOptions
  @OptionGroup var engine: EngineOptions
  @Flag(help: "Print one JSON document instead of the short form.")
  var json = false

  func validate() throws {
    if names.isEmpty { throw ValidationError("name a run") }
    let ofImages = [
      ("--data", dataOptions.data != nil), ("--precision", engine.precision != nil),
      ("--threads", engine.threads != nil),
    ]
    if names.count > 1, let (option, _) = ofImages.first(where: \.1) {
      throw ValidationError("\(option) is for the images of one run: leave it out")
    }
  }

  private struct Row: Encodable {
    let run: String
    let parameters: Int
    let multiplyAdds: Int
    let history: [EpochRecord]
    let summary: RunSummary?
    let testAccuracy: Double?
    let testPrecision: String?
    let calibrationError: Double?
    let mistakes: [TestResult.Mistake]?

    init(_ data: RunData) {
      run = data.name
      parameters = data.network.parameters
      multiplyAdds = data.network.multiplyAdds
      history = data.history
      summary = data.summary
      testAccuracy = data.test?.evaluation.accuracy ?? data.summary?.testAccuracy
      testPrecision = data.test?.precision ?? data.summary?.precision
      calibrationError = data.test?.calibration.expectedError
      mistakes = data.test.map { Array($0.mistakes.prefix(TestResult.listed)) }
    }
  }

  private struct Document: Encodable {
    let runs: [Row]
    /// Runs that differ in their seeds alone.
    let groups: [SeedGroup]
  }

  func run() throws {
    let folder = URL(fileURLWithPath: runs)
    let found = try runs(in: folder)
    if let output { try OutputFile.demand("--output", output, isNoneOf: found.flatMap(OutputFile.files)) }
    if found.count == 1 { return try report(found[0]) }
    // Runs of two folders may share a name.
    let areNamed = Set(found.map(\.url.lastPathComponent)).count == found.count
    let all = try found.map { try RunData($0, name: areNamed ? nil : $0.url.relativePath) }
    let comparison = RunComparison(all)
    let page =
      output.map { URL(fileURLWithPath: $0) }
      ?? found[0].url.deletingLastPathComponent().appendingPathComponent("comparison.html")
    if json {
      try Console.json(Document(runs: all.map(Row.init), groups: comparison.groups))
    } else {
      Console.out(try comparison.text(width: Console.outputWidth, usesColor: Console.outputUsesColor))
    }
    try write(try comparison.html(), comparison.figures, to: page)
  }

  /// The runs that are named. Of several names, which a shell may have made of `runs/*`, those of other files and
  /// folders are left out.
  private func runs(in folder: URL) throws -> [RunDirectory] {
    var (runs, others) = ([RunDirectory](), [String]())
    for name in names {
      do {
        runs.append(try RunDirectory.find(name, in: folder))
      } catch  where names.count > 1 && FileManager.default.fileExists(atPath: name) {
        others.append(name)
      }
    }
    if !others.isEmpty { Console.error("no runs, and left out: \(others.joined(separator: ", "))") }
    return runs.isEmpty ? [try RunDirectory.find(names[0], in: folder)] : runs
  }

  private func report(_ run: RunDirectory) throws {
    let surroundings = RunSurroundings(data: dataOptions.directory, engine: engine)
    let data = try surroundings.data(of: run)
    if json {
      try Console.json(Document(runs: [Row(data)], groups: []))
    } else {
      Console.out(data.text(width: Console.outputWidth, usesColor: Console.outputUsesColor))
    }
    let page = output.map { URL(fileURLWithPath: $0) } ?? run.report
    if output == nil, data.test == nil || data.history.isEmpty,
      let text = try? String(contentsOf: page, encoding: .utf8), !text.contains(RunData.withoutImages)
    {
      // One with less in it would take its place.
      let lack = data.test == nil ? "images" : "curves"
      Console.error("\(page.relativePath) stays as it is; --output FILE writes a report without \(lack)")
      if let plots { try data.figures.write(to: URL(fileURLWithPath: plots)) }
    } else {
      try write(try data.html(path: run.url.relativePath, dataFlag: dataOptions.flag), data.figures, to: page)
    }
  }

  /// Last, so that a folder that cannot be written costs nobody the short form.
  private func write(_ html: String, _ figures: [Figure], to page: URL) throws {
    do {
      try AtomicFile.write(Data(html.utf8), to: page)
    } catch {
      throw FileError(
        operation: error.operation, path: error.path, reason: "\(error.reason): write it elsewhere with --output")
    }
    Console.error("report: \(page.relativePath)")
    if let plots { try figures.write(to: URL(fileURLWithPath: plots)) }
  }
}

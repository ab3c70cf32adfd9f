// `tpsnet data`: fetch CIFAR-10, check a copy, describe a data set, bring one in from elsewhere.
import ArgumentParser
import Datasets
import Foundation
import Reports
import Training

struct DataCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "data",
    abstract: "Download, verify, describe or import data sets.",
    discussion: """
      EXAMPLE
        tpsnet data download --data ~/data
        tpsnet data info --data ~/data --json
      """,
    subcommands: [Download.self, Verify.self, Info.self, Import.self])

  struct Download: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Fetch CIFAR-10 (162 MiB), verify and unpack it; goes on where it was interrupted.",
      discussion: """
        TPSNET_DATA_URL names a mirror.

        EXAMPLE
          tpsnet data download --data ~/data
        """)

    @OptionGroup var options: DataOptions
    @Flag(help: "Print one JSON document.")
    var json = false

    func run() throws {
      try DataCommand.show(download(), json: json)
    }

    private func download() throws -> DataReport {
      let isTerminal = Console.isTerminal
      // What follows, an error too, begins a line.
      defer { if isTerminal { Console.progress("\r\u{1B}[K") } }
      return try CIFAR10Download.run(into: options.directory) { progress in
        guard isTerminal else { return }
        let share = Double(progress.receivedBytes) / Double(max(1, progress.totalBytes))
        Console.progress("\r\u{1B}[K\(Format.percent(share)) of \(Format.mebibytes(progress.totalBytes))")
      }
    }
  }

  struct Verify: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Compare a copy of CIFAR-10 with the official files; exits 1 where it differs.",
      discussion: """
        EXAMPLE
          tpsnet data verify --data ~/data
        """)

    @OptionGroup var options: DataOptions
    @Flag(help: "Print one JSON document.")
    var json = false

    func run() throws {
      let report = try DataVerification.verify(options.directory)
      try DataCommand.show(report, json: json)
      if !report.isGenuine { throw ExitCode(1) }
    }
  }

  struct Info: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Count the images of a data set and measure their channels.",
      discussion: """
        EXAMPLE
          tpsnet data info --dataset fashion-mnist
        """)

    @OptionGroup var options: DataOptions
    @Option(help: ArgumentHelp("cifar10, fashion-mnist or folder:PATH.", valueName: "set"))
    var dataset = "cifar10"
    @Flag(help: "Print one JSON document.")
    var json = false

    func run() throws {
      let source = try DatasetSource(parsing: dataset)
      if case .folder(let path) = source { try ImageFolder.remarks(on: path).forEach(Console.error) }
      let info = DataInfo(try source.load(from: options.directory))
      if json { return try Console.json(info) }
      var table = Table(["class", "train", "test"])
      for (index, name) in info.classNames.enumerated() {
        table.append([
          name, Format.grouped(info.train.classCounts[index]), Format.grouped(info.test.classCounts[index]),
        ])
      }
      Console.out(table.text)
      for (name, part) in [("train", info.train), ("test", info.test)] {
        func list(_ values: [Double]) -> String { values.map { Format.fixed($0, 4) }.joined(separator: ", ") }
        Console.out(
          "\(name): \(Format.grouped(part.images)) images of \(info.imageShape.map(String.init).joined(separator: "×")), "
            + "mean (\(list(part.mean))), std (\(list(part.standardDeviation)))")
      }
    }
  }

  struct Import: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Bring in CIFAR-10 from a folder or archive, in binary or Python layout.",
      discussion: """
        EXAMPLE
          tpsnet data import ~/Downloads/cifar-10-python.tar.gz
        """)

    @OptionGroup var options: DataOptions
    @Argument(help: "A folder or a .tar.gz.")
    var source: String
    @Flag(help: "Print one JSON document.")
    var json = false

    func run() throws {
      try DataCommand.show(DataImport.run(from: source, into: options.directory), json: json)
    }
  }

  private static func show(_ report: DataReport, json: Bool) throws {
    if json { return try Console.json(report) }
    var table = Table(["file", "images", "status"])
    for file in report.files { table.append([file.name, "\(file.images)", file.status.rawValue]) }
    Console.out(table.text)
    Console.out("\(report.path): \(report.verdict.rawValue)")
  }
}

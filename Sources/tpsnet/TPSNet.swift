// The command `tpsnet`: its subcommands, and the exit code of every way to end
// (0 done, 1 failed while running, 2 wrong usage or configuration, 3 no way to the network, 130 interrupted).
import ArgumentParser
import Compute
import Datasets
import Formats
import Foundation
import Models
import Search
import Training

@main
struct TPSNet: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "tpsnet",
    abstract: "Design, train and test compact residual networks for small images, on ordinary CPUs.",
    discussion: """
      EXAMPLE
        tpsnet train --preset sprint
        tpsnet test --run sprint-1 --tta flip

      EXIT CODES
        0    done
        1    failed while running
        2    wrong usage or configuration
        3    a download failed because of the network
        130  interrupted, after a checkpoint
      """,
    version: Environment.version,
    subcommands: [
      TrainCommand.self, TestCommand.self, PredictCommand.self, ReportCommand.self, SummaryCommand.self,
      PresetsCommand.self, DataCommand.self, SearchCommand.self, ImportCommand.self, ExportCommand.self,
      BenchCommand.self, StorageCommand.self,
    ])

  static func main() {
    // Writing to a reader that has gone away (`| head`) fails instead of ending the program.
    signal(SIGPIPE, SIG_IGN)
    do {
      var command = try parseAsRoot()
      try command.run()
    } catch let code as ExitCode {
      Foundation.exit(code.rawValue)
    } catch {
      let code = exitStatus(of: error)
      if code == 0 {
        // Help and version.
        Console.out(fullMessage(for: error))
      } else {
        Console.error("tpsnet: " + (isUsage(error) ? usage(error) : "\(error)").withoutControls)
      }
      Foundation.exit(code)
    }
  }

  /// Wrong arguments in one line: ArgumentParser's message, and of what follows it the help that it points to.
  private static func usage(_ error: any Error) -> String {
    let help = fullMessage(for: error).split(separator: "'").last { $0.hasSuffix(" --help") }
    let message = message(for: error).split(whereSeparator: \.isWhitespace).joined(separator: " ")
    return message + (help.map { " (see \($0))" } ?? "")
  }

  private static func isUsage(_ error: any Error) -> Bool {
    exitCode(for: error) == .validationFailure
  }

  private static func exitStatus(of error: any Error) -> Int32 {
    if exitCode(for: error) == .success { return 0 }
    switch error {
    case is ConfigurationError, is SpecError, is SearchError, is SpaceError: return 2
    case StorageError.studyExists, ComputeError.unsupportedPrecision, ComputeError.invalidBatch: return 2
    case let error as DatasetError: return [.usage: 2, .network: 3][error.kind] ?? 1
    default: return isUsage(error) ? 2 : 1
    }
  }
}

// `tpsnet search`: studies of many trials, run by worker processes that share nothing but a database.
// Each subcommand has a file of its own.
import ArgumentParser

struct SearchCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "search",
    abstract: "Search for the best network under a budget; never lose a trial.",
    discussion: """
      A study lives in an SQLite file, or in PostgreSQL for many machines, in Optuna's schema. Its trials' checkpoints \
      lie in a folder. Workers may be stopped or killed at any moment: the same command goes on.

      EXAMPLE
        tpsnet search run --study first --space tpsnet --trials 200 \\
            --images 10000 --workers 2
        tpsnet search list --study first --watch
        tpsnet search best --study first --top 3
        tpsnet search report --study first --output first.html
        tpsnet train --from-trial first#17 --epochs 300
      """,
    subcommands: [
      SearchRunCommand.self, SearchWorkerCommand.self, SearchEnqueueCommand.self, SearchListCommand.self,
      SearchBestCommand.self, SearchReportCommand.self, SearchStopCommand.self, SearchDeleteCommand.self,
      SearchSpacesCommand.self,
    ])
}

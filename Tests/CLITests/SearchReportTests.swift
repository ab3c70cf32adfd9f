// `tpsnet search report` of a small real study: the terminal, a page, figures, JSON and CSV of the same trials,
// and refusals that say what would be right.
import Foundation
import Testing

@Suite struct SearchReportTests {
  @Test func aStudyIsReportedInEveryForm() throws {
    let workspace = try SearchWorkspace(data: Workspace())
    let made = try tpsnet(workspace.arguments(trials: 9) + ["--epochs", "2", "--pruner", "none"])
    #expect(made.code == 0, "\(made.errors)")
    let report = ["search", "report", "--study", "tiny", "--storage", workspace.storage]

    let text = try tpsnet(report)
    #expect(text.code == 0 && text.output.hasPrefix("Study tiny: 9 trials: 9 complete. Best: trial "), "\(text.errors)")
    #expect(text.output.contains("Effect of optimizer.learningRate") && !text.output.contains("\u{1B}"))

    let page = workspace.folder.appendingPathComponent("report.html")
    let figures = workspace.folder.appendingPathComponent("figures")
    let files = try tpsnet(report + ["--output", page.path, "--plots", figures.path])
    #expect(files.code == 0 && files.output.isEmpty && files.errors == "report: \(page.path)\n", "\(files.errors)")
    let html = try String(contentsOf: page, encoding: .utf8)
    #expect(html.hasPrefix("<!DOCTYPE html>") && html.contains("Trials are compared after 2 epochs: 9 of 9 trials"))
    let names = try FileManager.default.contentsOfDirectory(atPath: figures.path)
    for name in ["parameters", "effect-model-stem-channels", "importance-fANOVA", "parallel-coordinates"] {
      #expect(["svg", "png", "pdf"].allSatisfy { names.contains("\(name).\($0)") }, "\(names)")
    }

    let over = try tpsnet(report + ["--output", workspace.storage])
    #expect(over.code == 2 && over.errors.contains("would overwrite"), "\(over.errors)")

    let document = try tpsnet(report + ["--json", "--epoch", "1"]).json()
    #expect(document["comparedAfterEpochs"] as? Int == 1 && (document["trials"] as? [Any])?.count == 9)
    #expect((document["importance"] as? [Any])?.count == 3 && document["best"] != nil)
    let csv = try tpsnet(report + ["--csv"]).output
    #expect(csv == (try tpsnet(["search", "list", "--csv"] + report.dropFirst(2)).output))

    let epoch = try tpsnet(report + ["--epoch", "3"])
    #expect(epoch.code == 2 && epoch.errors == "tpsnet: --epoch 3: no trial has been measured then; use 1 to 2\n")
    let unwritable = try tpsnet(report + ["--output", "/proc/none/report.html"])
    #expect(unwritable.code == 1 && unwritable.errorLines.count == 1 && unwritable.errors.contains("/proc/none"))
    let folder = try tpsnet(report + ["--plots", page.path])
    #expect(folder.code == 1 && folder.errorLines.count == 1 && folder.errors.contains(page.path), "\(folder.errors)")
  }
}

// `tpsnet report` of a trained run, with and without its data, and of two runs:
// a page in the run's folder, the short form, JSON, figures.
import Foundation
import TestSupport
import Testing

@Suite struct ReportTests {
  let workspace: Workspace

  init() throws { workspace = try Workspace.shared.get().workspace }

  private func report(_ more: String...) throws -> Outcome {
    try tpsnet(["report", "--runs", workspace.runs, "--data", workspace.data, "--threads", "1"] + more)
  }

  @Test func trainingLeavesAPage() throws {
    let page = workspace.file("shared", "report.html")
    let html = try String(contentsOf: page, encoding: .utf8)
    #expect(html.hasPrefix("<!DOCTYPE html>") && html.contains("Run shared: test accuracy "))
    #expect(html.contains("Confusion matrix") && html.contains("data:image/png;base64,"))
    #expect(try Workspace.shared.get().outcome.output.contains("report: \(page.path)"))
  }

  @Test func aRunIsReported() throws {
    let folder = try TemporaryFolder()
    let page = folder.path("page.html")
    let text = try report("shared", "--output", page, "--plots", folder.path("figures"))
    #expect(text.code == 0 && text.errors == "report: \(page)\n", "\(text.errors)")
    #expect(text.output.hasPrefix("Run shared: test accuracy ") && text.output.contains("Accuracy of each class"))
    let names = try FileManager.default.contentsOfDirectory(atPath: folder.path("figures"))
    for name in ["accuracy", "loss", "learning-rate", "throughput", "confusion", "classes", "reliability"] {
      #expect(["svg", "png", "pdf"].allSatisfy { names.contains("\(name).\($0)") }, "\(names)")
    }
    // The page that training left says the same, since it looked at the same weights and images.
    let left = try String(contentsOf: workspace.file("shared", "report.html"), encoding: .utf8)
    func images(_ html: String) -> Int { html.components(separatedBy: "<img ").count - 1 }
    let written = try String(contentsOfFile: page, encoding: .utf8)
    #expect(images(left) == images(written) && images(left) > 2)

    let outcome = try report("shared", "--json", "--output", page)
    let rows = try #require(outcome.json()["runs"] as? [[String: Any]])
    #expect(rows.count == 1 && rows[0]["run"] as? String == "shared" && (rows[0]["history"] as? [Any])?.count == 2)
    let summary = try #require(rows[0]["summary"] as? [String: Any])
    #expect(rows[0]["testAccuracy"] as? Double == summary["testAccuracy"] as? Double)
    #expect(rows[0]["calibrationError"] is Double && rows[0]["mistakes"] is [Any])
  }

  @Test func withoutItsDataARunIsReportedAllTheSame() throws {
    let folder = try TemporaryFolder()
    let outcome = try tpsnet(
      "report", "shared", "--runs", workspace.runs, "--data", folder.path("none"), "--output", folder.path("page.html"))
    #expect(outcome.code == 0 && outcome.output.contains("Learning rate") && !outcome.output.contains("Confusion"))
    #expect(outcome.errorLines.count == 2 && outcome.errors.hasPrefix("without images: "), "\(outcome.errors)")
    let html = try String(contentsOfFile: folder.path("page.html"), encoding: .utf8)
    #expect(html.contains("They were not looked at for this report."))
    // The page that is there has more in it.
    let page = workspace.file("shared", "report.html")
    let before = try Data(contentsOf: page)
    let again = try tpsnet("report", "shared", "--runs", workspace.runs, "--data", folder.path("none"))
    #expect(again.code == 0 && again.errors.contains("report.html stays as it is"), "\(again.errors)")
    #expect(try Data(contentsOf: page) == before)
    // One without images is renewed.
    let run = folder.url.appendingPathComponent("run")
    try FileManager.default.copyItem(at: page.deletingLastPathComponent(), to: run)
    try FileManager.default.removeItem(at: run.appendingPathComponent("report.html"))
    for _ in 0..<2 {
      let renewed = try tpsnet("report", run.path, "--data", folder.path("none"))
      #expect(renewed.code == 0 && renewed.errors.contains("report: "), "\(renewed.errors)")
    }
  }

  /// One from elsewhere, of a precision that this processor may not have.
  @Test func aRunThatCannotBeJudgedHereIsReportedAllTheSame() throws {
    let folder = try TemporaryFolder()
    let run = folder.url.appendingPathComponent("run")
    try FileManager.default.copyItem(
      at: workspace.file("shared", "metrics.csv").deletingLastPathComponent(), to: run)
    let file = run.appendingPathComponent("config.yaml")
    let text = try String(contentsOf: file, encoding: .utf8)
    let other = text.replacing(#/precision: "?[a-z0-9]+"?/#, with: "precision: bf16")
    #expect(other != text)
    try Data(other.utf8).write(to: file)
    let outcome = try report(run.path)
    let isJudged = outcome.output.contains("Confusion")
    #expect(outcome.code == 0 && outcome.output.contains("Learning rate"), "\(outcome.errors)")
    #expect(isJudged != outcome.errors.hasPrefix("without images: unsupported precision bf16"), "\(outcome.errors)")
    #expect(try report(run.path, "--precision", "bf16").code == (isJudged ? 0 : 2))
  }

  @Test func runsAreComparedAndUnknownOnesRefused() throws {
    let folder = try TemporaryFolder()
    let other = folder.path("other")
    try FileManager.default.copyItem(
      at: workspace.file("shared", "metrics.csv").deletingLastPathComponent(), to: URL(fileURLWithPath: other))
    let comparison = ["report", "shared", other, "--runs", workspace.runs]
    let outcome = try tpsnet(comparison + ["--output", folder.path("page.html")])
    #expect(outcome.code == 0 && outcome.output.hasPrefix("run "), "\(outcome.errors)")
    #expect(try String(contentsOfFile: folder.path("page.html"), encoding: .utf8).contains("Comparison of 2 runs"))
    for (option, value) in [("--data", workspace.data), ("--precision", "fp32"), ("--threads", "1")] {
      let refused = try tpsnet(comparison + [option, value])
      #expect(refused.code == 2 && refused.errors.contains("\(option) is for the images"), "\(refused.errors)")
    }
    // As a shell writes out `runs/*`.
    let all = [workspace.file("shared", "").path, other, folder.path("page.html")]
    let some = try tpsnet(["report", "--output", folder.path("page.html")] + all)
    #expect(some.code == 0 && some.errors.hasPrefix("no runs, and left out: \(all[2])\n"), "\(some.errors)")
    let unknown = try report("nobody")
    #expect(unknown.code == 2 && unknown.errors.hasPrefix("tpsnet: no run nobody: "), "\(unknown.errors)")
  }
}

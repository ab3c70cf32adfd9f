// Numbers, tables and progress as people see them:
// on a terminal, in a log, and with and without colours.
import Compute
import Reports
import TestSupport
import Testing
import Training

@Suite struct ReportsTests {
  @Test func numbersReadWell() {
    #expect(Format.grouped(0) == "0" && Format.grouped(999) == "999" && Format.grouped(4_959_770) == "4,959,770")
    #expect(Format.grouped(-1000) == "-1,000" && Format.grouped(.min) == "-9,223,372,036,854,775,808")
    #expect(Format.percent(0.94836) == "94.84 %")
    #expect(Format.percent(1) == "100.00 %")
    #expect(Format.duration(0) == "0:00" && Format.duration(59.6) == "1:00" && Format.duration(3723) == "1:02:03")
    #expect(Format.duration(-5) == "0:00")
    for odd in [Double.nan, .infinity, .greatestFiniteMagnitude] { #expect(Format.duration(odd) == "–") }
    #expect(Format.mebibytes(2_700_000) == "3 MiB")
  }

  @Test func numbersStandToTheRight() {
    var table = Table(["name", "count"])
    table.append(["a", "5"])
    table.append(["longer", "1,000"])
    table.append(["b"])
    #expect(
      table.text == """
        name    count
        ─────────────
        a           5
        longer  1,000
        b
        """)
    #expect(Table(["name"]).text == "name\n────")
  }

  @Test func confusionsNameTheirClasses() {
    let evaluation = Evaluation(logits: [1, 0, 1, 0, 0, 1], labels: [0, 1, 1], classes: 2)
    #expect(
      evaluation.table(classNames: ["airplane", "cat"]) == """
        true class  accuracy  airp  cat
        ───────────────────────────────
        airplane    100.00 %     1
        cat          50.00 %     1    1
        """)
    #expect(evaluation.table(classNames: []).contains("\n         1   50.00 %"))
    // Names that begin alike are told apart by their numbers, and a class without images leaves a gap.
    #expect(
      Evaluation(logits: [1, 0, 0], labels: [0], classes: 3).table(classNames: ["class 1", "class 2", "class 3"]) == """
        true class   accuracy  0  1  2
        ──────────────────────────────
        class 1 [0]  100.00 %  1
        class 2 [1]
        class 3 [2]
        """)
  }

  @Test func confusionsOfManyClassesAreAList() {
    // Each image is taken for the class before its own.
    let logits = (0..<20).flatMap { label in (0..<20).map { $0 == (label + 19) % 20 ? Float(1) : 0 } }
    let evaluation = Evaluation(logits: logits, labels: (0..<20).map(Int32.init), classes: 20)
    let text = TestResult(evaluation, classNames: (0..<20).map { "n\($0 + 100)" }).text
    #expect(
      text.hasPrefix("class  images  correct  accuracy\n") && text.contains("\nn101   n100            1\n"), "\(text)")
    #expect(text.split(separator: "\n").allSatisfy { $0.count < 80 })
  }

  /// What a reporter writes of a run of one epoch.
  private func report(isTerminal: Bool, width: Int = 80, usesColor: Bool = false) throws -> String {
    var text = ""
    let reporter = ProgressReporter(isTerminal: isTerminal, width: width, usesColor: usesColor) { text += $0 }
    let folder = try TemporaryFolder()
    defer { withExtendedLifetime(folder) {} }
    let trainer = TrainerRun(Tiny.configuration, .fp32, folder.run())
    trainer.onEvent = { reporter.show($0) }
    _ = try trainer.result()
    reporter.finish()
    return text
  }

  @Test func aLogHasPlainLines() throws {
    let lines = try report(isTerminal: false).split(separator: "\n")
    #expect(lines[0].hasPrefix("48 training images, 16 held out for validation; 3 epochs of 4 steps; "))
    #expect(lines.filter { $0.hasPrefix("epoch ") && $0.contains("val loss") }.count == 3)
    #expect(lines.contains { $0.contains(" best") })
    #expect(lines.allSatisfy { !$0.contains("\u{1B}") && !$0.contains("\r") })
  }

  @Test(arguments: [1, 20, 60, 200]) func aTerminalsLineFits(width: Int) throws {
    let text = try report(isTerminal: true, width: width)
    for line in text.split(separator: "\n") {
      for drawn in line.split(separator: "\r").dropLast() {
        #expect(drawn.replacing("\u{1B}[K", with: "").count < max(20, width), "\(drawn)")
      }
    }
    #expect(text.contains("\r\u{1B}[K") && !text.contains("\u{1B}[32m"))
    #expect(try report(isTerminal: true, width: width, usesColor: true).contains("\u{1B}[32mbest\u{1B}[0m"))
  }
}

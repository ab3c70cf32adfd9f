// A study's report: one page for a browser, or its short form for a terminal.
// Both say the same of the same data.
import Foundation
import Plots
import Search

extension StudyData {
  /// The report as one HTML file.
  ///
  /// - Parameter storageFlag: what a command needs to find the study's storage, ` --storage …` or nothing.
  public func html(storageFlag: String) -> String {
    var page = HTMLPage(title: "Study \(name)")
    page.paragraph(summary)
    page.facts(facts)
    page.section("Best trials")
    if ranked.isEmpty {
      page.paragraph("No trial has a result yet.")
    } else {
      page.table(TrialRow.table(ranked.prefix(15).map(TrialRow.init)))
      page.paragraph("Complete trials come first, then the others by the epochs that they have come to.")
    }
    page.figures([history, cost])
    page.section("What matters")
    page.paragraph(comparison)
    page.figures([shareOfVariance, riseOfError])
    page.section("Effects")
    let effects = effects
    let constants = variables.filter { !$0.varies }.map(\.name)
    if effects.isEmpty {
      page.paragraph("No variable has had two values among the compared trials yet.")
    } else {
      page.paragraph(
        "Each row is a value with its trials, quartiles and median; whatever else those trials had is mixed into it.")
      page.figures(effects)
    }
    if !constants.isEmpty { page.paragraph("Of one value only: \(constants.joined(separator: ", ")).") }
    page.figures([parallel])
    page.section("Course")
    page.figures([bestCurves, rungSurvival, rungAccuracies, foresight])
    failures(&page)
    definition(&page)
    page.section("How to reproduce")
    page.preformatted(commands(storageFlag: storageFlag).joined(separator: "\n"))
    page.section("All trials")
    let listed = trials.suffix(2000)
    page.details(
      listed.count < trials.count
        ? "The last \(Format.grouped(listed.count)) of \(Format.grouped(trials.count)) trials"
        : Format.counted(trials.count, "trial")
    ) { $0.table(TrialRow.table(listed.map(TrialRow.init))) }
    return page.html
  }

  /// The report's short form: lines of at most `width` columns, tables apart.
  public func text(width: Int, usesColor: Bool) -> String {
    var parts = [summary]
    if !ranked.isEmpty {
      parts.append(TrialRow.table(ranked.prefix(5).map(TrialRow.init), withVariables: false).text)
    }
    if let best = ranked.first {
      let values = variables.compactMap { variable in
        best.parameters[variable.name].map { "\(variable.name)=\(variable.text($0.stored))" }
      }
      parts.append("trial \(best.number): \(values.joined(separator: " "))")
    }
    let chosen = [cost, shareOfVariance] + effects.prefix(12) + [bestCurves, rungSurvival]
    if !compared.isEmpty { parts.append(comparison) }
    parts += chosen.map { $0.plot.terminal(width: width, usesColor: usesColor) }
    return parts.joined(separator: "\n\n")
  }

  /// `200 trials: 6 complete, 190 pruned, 4 failed.` and the best of them.
  private var summary: String {
    let parts = counts.map { "\(Format.grouped($0.count)) \($0.state.word)" }
    let total = Format.counted(trials.count, "trial")
    var text = "Study \(name): " + (parts.isEmpty ? "no trials yet." : "\(total): \(parts.joined(separator: ", ")).")
    if let best = ranked.first, let result = best.resultText { text += " Best: trial \(best.number), \(result)." }
    return text
  }

  private var facts: [(name: String, value: String)] {
    var facts: [(name: String, value: String)] = []
    if let best = ranked.first, let value = best.result {
      facts.append(("best accuracy", Format.percent(value)))
      facts.append(("best trial", "\(best.number)"))
      if let count = best.parameterCount { facts.append(("its parameters", Format.grouped(count))) }
    }
    if seconds > 0 { facts.append(("training time of all trials", Format.duration(seconds))) }
    if let first = trials.compactMap(\.started).min() { facts.append(("first start", Self.date(first))) }
    if let last = trials.compactMap(\.ended).max() { facts.append(("last end", Self.date(last))) }
    return facts
  }

  private static func date(_ date: Date) -> String {
    let day = Date.ISO8601FormatStyle().year().month().day().dateSeparator(.dash)
    let minutes = date.formatted(day.time(includingFractionalSeconds: false).dateTimeSeparator(.space)).dropLast(3)
    return "\(minutes) UTC"
  }

  /// What the figures compare.
  private var comparison: String {
    let accuracy = epoch.map { "after \(Format.counted($0, "epoch"))" } ?? "at their end"
    var text = "Trials are compared \(accuracy): \(comparedText) got there."
    if let definition, case .asha = definition.pruner, compared.count < trials.count {
      text +=
        " Rungs let the better ones go on, so the worse values of each variable are rarer here than they were drawn."
    }
    return text
  }

  private func failures(_ page: inout HTMLPage) {
    let failed = trials.filter { $0.state == .failed }
    guard !failed.isEmpty else { return }
    page.section("Failed trials")
    var groups: [String: [Int]] = [:]
    for trial in failed { groups[trial.error ?? "no reason was recorded", default: []].append(trial.number) }
    var table = Table(["trials", "count", "reason"])
    for (reason, numbers) in groups.sorted(by: { ($0.value.count, $1.key) > ($1.value.count, $0.key) }).prefix(30) {
      let listed = numbers.prefix(10).map(String.init).joined(separator: " ") + (numbers.count > 10 ? " …" : "")
      table.append([listed, "\(numbers.count)", reason])
    }
    page.table(table)
  }

  private func definition(_ page: inout HTMLPage) {
    page.section("Definition")
    guard let definition else {
      page.paragraph("Another program made the study: what it searches is known from its trials alone.")
      var table = Table(["variable", "values"])
      for variable in variables { table.append([variable.name, variable.distribution.description]) }
      return variables.isEmpty ? () : page.table(table)
    }
    page.facts(definition.facts)
    page.preformatted(definition.space)
    page.details("The configuration around it (base.yaml)") { $0.preformatted(definition.base) }
  }

  private func commands(storageFlag: String) -> [String] {
    var lines: [String] = []
    if let definition {
      lines.append("# the study; the space file's text stands above")
      lines.append(definition.command(study: name, trials: trials.count) + storageFlag)
    }
    if let best = ranked.first {
      lines.append("# its best trial, trained in full")
      lines.append("tpsnet train --from-trial \(ShellText.quoted("\(name)#\(best.number)"))\(storageFlag)")
    }
    lines.append("# this report")
    lines.append("tpsnet search report --study \(ShellText.quoted(name))\(storageFlag) --output report.html")
    return lines
  }
}

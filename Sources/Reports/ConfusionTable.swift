// An evaluation in the terminal: accuracy of each class and where its images went instead.
public import Training

extension Evaluation {
  /// Per-class accuracy beside the confusion matrix (rows: truth, columns: prediction).
  public func table(classNames: [String]) -> String {
    let names = (0..<classes).map { $0 < classNames.count ? classNames[$0] : "\($0)" }
    // Names that begin alike would be one heading.
    let short = Set(names.map { $0.prefix(4) }).count == classes ? names.map { String($0.prefix(4)) } : nil
    var table = Table(["true class", "accuracy"] + (short ?? (0..<classes).map(String.init)))
    let accuracies = perClass
    for (index, row) in confusion.enumerated() {
      let name = short == nil ? "\(names[index]) [\(index)]" : names[index]
      table.append([name, accuracies[index].map(Format.percent) ?? ""] + row.map { $0 == 0 ? "" : "\($0)" })
    }
    return table.text
  }
}

extension TestResult {
  /// Classes whose confusions a terminal has room for.
  private static let mostClasses = 16

  /// Accuracy of each class and what was taken for what: a matrix, or of many classes the most frequent confusions.
  public var text: String {
    guard evaluation.classes > Self.mostClasses else { return evaluation.table(classNames: classNames) }
    let confusions = confusions(20)
    return confusions.rows.isEmpty ? classTable.text : classTable.text + "\n\n" + confusions.text
  }
}

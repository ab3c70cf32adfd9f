// An evaluation in the terminal: accuracy of each class and where its images went instead.
public import Training

extension Evaluation {
  /// Per-class accuracy beside the confusion matrix (rows: truth, columns: prediction).
  public func table(classNames: [String]) -> String {
    let names = (0..<classes).map { $0 < classNames.count ? classNames[$0] : "\($0)" }
    var table = Table(["class", "accuracy"] + names.map { String($0.prefix(5)) })
    for (index, row) in confusion.enumerated() {
      table.append([names[index], perClass[index].map(Format.percent) ?? "–"] + row.map { $0 == 0 ? "" : "\($0)" })
    }
    return table.text
  }
}

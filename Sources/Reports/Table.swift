// A plain text table: columns as wide as their widest cell, words to the left, numbers to the right.
// It holds no colours and reads well in a log.

/// Rows under a heading.
public struct Table {
  let heading: [String]
  private(set) var rows: [[String]] = []

  /// A table with the given column titles.
  public init(_ heading: [String]) {
    self.heading = heading
  }

  /// Appends a row; missing cells are empty.
  public mutating func append(_ row: [String]) {
    rows.append(row + [String](repeating: "", count: max(0, heading.count - row.count)))
  }

  /// Which columns hold numbers alone.
  var isNumeric: [Bool] {
    heading.indices.map { column in
      rows.allSatisfy { $0[column].isEmpty || ($0[column].first?.isNumber ?? false) || $0[column].first == "-" }
    }
  }

  /// The lines, without a final line break.
  public var text: String {
    let widths = heading.indices.map { column in
      ([heading] + rows).map { $0[column].count }.max() ?? 0
    }
    let isNumeric = self.isNumeric
    func line(_ row: [String]) -> String {
      let cells = heading.indices.map { column in
        let padding = String(repeating: " ", count: widths[column] - row[column].count)
        return isNumeric[column] ? padding + row[column] : row[column] + padding
      }
      let joined = cells.joined(separator: "  ")
      return String(joined.reversed().drop { $0 == " " }.reversed())
    }
    let rule = String(repeating: "─", count: widths.reduce(0, +) + 2 * (widths.count - 1))
    return ([line(heading), rule] + rows.map(line)).joined(separator: "\n")
  }
}

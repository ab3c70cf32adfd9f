// A column of a table of trials: one variable, or the same variable of each of the network's layers,
// under the shortest name that tells it from the others.

/// A column of variables.
struct VariableColumn {
  /// The end of the path, as long as need be.
  let title: String
  /// The variables by full name, a layer's after the other's.
  private let names: [String]

  /// The columns that show the variables `names`, in their order.
  static func columns(of names: [String]) -> [VariableColumn] {
    var groups: [(path: [Substring], names: [String])] = []
    for name in names {
      let path = path(of: name)
      if let place = groups.firstIndex(where: { $0.path == path }) {
        groups[place].names.append(name)
      } else {
        groups.append((path, [name]))
      }
    }
    return groups.map { group in
      let others = groups.map(\.path).filter { $0 != group.path }
      // Another program's name may have no part.
      guard !group.path.isEmpty else { return VariableColumn(title: group.names[0], names: group.names) }
      let length = (1...group.path.count).first { length in
        !others.contains { $0.suffix(length) == group.path.suffix(length) }
      }
      return VariableColumn(
        title: group.path.suffix(length ?? group.path.count).joined(separator: "."), names: group.names)
    }
  }

  /// A trial's cell.
  func text(of values: [String: String]) -> String {
    names.compactMap { values[$0] }.joined(separator: "·")
  }

  /// The keys of a variable's path without indices: `layers` and `blocks` of `layers[2].blocks`.
  private static func path(of name: String) -> [Substring] {
    name.split(separator: ".").map { $0.prefix { $0 != "[" } }
  }
}

// A network's layers as a table: what each yields, holds and costs.
// The terminal and the pages show the same one.
public import Models

extension ModelSummary {
  /// The layers, in the order of execution.
  public var table: Table {
    var table = Table(["layer", "kind", "output", "parameters", "multiply-adds"])
    for layer in layers {
      table.append([
        layer.name, layer.kind, layer.outputShape.map(String.init).joined(separator: "×"),
        layer.parameters == 0 ? "" : Format.grouped(layer.parameters),
        layer.multiplyAdds == 0 ? "" : Format.grouped(layer.multiplyAdds),
      ])
    }
    return table
  }
}

// A network's architecture as a diagram: stem, residual layers with one block each, pool, classifier.
// Shapes and parameters are the summary's.
import Models
import Plots
import Training

extension RunData {
  /// The network's architecture.
  var architecture: Figure {
    Figure(
      "architecture", Plot("Architecture", .diagram(NetworkDiagram(configuration.model, network).diagram)))
  }
}

/// A network and its exact counts.
private struct NetworkDiagram {
  let spec: ResNetSpec
  let summary: ModelSummary

  init(_ spec: ResNetSpec, _ summary: ModelSummary) {
    (self.spec, self.summary) = (spec, summary)
  }

  var diagram: Plot.Diagram {
    let layers = spec.layers.indices.flatMap(stages)
    return Plot.Diagram([stage("input", "input", ["images"]), stem] + layers + [pool, classifier])
  }

  private var activation: String {
    switch spec.activation {
    case .relu: "ReLU"
    case .gelu: "GELU"
    case .silu: "SiLU"
    }
  }

  private var stem: Plot.Diagram.Stage {
    let kernel = Self.square(spec.stem.kernel)
    let box =
      spec.stem.whitening
      ? "\(kernel) whitening, bias, \(activation)"
      : spec.preActivation ? "\(kernel) convolution" : "\(kernel) convolution, BN, \(activation)"
    let names = ["conv1", "bn1", spec.activation.rawValue]
    return stage("stem", names.contains, [box])
  }

  /// A residual layer: what stands before its blocks, and one of them.
  private func stages(ofLayer index: Int) -> [Plot.Diagram.Stage] {
    let (layer, name) = (spec.layers[index], "layer\(index + 1).")
    let convolution = "\(Self.square(layer.kernel)) convolution"
    var stages: [Plot.Diagram.Stage] = []
    let (hasEntry, entry) = (layer.entry == .convPool, "\(name)0.")
    if hasEntry {
      let pool = layer.stride > 1 ? "\(Self.square(layer.stride)) maximum, " : ""
      stages.append(
        stage("layer \(index + 1), entry", { $0.hasPrefix(entry) }, [convolution, "\(pool)BN, \(activation)"]))
    }
    guard layer.blocks > 0 else { return stages }
    let dropout = spec.blockDropout > 0 ? ["dropout"] : []
    let first = spec.preActivation ? ["BN", activation, convolution] : [convolution, "BN", activation] + dropout
    let weighting = spec.squeezeExcitation > 0 ? ["squeeze-and-excitation"] : []
    let second =
      (spec.preActivation ? ["BN", activation] + dropout + [convolution] : [convolution, "BN"]) + weighting
    let sum = spec.preActivation ? "sum" : "sum, \(activation)"
    var blocks = stage(
      "layer \(index + 1): \(Format.counted(layer.blocks, "block"))",
      { $0.hasPrefix(name) && !(hasEntry && $0.hasPrefix(entry)) },
      [first.joined(separator: ", "), second.joined(separator: ", "), sum])
    blocks.hasShortcut = true
    if summary.layers.contains(where: { $0.name.hasPrefix(name) && $0.name.hasSuffix("shortcut.0") }) {
      blocks.notes.append("first shortcut: \(Self.square(layer.skipKernel)) convolution")
    }
    stages.append(blocks)
    return stages
  }

  private var pool: Plot.Diagram.Stage {
    let kind = spec.pooling == .average ? "average" : "maximum"
    let names = spec.preActivation ? "BN, \(activation), " : ""
    return stage("pool", { ["bn", "pool"].contains($0) }, ["\(names)\(Self.square(spec.pool)) \(kind)"])
  }

  private var classifier: Plot.Diagram.Stage {
    stage("classifier", "linear", [spec.dropout > 0 ? "dropout, linear" : "linear"])
  }

  private func stage(_ title: String, _ name: String, _ boxes: [String]) -> Plot.Diagram.Stage {
    stage(title, { $0 == name }, boxes)
  }

  /// A stage of the layers whose names `contains` takes.
  private func stage(_ title: String, _ contains: (String) -> Bool, _ boxes: [String]) -> Plot.Diagram.Stage {
    let layers = summary.layers.filter { contains($0.name) }
    let shape = layers.last?.outputShape.map(String.init).joined(separator: " × ") ?? ""
    let parameters = layers.reduce(0) { $0 + $1.parameters }
    let notes = [shape] + (parameters > 0 ? ["\(Format.grouped(parameters)) parameters"] : [])
    return Plot.Diagram.Stage(title, notes: notes, boxes: boxes)
  }

  private static func square(_ side: Int) -> String { "\(side)×\(side)" }
}

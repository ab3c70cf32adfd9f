// The spaces that come with the program: the study's, and a small one over training settings.

extension SearchSpace {
  /// A space file with a name.
  public struct Shipped: Sendable {
    /// What `--space` takes.
    public let name: String
    /// One line about it.
    public let summary: String
    /// The file.
    public let text: String
  }

  /// The shipped spaces.
  public static let shipped: [Shipped] = [
    Shipped(
      name: "tpsnet", summary: "the TPSNet study's: layers, blocks, widths, kernels, pool, rates, dropout",
      text: """
        # What the TPSNet study searched: residual networks of at most 5 million parameters.
        # A path has one value, a list to choose from, or a range. [i]: a value for each layer, [*]: one for all.
        preset: tpsnet
        training.epochs: 30

        model.layers: { low: 2, high: 4 }                        # N
        model.layers[i].blocks: { low: 1, high: 23 }             # B
        model.stem.channels: { low: 8, high: 64, step: 2 }       # C1
        model.widthFactor: [1, 2]                                # k: layer i has k * C1 * 2^(i-1) channels
        model.layers[i].kernel: [3, 5]                           # F
        model.layers[i].skipKernel: [1, 3]                       # K
        model.pool: [2, 4, 8]                                    # P
        model.dropout: { low: 0, high: 0.5 }
        model.blockDropout: { low: 0, high: 0.5 }
        optimizer.learningRate: { low: 1e-4, high: 1e-1, log: true }
        training.batchSize: [32, 64, 128, 256]
        """),
    Shipped(
      name: "training", summary: "training settings of the sprint preset's network",
      text: """
        # How to train one network: the preset's.
        preset: sprint
        optimizer.learningRate: { low: 0.03, high: 0.5, log: true }
        optimizer.biasFactor: { low: 16, high: 500, log: true }
        optimizer.headFactor: { low: 1, high: 20, log: true }
        optimizer.muon.momentum: [0.4, 0.6, 0.8]
        training.batchSize: [250, 500, 1000]
        training.labelSmoothing: [0, 0.1, 0.2, 0.3]
        """),
  ]

  /// The text of the shipped space called `name`; nil where there is none.
  public static func shipped(named name: String) -> String? { shipped.first { $0.name == name }?.text }
}

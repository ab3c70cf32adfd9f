// Training that begins with the first blocks of each layer and grows to the whole network:
// while much is still to be learnt, a shallow net learns it faster and for less.
public import Models

extension Configuration {
  /// A part of training in which each layer has its first `blocks` blocks alone.
  ///
  /// A block that joins computes nothing at first, so that the deeper network begins as the one before it (Chen et al.
  /// 2016, "Net2Net"; for residual networks Chang et al. 2018, "Multi-level residual networks from dynamical systems
  /// view").
  public struct Growth: Codable, Sendable, Equatable {
    /// Blocks of each layer; a layer that has no more is whole.
    public var blocks: Int
    /// Share of the run's epochs after which this part ends.
    public var until: Double

    /// A part.
    public init(blocks: Int, until: Double) {
      (self.blocks, self.until) = (blocks, until)
    }
  }

  /// The networks that train, each up to (but not in) an epoch counted from 0; no two neighbours are the same.
  private var parts: [(model: ResNetSpec, end: Int)] {
    var parts: [(model: ResNetSpec, end: Int)] = []
    for part in training.growth {
      var model = model
      for index in model.layers.indices { model.layers[index].blocks = min(model.layers[index].blocks, part.blocks) }
      guard model != self.model else { break }
      // A share that is meant to be a whole number of epochs may lie a hair below it.
      let end = Int(part.until * Double(training.epochs) + 1e-9)
      parts.append((model, end))
    }
    return parts + [(model, training.epochs)]
  }

  /// The network that trains in `epoch`, counted from 0.
  public func model(in epoch: Int) -> ResNetSpec {
    parts.first { epoch < $0.end }?.model ?? model
  }

  /// The epoch in which the network that trains in `epoch` began to.
  func startOfPart(in epoch: Int) -> Int {
    parts.map(\.end).last { $0 <= epoch } ?? 0
  }

  /// Operations of training on one image in each of `epochs`, summed; see `ModelSummary.trainingOperations`.
  public func trainingOperations(in epochs: Range<Int>) -> Double {
    var (start, sum) = (0, 0.0)
    for part in parts {
      let range = epochs.clamped(to: start..<max(start, part.end))
      if !range.isEmpty { sum += Double(range.count) * Double(ModelCost(part.model).trainingOperations) }
      start = max(start, part.end)
    }
    return sum
  }

  /// Throws `ConfigurationError` where the parts of growth do not follow one another or a new block would be heard.
  func validateGrowth() throws {
    guard !training.growth.isEmpty else { return }
    let path = "training.growth"
    try demand(
      model.initialization == .zeroResidual && model.activation == .relu, path,
      "needs model.initialization: zeroResidual and model.activation: relu, by which a new block changes nothing at first"
    )
    try demand(
      training.patience == 0, path, "needs training.patience: 0, or a run could end before the network is whole")
    var last = Growth(blocks: 0, until: 0)
    for (index, part) in training.growth.enumerated() {
      try demand(part.blocks > last.blocks, "\(path)[\(index)].blocks", "use more than \(last.blocks)")
      try demand(
        part.until > last.until && part.until < 1, "\(path)[\(index)].until",
        "use a share of the epochs above \(last.until) and below 1")
      last = part
    }
  }
}

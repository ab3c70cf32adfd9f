// What decides how gradients change weights: the rule of each kind of tensor, its learning rate and decay.
// The defaults are `torch.optim.SGD` with one learning rate for everything.

extension Configuration {
  /// How gradients change weights.
  public struct OptimizerSettings: Codable, Sendable, Equatable {
    /// The rule for the filters of convolutions; everything else follows SGD.
    public enum Kind: String, Codable, Sendable, CaseIterable {
      /// Stochastic gradient descent with momentum.
      case sgd
      /// Muon: momentum made nearly orthogonal by the iteration X ← aX + bXXᵀX + cXXᵀXXᵀX with a = 3.4445, b = −4.7750
      /// and c = 2.0315, of filters as rows (Jordan et al. 2024, "Muon: An optimizer for hidden layers in neural
      /// networks").
      case muon
    }

    /// What the weight decay applies to.
    public enum Decay: String, Codable, Sendable, CaseIterable {
      /// Every parameter, as the study.
      case all
      /// Filters and matrices, not normalisations and biases.
      case weights
    }

    /// Muon's own settings, which SGD leaves alone.
    public struct MuonSettings: Codable, Sendable, Equatable {
      /// Momentum of the filters' gradients; it is Nesterov's.
      public var momentum: Double
      /// Steps of the iteration that makes rows orthogonal, 1 to 6.
      public var steps: Int
      /// Whether each layer's filters are scaled to a norm of √(number of filters) before each step, as in airbench
      /// (Jordan 2024): the learning rate is then the relative change of the weights. They need no decay.
      public var keepsNorm: Bool

      /// Muon as in airbench94_muon.
      public init(momentum: Double = 0.6, steps: Int = 3, keepsNorm: Bool = true) {
        (self.momentum, self.steps, self.keepsNorm) = (momentum, steps, keepsNorm)
      }
    }

    /// Weights that follow the trained ones slowly and take them back from time to time (Zhang et al. 2019).
    public struct LookaheadSettings: Codable, Sendable, Equatable {
      /// Steps from one taking back to the next; 0 means none.
      public var every: Int
      /// Share of the slow weights that stays each time, at the end of the run.
      public var decay: Double
      /// The share at step t of T is decay · (t/T)^power: 0 for always the same; airbench has 3.
      public var power: Double

      /// No lookahead, unless `every` is given.
      public init(every: Int = 0, decay: Double = 0.5, power: Double = 0) {
        (self.every, self.decay, self.power) = (every, decay, power)
      }
    }

    /// The rule for filters.
    public var kind: Kind = .sgd
    /// Peak learning rate.
    public var learningRate: Double = 0.1
    /// Factor on the learning rate of biases of normalisations and convolutions; 0 freezes them. Factors leave the pace
    /// of decay as it is.
    public var biasFactor: Double = 1
    /// Factor on the learning rate of scales of normalisations; 0 freezes them.
    public var scaleFactor: Double = 1
    /// Factor on the learning rate of the classifier, and of the layers of squeeze-and-excitation; 0 freezes them.
    public var headFactor: Double = 1
    /// Momentum.
    public var momentum: Double = 0.9
    /// Nesterov's momentum.
    public var nesterov: Bool = false
    /// Coefficient added, times the weight, to the gradient.
    public var weightDecay: Double = 5e-4
    /// What decays.
    public var decay: Decay = .all
    /// Largest Euclidean norm of the whole gradient; 0 means no limit.
    public var clipNorm: Double = 0
    /// Muon.
    public var muon = MuonSettings()
    /// Lookahead.
    public var lookahead = LookaheadSettings()

    /// Throws `ConfigurationError` at the first impossible setting.
    func validate() throws {
      try demand(
        learningRate > 0 && learningRate.isFinite, "optimizer.learningRate", "\(learningRate) is not a positive number")
      for (key, factor) in [("biasFactor", biasFactor), ("scaleFactor", scaleFactor), ("headFactor", headFactor)] {
        try demand(factor >= 0 && factor.isFinite, "optimizer.\(key)", "use 0 (frozen) or more")
      }
      try demand((0..<1).contains(momentum), "optimizer.momentum", "use 0 up to, but not, 1")
      try demand(!nesterov || momentum > 0, "optimizer.nesterov", "needs a momentum above 0")
      try demand(weightDecay >= 0 && weightDecay.isFinite, "optimizer.weightDecay", "use 0 or more")
      try demand(clipNorm >= 0, "optimizer.clipNorm", "use 0 (no limit) or more")
      try demand((0..<1).contains(muon.momentum), "optimizer.muon.momentum", "use 0 up to, but not, 1")
      try demand((1...10).contains(muon.steps), "optimizer.muon.steps", "use 1 to \(Muon.mostSteps)")
      try demand(lookahead.every >= 0, "optimizer.lookahead.every", "use 0 (never) or more steps")
      try demand((0...1).contains(lookahead.decay), "optimizer.lookahead.decay", "use a share of 0 to 1")
      try demand(
        lookahead.power >= 0 && lookahead.power.isFinite, "optimizer.lookahead.power", "use 0 (constant) or more")
    }
  }
}

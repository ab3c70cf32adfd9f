// What execution promises, whoever does it: a graph and a batch size are compiled into a plan,
// and a plan runs steps on the numbers of a parameter store.
public import Models

/// The number format of activations and of the weights that multiply them; master weights, statistics,
/// gradients of weights and the loss are fp32 always.
public enum Precision: String, Codable, Sendable, CaseIterable {
  /// IEEE single precision.
  case fp32
  /// bfloat16.
  case bf16
}

/// How convolutions may be computed.
public enum ConvolutionAlgorithms: String, Codable, Sendable, CaseIterable {
  /// The fastest way known for each: Winograd's F(4×4, 3×3) where it applies, which in bf16 rounds about five times as
  /// much as the direct sum does (a relative error near 0.01 a layer), in fp32 about as much.
  case fastest
  /// The direct sum, always.
  case direct
}

/// What a training step says of its batch.
public struct StepResult: Hashable, Sendable {
  /// Mean loss over the batch, label smoothing included.
  public var loss: Float
  /// Images whose largest logit is their label's.
  public var correct: Int

  /// Loss and number of correct images of a batch.
  public init(loss: Float, correct: Int) {
    self.loss = loss
    self.correct = correct
  }
}

/// What changes from one training step to the next besides images and weights.
public struct StepOptions: Hashable, Sendable {
  /// Share of the target spread evenly over all classes (Szegedy et al. 2016).
  public var labelSmoothing: Float
  /// Key of the dropout masks; a step with the same key repeats them exactly.
  public var dropoutSeed: UInt64

  /// Options of one step.
  public init(labelSmoothing: Float = 0, dropoutSeed: UInt64 = 0) {
    self.labelSmoothing = labelSmoothing
    self.dropoutSeed = dropoutSeed
  }
}

/// A compiled training step: forward, loss, backward.
public protocol TrainingPlan: AnyObject {
  /// Images of a step.
  var batchSize: Int { get }
  /// Bytes of memory that the plan holds besides the parameter store.
  var memoryBytes: Int { get }

  /// Runs one step: reads values, writes all gradients and moves the running statistics.
  ///
  /// - Parameters:
  ///   - images: `batchSize` × channels × height × width, normalised.
  ///   - labels: `batchSize` class numbers, each below the number of classes.
  ///   - shares: of mixed images, what the loss takes instead of labels: `batchSize` × classes, each image's adding up
  ///     to 1. Labels then only say which images count as correct.
  func step(
    images: UnsafeBufferPointer<Float>, labels: UnsafeBufferPointer<Int32>, shares: UnsafeBufferPointer<Float>?,
    options: StepOptions
  ) throws -> StepResult

  /// The logits of the last step, `batchSize` × classes, valid until the next one, while the plan lives.
  var logits: UnsafeBufferPointer<Float> { get }
}

extension TrainingPlan {
  /// Runs one step on images that are not mixed.
  public func step(
    images: UnsafeBufferPointer<Float>, labels: UnsafeBufferPointer<Int32>, options: StepOptions
  ) throws -> StepResult {
    try step(images: images, labels: labels, shares: nil, options: options)
  }
}

/// A compiled inference pass.
public protocol InferencePlan: AnyObject {
  /// Images of a pass.
  var batchSize: Int { get }
  /// Bytes of memory that the plan holds besides the parameter store.
  var memoryBytes: Int { get }

  /// Takes the values that the parameter store holds now; to be called after each change of them.
  func loadParameters() throws

  /// Runs the network on `batchSize` images (channels first, normalised) and returns the logits,
  /// `batchSize` × classes, valid until the next call, while the plan lives.
  func logits(images: UnsafeBufferPointer<Float>) throws -> UnsafeBufferPointer<Float>
}

/// Something that can execute graphs.
public protocol Backend {
  /// The fastest precision that trains well here.
  var bestPrecision: Precision { get }

  /// Compiles a training step of `batchSize` images on the numbers of `parameters`.
  func compileTraining(
    _ graph: Graph, batchSize: Int, precision: Precision, parameters: ParameterStore
  ) throws -> any TrainingPlan

  /// Compiles an inference pass of `batchSize` images; parameters are loaded before it returns.
  ///
  /// - Parameter foldsBatchNorm: multiply each batch normalisation into the convolution before it.
  func compileInference(
    _ graph: Graph, batchSize: Int, precision: Precision, foldsBatchNorm: Bool, parameters: ParameterStore
  ) throws -> any InferencePlan

  /// result ← scale · left · right + factor · result. Where the factor is 0, `result` need not hold numbers; it may
  /// share no memory with the others. Throws `ComputeError.invalidMatrix` where the shapes do not fit.
  func multiply(_ left: Matrix, _ right: Matrix, scale: Float, adding factor: Float, to result: Matrix) throws
}

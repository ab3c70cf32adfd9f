// Timed training steps or inference passes on random images and weights,
// with a profile of their parts where one is asked for.
import Compute
import Datasets
import Models
import OneDNNBackend
import Randomness
import Reports
import Training

/// What `tpsnet bench` times.
struct BenchMeasurement {
  /// Seconds of each step that counts.
  private(set) var seconds: [Double] = []
  /// Bytes that the plan holds besides the parameters.
  let planMemoryBytes: Int
  /// The parts of each step that counts, where they were asked for.
  let recorder: StepRecorder?
  private let step: () throws -> Void
  private let loader: BatchLoader

  /// Steps that come first and do not count.
  static let warmUp = 2

  /// Compiles the plan and prepares the images.
  init(
    _ mode: BenchCommand.Mode, _ configuration: Configuration, _ graph: Graph, _ backend: OneDNNBackend,
    _ precision: Precision, profiles: Bool
  ) throws {
    let batchSize = configuration.training.batchSize
    let parameters = ParameterStore(graph)
    parameters.initialize(seed: configuration.training.seed)
    let images = try Self.randomImages(max(256, 2 * batchSize), for: graph)
    let loader = try BatchLoader(
      set: images, indices: Array(0..<images.count), batchSize: batchSize,
      augmentation: mode == .train ? configuration.augmentation : .none, normalization: .study, seed: 1,
      shuffles: mode == .train, dropsLast: true)
    self.loader = loader
    let floatBytes = MemoryLayout<Float>.size
    let data = PlanStep(
      name: "data", kind: .data, implementation: "own", bytes: batchSize * graph.inputShape.count * floatBytes)
    switch mode {
    case .train:
      let plan = try backend.compileTraining(
        graph, batchSize: batchSize, precision: precision, parameters: parameters)
      let optimizer = Optimizer(parameters, settings: configuration.optimizer, backend: backend)
      // Values, gradients and velocity.
      let update = PlanStep(
        name: "optimizer", kind: .optimizer, implementation: "own", bytes: 3 * graph.parameterCount * floatBytes)
      let recorder = Self.recorder(of: plan, if: profiles, others: [data, update])
      step = {
        let batch = recorder.measure(0) { loader.next() }
        _ = try plan.step(
          images: UnsafeBufferPointer(batch.images), labels: UnsafeBufferPointer(batch.labels),
          shares: batch.shares.map { UnsafeBufferPointer($0) }, options: StepOptions())
        // Far below any useful rate: the numbers must stay finite, not learn.
        try recorder.measure(1) { try optimizer.step(learningRate: 1e-6) }
      }
      planMemoryBytes = plan.memoryBytes
      self.recorder = recorder
    case .infer:
      let plan = try backend.compileInference(
        graph, batchSize: batchSize, precision: precision, foldsBatchNorm: true, parameters: parameters)
      let recorder = Self.recorder(of: plan, if: profiles, others: [data])
      step = {
        let batch = recorder.measure(0) { loader.next() }
        _ = try plan.logits(images: UnsafeBufferPointer(batch.images))
      }
      planMemoryBytes = plan.memoryBytes
      self.recorder = recorder
    }
  }

  private static func recorder(of plan: AnyObject, if profiles: Bool, others: [PlanStep]) -> StepRecorder? {
    guard profiles, let plan = plan as? any ObservablePlan else { return nil }
    return StepRecorder(plan, others: others)
  }

  /// Runs the warm-up and then `steps` steps that count.
  mutating func run(steps: Int) throws {
    loader.start(epoch: 0, step: 0)
    defer { loader.stop() }
    for index in -Self.warmUp..<steps {
      if index >= 0 { recorder?.beginPass() }
      let start = ContinuousClock.now
      try step()
      if index >= 0 { seconds.append((ContinuousClock.now - start) / .seconds(1)) }
    }
  }

  private static func randomImages(_ count: Int, for graph: Graph) throws -> ImageSet {
    var random = CounterRandom(seed: 1)
    let shape = graph.inputShape
    return try ImageSet(
      pixels: (0..<count * shape.count).map { _ in UInt8(truncatingIfNeeded: random.next()) },
      labels: (0..<count).map { Int32($0 % graph.classes) }, channels: shape.channels, height: shape.height,
      width: shape.width, classNames: (0..<graph.classes).map { "\($0)" })
  }
}

extension StepRecorder? {
  /// Does `body`, as step `index` of those around the plan where somebody records.
  fileprivate func measure<Result>(_ index: Int, _ body: () throws -> Result) rethrows -> Result {
    guard let self else { return try body() }
    return try self.measure(index, body)
  }
}

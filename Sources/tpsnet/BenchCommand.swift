// `tpsnet bench`: the speed of training steps or inference passes, on random images and weights;
// what a step needs (augmentation, optimizer) is part of it.
import ArgumentParser
import Compute
import Datasets
import Foundation
import Models
import OneDNNBackend
import Randomness
import Reports
import Training

struct BenchCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bench",
    abstract: "Measure images per second of training or inference.",
    discussion: """
      The median of --steps steps after two that do not count.

      EXAMPLE
        tpsnet bench --preset tpsnet --batch-size 128 --precision bf16
        tpsnet bench --preset tpsnet --mode infer --batch-size 1 --json
      """)

  enum Mode: String, ExpressibleByArgument, CaseIterable { case train, infer }

  @OptionGroup var options: ConfigurationOptions
  @OptionGroup var engine: EngineOptions
  @Option(help: "Images of a step; default: the configuration's.")
  var batchSize: Int?
  @Option(help: "Steps that count.")
  var steps = 10
  @Option(help: "train or infer.")
  var mode: Mode = .train
  @Flag(help: "Print one JSON document.")
  var json = false

  func validate() throws {
    guard steps >= 1 else { throw ValidationError("--steps \(steps): use 1 or more") }
  }

  private struct Result: Encodable {
    let mode: String
    let imagesPerSecond: Double
    let millisecondsPerStep: Double
    let fastestMillisecondsPerStep: Double
    let steps: Int
    let batchSize: Int
    let precision: String
    let threads: Int
    let peakMemoryBytes: Int
    let planMemoryBytes: Int
    let gflops: Double
    let parameters: Int
    let cpu: String
    let versions: [String: String]
  }

  func run() throws {
    let size = batchSize.map { [Configuration.Layer.assignment("training.batchSize=\($0)")] } ?? []
    let configuration = try Configuration.resolve(options.layers + size + engine.layers)
    let backend = try OneDNNBackend.make(threads: configuration.training.threads)
    let precision = configuration.training.precision.resolved
    let graph = try configuration.model.graph()
    let (seconds, planMemory) = try measure(configuration, graph, backend, precision)
    let sorted = seconds.sorted()
    let median = (sorted[(sorted.count - 1) / 2] + sorted[sorted.count / 2]) / 2
    let batch = configuration.training.batchSize
    // Two operations a multiply-add; a training step does the forward work three times over.
    let operations = Double(graph.multiplyAdds * batch) * (mode == .train ? 6 : 2)
    let result = Result(
      mode: mode.rawValue, imagesPerSecond: Double(batch) / median, millisecondsPerStep: median * 1000,
      fastestMillisecondsPerStep: sorted[0] * 1000, steps: steps, batchSize: batch, precision: precision.rawValue,
      threads: backend.threads, peakMemoryBytes: Environment.peakMemoryBytes, planMemoryBytes: planMemory,
      gflops: operations / median / 1e9, parameters: graph.parameterCount, cpu: Environment.cpu,
      versions: Environment.versions)
    if json { return try Console.json(result) }
    Console.out(
      "\(mode.rawValue), batch \(batch), \(precision.rawValue), \(backend.threads) threads: "
        + "\(Format.fixed(result.millisecondsPerStep, 2)) ms a step (fastest \(Format.fixed(result.fastestMillisecondsPerStep, 2))), "
        + "\(Format.fixed(result.imagesPerSecond, 1)) images/s, \(Format.fixed(result.gflops, 0)) GFLOP/s, "
        + "peak memory \(Format.mebibytes(result.peakMemoryBytes))")
    Console.out("\(result.cpu); oneDNN \(OneDNNBackend.version)")
  }

  private func measure(
    _ configuration: Configuration, _ graph: Graph, _ backend: OneDNNBackend, _ precision: Precision
  ) throws -> (seconds: [Double], planMemory: Int) {
    let batch = configuration.training.batchSize
    let parameters = ParameterStore(graph)
    parameters.initialize(seed: configuration.training.seed)
    let images = try Self.randomImages(max(256, 2 * batch), for: graph)
    let loader = try BatchLoader(
      set: images, indices: Array(0..<images.count), batchSize: batch,
      augmentation: mode == .train ? configuration.augmentation : .none, normalization: .study, seed: 1,
      shuffles: mode == .train, dropsLast: true)
    defer { loader.stop() }
    let step: () throws -> Void
    let memory: Int
    if mode == .train {
      let plan = try backend.compileTraining(
        graph, batchSize: batch, precision: precision, parameters: parameters)
      let optimizer = SGD(parameters, settings: configuration.optimizer)
      memory = plan.memoryBytes
      step = {
        let batch = loader.next()
        _ = try plan.step(
          images: UnsafeBufferPointer(batch.images), labels: UnsafeBufferPointer(batch.labels), options: StepOptions())
        // Far below any useful rate: the numbers must stay finite, not learn.
        optimizer.step(learningRate: 1e-6)
      }
    } else {
      let plan = try backend.compileInference(
        graph, batchSize: batch, precision: precision, foldsBatchNorm: true, parameters: parameters)
      memory = plan.memoryBytes
      step = { _ = try plan.logits(images: UnsafeBufferPointer(loader.next().images)) }
    }
    loader.start(epoch: 0, step: 0)
    var seconds: [Double] = []
    for index in -2..<steps {
      let start = ContinuousClock.now
      try step()
      if index >= 0 { seconds.append((ContinuousClock.now - start) / .seconds(1)) }
    }
    return (seconds, memory)
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

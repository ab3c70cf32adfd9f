// `tpsnet bench`: the speed of training steps or inference passes, on random images and weights;
// what a step needs (augmentation, optimizer) is part of it.
import ArgumentParser
import Compute
import Formats
import Foundation
import Models
import OneDNNBackend
import Reports
import Training

struct BenchCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bench",
    abstract: "Measure images per second of training or inference.",
    discussion: """
      The median of --steps steps after two that do not count. --profile says where their time goes: for each \
      recorded step of the plan its median time, GFLOP/s by the graph's multiply-adds, and the bytes of its tensors.

      EXAMPLE
        tpsnet bench --preset tpsnet --batch-size 128 --precision fp32
        tpsnet bench --preset tpsnet --mode infer --batch-size 1 --json
        tpsnet bench --preset tpsnet --profile --trace trace.json
      """)

  enum Mode: String, ExpressibleByArgument, CaseIterable { case train, infer }

  @OptionGroup var options: ConfigurationOptions
  @OptionGroup var source: RunOptions
  @OptionGroup var engine: EngineOptions
  @Option(help: "Batch size; default: the configuration's.")
  var batchSize: Int?
  @Option(help: "Timed steps, after two warm-up steps.")
  var steps = 10
  @Option(help: "train or infer.")
  var mode: Mode = .train
  @Flag(help: "Also say where the time goes.")
  var profile = false
  @Option(help: "How many of the slowest steps --profile lists; default: 20.")
  var top: Int?
  @Option(help: ArgumentHelp("Write one step as a trace for chrome://tracing or Perfetto.", valueName: "file"))
  var trace: String?
  @Flag(help: "Print one JSON document.")
  var json = false

  func validate() throws {
    try source.validate(beside: options)
    guard steps >= 1 else { throw ValidationError("--steps \(steps): use 1 or more") }
    guard top ?? 1 >= 1 else { throw ValidationError("--top \(top ?? 1): use 1 or more") }
    if top != nil, !profile { throw ValidationError("--top belongs to --profile") }
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
    let profile: StepProfile?
  }

  func run() throws {
    if let trace {
      let run = try source.directory()?.configuration
      try OutputFile.demand("--trace", trace, isNoneOf: options.files + (run.map { [$0] } ?? []))
    }
    let size = batchSize.map { [Configuration.Layer.assignment("training.batchSize=\($0)")] } ?? []
    let configuration = try Configuration.resolve(
      options.layers + size + engine.layers, over: source.configuration() ?? Preset.default.configuration)
    let backend = try OneDNNBackend.make(configuration)
    let precision = configuration.training.precision.resolved
    let graph = try configuration.model.graph()
    var measurement = try BenchMeasurement(
      mode, configuration, graph, backend, precision, profiles: profile || trace != nil)
    try measurement.run(steps: steps)
    let median = measurement.seconds.median
    let batch = configuration.training.batchSize
    // Two operations a multiply-add; a training step does the forward work three times over.
    let operations = Double(graph.multiplyAdds * batch) * (mode == .train ? 6 : 2)
    let recorder = profile ? measurement.recorder : nil
    let result = Result(
      mode: mode.rawValue, imagesPerSecond: Double(batch) / median, millisecondsPerStep: median * 1000,
      fastestMillisecondsPerStep: (measurement.seconds.min() ?? 0) * 1000, steps: steps, batchSize: batch,
      precision: precision.rawValue,
      threads: backend.threads, peakMemoryBytes: Environment.peakMemoryBytes,
      planMemoryBytes: measurement.planMemoryBytes, gflops: operations / median / 1e9,
      parameters: graph.parameterCount, cpu: Environment.cpu, versions: Environment.versions,
      profile: recorder.map { StepProfile($0.steps, passes: $0.passes) })
    if json { try Console.json(result) } else { show(result) }
    // Last, so that a folder that cannot be written costs nobody the result.
    if let trace { try write(measurement, to: trace) }
  }

  private func show(_ result: Result) {
    Console.out(
      "\(result.mode), batch \(result.batchSize), \(result.precision), \(Format.counted(result.threads, "thread")): "
        + "\(Format.fixed(result.millisecondsPerStep, 2)) ms a step (fastest \(Format.fixed(result.fastestMillisecondsPerStep, 2))), "
        + "\(Format.fixed(result.imagesPerSecond, 1)) images/s, \(Format.fixed(result.gflops, 0)) GFLOP/s, "
        + "peak memory \(Format.mebibytes(result.peakMemoryBytes))")
    Console.out("\(result.cpu); oneDNN \(OneDNNBackend.version)")
    guard let profile = result.profile else { return }
    Console.out(
      """

      \(profile.kindTable.text)

      \(profile.stepTable(slowest: top ?? 20).text)

      share not in convolutions: \(Format.percent(profile.shareNotInConvolutions)) of \
      \(Format.fixed(profile.milliseconds, 2)) ms in \(profile.steps.count) recorded steps
      """)
  }

  /// Writes the trace of the step whose time is the median.
  private func write(_ measurement: BenchMeasurement, to path: String) throws {
    guard let recorder = measurement.recorder else { return }
    let order = measurement.seconds.indices.sorted { measurement.seconds[$0] < measurement.seconds[$1] }
    let trace = ChromeTrace(recorder.steps, pass: recorder.passes[order[order.count / 2]])
    try AtomicFile.write(try JSONEncoder().encode(trace), to: URL(fileURLWithPath: path))
  }
}

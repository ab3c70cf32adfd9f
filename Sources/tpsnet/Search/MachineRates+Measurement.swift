// A machine's rates, from two small networks trained for a moment: a wide one and a deep one,
// whose costs are made differently of multiply-adds and activations.
import Compute
import Datasets
import Foundation
import Models
import OneDNNBackend
import Reports
import Search
import Training

extension MachineRates {
  private static let steps = 5

  /// Measures this machine for the trials of `definition`, by so many threads.
  static func measured(
    for definition: StudyDefinition, data directory: DataDirectory, threads: Int
  ) throws -> MachineRates {
    var configuration = try definition.baseConfiguration()
    let dataset = try configuration.loadDataset(from: directory)
    let available = dataset.train.count - configuration.data.validation
    let limit = configuration.data.limitTrain
    let backend = try OneDNNBackend.make(configuration, threads: threads)
    let measurements = try [(channels: 48, blocks: 1), (channels: 8, blocks: 8)].map { channels, blocks in
      configuration.model.stem = .init(channels: channels)
      configuration.model.pool = 1
      configuration.model.layers = (0..<3).map { index in
        ResNetSpec.Layer(blocks: blocks, channels: channels << index, stride: index == 0 ? 1 : 2)
      }
      let graph = try configuration.model.graph()
      var bench = try BenchMeasurement(
        .train, configuration, graph, backend, configuration.training.precision.resolved, profiles: false)
      try bench.run(steps: steps)
      return Measurement(
        model: configuration.model, batchSize: configuration.training.batchSize,
        secondsPerStep: bench.seconds.median,
        // The plan's, and value, gradient and velocity of each parameter.
        memoryBytes: bench.planMemoryBytes + 3 * MemoryLayout<Float>.size * graph.parameterCount)
    }
    return try MachineRates(images: limit > 0 ? min(limit, available) : available, measurements: measurements)
  }
}

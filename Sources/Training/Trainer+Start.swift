// What the weights of a run are before its first step:
// drawn, whitened after its images, or those of a checkpoint.
public import Compute
import Datasets
import Models

extension Trainer {
  /// Weights drawn by `seed`, and filters that whiten patches of the images `indices` of `set`.
  static func startWeights(
    of graph: Graph, seed: UInt64, set: ImageSet, indices: [Int], normalization: Normalization
  ) throws -> ParameterStore {
    let parameters = ParameterStore(graph)
    parameters.initialize(seed: seed)
    // From all classes, which in folders follow one another.
    let count = min(Whitening.images(of: graph.inputShape), indices.count)
    let patched = (0..<count).map { indices[$0 * indices.count / count] }
    try Whitening.initialize(parameters, of: graph, images: set.normalized(patched, by: normalization))
    return parameters
  }

  /// Takes the start weights from `other`, which must be of the same network but for the classifier's shape: a classifier
  /// of another shape keeps its own start. Returns whether all were taken. Throws `ConfigurationError` also where the
  /// network would grow: blocks that have learnt do not join silently.
  ///
  /// - Parameter name: what they are called in the notes of the run's checkpoints.
  @discardableResult
  public func start(from other: ParameterStore, called name: String) throws -> Bool {
    guard configuration.training.growth.isEmpty else {
      throw ConfigurationError("training.growth: a network that starts from weights is grown: use []")
    }
    let differing = Set(zip(other.specs, parameters.specs).filter { $0.shape != $1.shape }.map(\.1.name))
    guard other.specs.map(\.name) == parameters.specs.map(\.name),
      differing.allSatisfy({ $0.hasPrefix("linear.") })
    else {
      throw ConfigurationError(
        "--weights: the checkpoint is of another network than the configuration's model: leave out --preset and "
          + "--config, or name those of its network")
    }
    startWeights = name
    for store in stores {
      for spec in store.specs where !differing.contains(spec.name) {
        _ = store.values(of: spec.name).update(fromContentsOf: UnsafeBufferPointer(other.values(of: spec.name)))
      }
    }
    return differing.isEmpty
  }
}

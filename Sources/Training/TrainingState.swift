// Everything that a resumed run needs, in one file and so always consistent with itself:
// weights, velocity, averages, counters and the history so far.
import Compute
import Datasets
import Formats
import Foundation

/// One line of a run's history.
public struct EpochRecord: Codable, Sendable, Equatable {
  /// Epochs done.
  public var epoch: Int
  /// Steps done.
  public var step: Int
  /// Mean loss of the epoch's training batches, as they were met.
  public var trainLoss: Double
  /// Share of correct images in those batches.
  public var trainAccuracy: Double
  /// Mean loss on the validation images, where they were evaluated.
  public var validationLoss: Double?
  /// Share of correct validation images.
  public var validationAccuracy: Double?
  /// Learning rate of the epoch's last step.
  public var learningRate: Double
  /// Training images a second in this epoch, evaluation apart.
  public var imagesPerSecond: Double
  /// Seconds since the run began, interruptions apart.
  public var seconds: Double

  /// A line; see the properties.
  public init(
    epoch: Int, step: Int, trainLoss: Double, trainAccuracy: Double, validationLoss: Double? = nil,
    validationAccuracy: Double? = nil, learningRate: Double, imagesPerSecond: Double, seconds: Double
  ) {
    self.epoch = epoch
    self.step = step
    self.trainLoss = trainLoss
    self.trainAccuracy = trainAccuracy
    self.validationLoss = validationLoss
    self.validationAccuracy = validationAccuracy
    self.learningRate = learningRate
    self.imagesPerSecond = imagesPerSecond
    self.seconds = seconds
  }
}

/// Where a run stands.
struct TrainingState: Codable, Equatable {
  /// Epochs done, and steps done in the present one.
  var epoch = 0
  var stepInEpoch = 0
  /// Sums over the present epoch's steps.
  var lossSum = 0.0
  var correct = 0
  /// Seconds that the present epoch's steps have taken.
  var epochSeconds = 0.0
  /// Seconds of the run, without interruptions.
  var seconds = 0.0
  var history: [EpochRecord] = []
  var bestAccuracy: Double?
  var bestEpoch = 0
  /// Evaluations since the best one.
  var evaluationsWithoutGain = 0
  /// What the weights are called that the run started from; nil where they were drawn.
  var startWeights: String?
}

/// The state file.
enum TrainingStateFile {
  /// The buffers of a run, by their names in the file.
  typealias Buffers = KeyValuePairs<String, AlignedBuffer<Float>?>

  /// Writes `state` and the buffers it belongs to, atomically; `images` is the fingerprint of what was trained on.
  static func save(
    _ state: TrainingState, _ buffers: Buffers, configuration: String, images: String, to url: URL
  ) throws {
    var file = SafetensorsFile(metadata: [
      "state": String(decoding: try JSONEncoder().encode(state), as: UTF8.self), "configuration": configuration,
      "images": images,
    ])
    for case (let name, let buffer?) in buffers { try file.add(name, buffer) }
    try file.write(to: url)
  }

  /// Fills the buffers from `url` and returns the state.
  static func load(
    _ url: URL, _ buffers: Buffers, configuration: Configuration, images: String
  ) throws -> TrainingState {
    let file: SafetensorsFile
    do throws(SafetensorsError) {
      file = try SafetensorsFile(contentsOf: url)
    } catch {
      if case .file = error.problem { throw error }
      throw CheckpointError(
        description: "\(url.path): damaged, the run cannot go on from it: restore a copy, or begin a new run with "
          + "--weights \(url.deletingLastPathComponent().path)/last.safetensors")
    }
    guard let text = file.metadata["state"] else {
      throw CheckpointError(description: "\(url.path): not a training state: nothing to resume from")
    }
    let stored = try file.metadata["configuration"].map { try Configuration.stored($0, origin: url.path) }
    guard stored == configuration else {
      throw CheckpointError(
        description: "\(url.path): belongs to another configuration than the run's config.yaml: do not edit that file")
    }
    // With other images, some that are now held out have been trained on. Early states do not say which they had.
    guard file.metadata["images"] ?? images == images else {
      throw CheckpointError(
        description:
          "\(url.path): the training images are not those that the run began with: bring these back, or begin "
          + "a new run", areImagesOthers: true)
    }
    for case (let name, let buffer?) in buffers { try file.fill(buffer, from: name, at: url) }
    do {
      return try JSONDecoder().decode(TrainingState.self, from: Data(text.utf8))
    } catch {
      throw CheckpointError(description: "\(url.path): its counters cannot be read: \(error)")
    }
  }
}

extension SafetensorsFile {
  fileprivate mutating func add(_ name: String, _ buffer: AlignedBuffer<Float>) throws {
    try add(name, shape: [buffer.count], floats: UnsafeBufferPointer(buffer.elements))
  }

  fileprivate func fill(_ buffer: AlignedBuffer<Float>, from name: String, at url: URL) throws {
    let floats = try floats(named: name)
    guard floats.count == buffer.count else {
      throw CheckpointError(
        description: "\(url.path): \(name) has \(floats.count) values, the network needs \(buffer.count)")
    }
    _ = buffer.elements.update(fromContentsOf: floats)
  }
}

extension ImageSet {
  /// A checksum of the labels and of one byte in 61.
  package var fingerprint: String {
    var crc = CRC32(.castagnoli)
    labels.withUnsafeBytes { crc.update($0) }
    crc.update(stride(from: 0, to: pixels.count, by: 61).map { pixels[$0] })
    return crc.text
  }
}

// A trained network as something that names pictures: everything between a decoded picture of any size
// and the probabilities of the classes.
public import Compute
public import Datasets
public import Foundation
public import Models

/// Weights, ready to judge pictures. One thread at a time may use it.
public final class Classifier {
  /// A class and how likely it is.
  public struct Guess: Encodable, Sendable, Equatable {
    /// The class's number, as the position of its logit.
    public let label: Int
    /// The class's name.
    public let name: String
    /// Its share of 1 (softmax).
    public let probability: Double
  }

  /// The names of the classes; `class 0`, `class 1`, … where the weights do not name them.
  public let classNames: [String]
  /// Rows and columns of the images that the network sees.
  public let side: Int
  /// Images of a pass.
  public let batchSize: Int
  private let plan: any InferencePlan
  private let framing: PictureFraming
  private let normalization: Normalization
  private let input: AlignedBuffer<Float>

  /// Loads the weights in `url` (see `Checkpoint.load`) and compiles them for passes of `batchSize` images.
  public convenience init(
    weights url: URL, backend: some Backend, precision: Precision = .fp32, batchSize: Int = 1
  ) throws {
    let (parameters, graph, info) = try Checkpoint.load(url)
    try self.init(graph, parameters, info, backend: backend, precision: precision, batchSize: batchSize)
  }

  /// Compiles `graph` with the values of `parameters`. Throws `ConfigurationError` where it is not for square colour
  /// images.
  public init(
    _ graph: Graph, _ parameters: ParameterStore, _ info: CheckpointInfo, backend: some Backend,
    precision: Precision = .fp32, batchSize: Int = 1
  ) throws {
    let shape = graph.inputShape
    guard shape.channels == 3, shape.height == shape.width else {
      throw ConfigurationError(
        "model.input: pictures become square colour images, but the network takes "
          + "\(shape.channels)×\(shape.height)×\(shape.width)")
    }
    side = shape.height
    self.batchSize = batchSize
    framing = PictureFraming(dataset: info.dataset ?? "")
    normalization = info.normalization
    classNames =
      info.classNames.count == graph.classes ? info.classNames : (0..<graph.classes).map { "class \($0)" }
    plan = try backend.compileInference(
      graph, batchSize: batchSize, precision: precision, foldsBatchNorm: true, parameters: parameters)
    input = AlignedBuffer(count: batchSize * shape.count)
  }

  /// The guesses for each of `pictures`, the most likely class first; what the network sees of them is `image(of:)`.
  public func classify(_ pictures: [DecodedImage]) throws -> [[Guess]] {
    try classify(images: pictures.map(image))
  }

  /// `picture` as the network sees it: its centred square, scaled to the network's size, like the images that it was
  /// trained on (`PictureFraming`). 3 × side × side bytes, channels first.
  public func image(of picture: DecodedImage) throws -> [UInt8] {
    try framing(of: picture).image(of: picture, side: side)
  }

  /// How `picture` becomes an image.
  func framing(of picture: DecodedImage) -> PictureFraming { framing.forPicture(picture, side: side) }

  /// The guesses for each of `images`, which are 3 × side × side bytes, channels first (`image(of:)`). Throws
  /// `ConfigurationError` where one is not.
  public func classify(images: [[UInt8]]) throws -> [[Guess]] {
    if let wrong = images.first(where: { $0.count != 3 * side * side }) {
      throw ConfigurationError("an image of \(wrong.count) bytes: the network takes 3×\(side)×\(side)")
    }
    return try logits(of: images.map(normalized)).map { guesses($0) }
  }

  /// The guesses for one picture, the most likely class first.
  public func classify(_ picture: DecodedImage) throws -> [Guess] { try classify([picture])[0] }

  /// The image of 3 × side × side bytes, channels first, as the network reads it.
  func normalized(_ bytes: [UInt8]) -> [Float] {
    bytes.enumerated().map { normalization.value(of: $1, channel: $0 / (side * side)) }
  }

  /// The logits of each of `images`, which are 3 × side × side normalised values; as many passes as that takes.
  func logits(of images: [[Float]]) throws -> [[Float]] {
    var result: [[Float]] = []
    let size = 3 * side * side
    for start in stride(from: 0, to: images.count, by: batchSize) {
      let part = images[start..<min(start + batchSize, images.count)]
      for (place, image) in part.enumerated() {
        _ = UnsafeMutableBufferPointer(rebasing: input.elements[place * size..<(place + 1) * size])
          .update(fromContentsOf: image)
      }
      let logits = try plan.logits(images: UnsafeBufferPointer(input.elements))
      let classes = classNames.count
      for place in 0..<part.count { result.append(Array(logits[place * classes..<(place + 1) * classes])) }
    }
    return result
  }

  private func guesses(_ logits: [Float]) -> [Guess] {
    let largest = Double(logits.max() ?? 0)
    let weights = logits.map { exp(Double($0) - largest) }
    let total = weights.reduce(0, +)
    let guesses = weights.enumerated().map { Guess(label: $0, name: classNames[$0], probability: $1 / total) }
    return guesses.sorted { first, second in
      first.probability == second.probability ? first.label < second.label : first.probability > second.probability
    }
  }
}

// Which images a run trains on and is judged by, and whether its network can take them.
import Compute
public import Datasets
public import Models

extension Trainer {
  /// Images of an inference pass by a network of this input: 250, which divides the usual numbers of images to evaluate,
  /// and of images larger than 32×32 fewer, by which a pass needs no more memory.
  public static func evaluationBatch(of shape: Shape) -> Int { shape.images(likeSmall: 250) }

  /// Throws where the images of `set` cannot go through `graph`.
  public static func check(_ set: ImageSet, fits graph: Graph) throws {
    let shape = graph.inputShape
    guard set.channels == shape.channels, set.height == shape.height, set.width == shape.width else {
      throw ConfigurationError(
        "model.input: the network takes \(shape.channels)×\(shape.height)×\(shape.width) images, "
          + "the data set has \(set.channels)×\(set.height)×\(set.width)")
    }
    guard set.classNames.count > 1 else {
      throw ConfigurationError(
        "the data set has one class, \(set.classNames.first ?? "none"): name the folder that holds a folder for each class"
      )
    }
    guard set.classNames.count == graph.classes else {
      throw ConfigurationError(
        "model.classes: the network has \(graph.classes) classes, the data set \(set.classNames.count): "
          + "add --set model.classes=\(set.classNames.count)")
    }
  }

  /// The images to train on and those held out.
  public static func split(
    _ set: ImageSet, _ settings: Configuration.DataSettings
  ) throws -> (train: [Int], validation: [Int]) {
    var split = try Split.stratified(labels: set.labels, validation: settings.validation, seed: settings.splitSeed)
    if settings.limitTrain > 0, settings.limitTrain < split.train.count {
      let kept = try Split.stratified(
        labels: split.train.map { set.labels[$0] }, validation: settings.limitTrain, seed: settings.splitSeed &+ 1,
        sparesLast: false
      ).validation
      split.train = kept.map { split.train[$0] }
    }
    return split
  }
}

extension CheckpointInfo {
  /// Throws where a run by `settings` would hold images of `set` out that these weights were trained on, as far as they
  /// say on which: its validation would not tell what new images do.
  public func check(heldOut settings: Configuration.DataSettings, of set: ImageSet) throws {
    try check(trainedOn: set, of: settings)
    // A folder may have been moved since.
    guard var own = try configuration()?.data, own.dataset == settings.dataset || trainingImages == set.fingerprint
    else { return }
    // Those that it started from may know the rest.
    if startWeights != nil { own.limitTrain = 0 }
    guard let known = (try? Trainer.split(set, own)).map({ Set($0.train) }) else { return }
    let heldOut = try Trainer.split(set, settings).validation
    let both = heldOut.count { known.contains($0) }
    guard both > 0 else { return }
    throw ConfigurationError(
      "--weights: \(both) of the \(heldOut.count) images held out are among those that the weights were trained on: add "
        + (own.validation > 0
          ? "--set data.validation=\(own.validation) --set data.splitSeed=\(own.splitSeed)" : "--set data.validation=0")
    )
  }

  /// Throws where images of the training's folder came, went or changed since: which of `set` these weights were trained
  /// on could no longer be told.
  public func check(trainedOn set: ImageSet, of settings: Configuration.DataSettings) throws {
    // At another size all bytes differ.
    guard settings.validation > 0, let then = trainingImages, then != set.fingerprint,
      model.input.height == set.height, model.input.width == set.width,
      try configuration()?.data.dataset == settings.dataset
    else { return }
    throw ConfigurationError(
      "\(settings.dataset) has other training images than when the weights were trained: which of them they know cannot be "
        + "told; bring them back, hold none out (data.validation=0), or judge by --split test")
  }

  /// Throws where the images of `set` cannot go through `graph`, the network of the checkpoint, or `checkOrder` does.
  public func check(_ set: ImageSet, fits graph: Graph) throws {
    guard set.classNames.count == graph.classes else {
      throw ConfigurationError(
        "the weights tell \(graph.classes) classes apart, the data set has \(set.classNames.count): give it a folder for "
          + "each of theirs, or train on: train --weights … --set model.classes=\(set.classNames.count)")
    }
    try Trainer.check(set, fits: graph)
    try checkOrder(of: set)
  }

  /// Throws where `set` has the classes that the weights have learnt in another order.
  public func checkOrder(of set: ImageSet) throws {
    let pairs = zip(classNames, set.classNames).enumerated()
    guard Set(classNames) == Set(set.classNames), let (place, (own, other)) = pairs.first(where: { $1.0 != $1.1 })
    else { return }
    let digits = String(classNames.count - 1).count
    let number = String(repeating: "0", count: digits - String(place).count) + "\(place)"
    throw ConfigurationError(
      "class \(place) of the weights is \(own), of the data set \(other): give its folders names that sort in the order of "
        + "the weights, such as \(number)-\(own)")
  }

  /// What is to be said where the classes of `set` bear other names than those learnt, which may stand for the same;
  /// else nil.
  public func remark(on set: ImageSet) -> String? {
    guard !classNames.isEmpty, classNames != set.classNames else { return nil }
    func list(_ names: [String]) -> String {
      names.prefix(4).joined(separator: ", ") + (names.count > 4 ? ", …" : "")
    }
    return "the weights tell \(list(classNames)) apart, the data set has \(list(set.classNames)): "
      + "they are compared by their numbers"
  }
}

// The images that a configuration asks for.
public import Datasets
import Models

extension Configuration {
  /// Loads the data set.
  public func dataset(from directory: DataDirectory) throws -> Dataset {
    try DatasetSource(parsing: data.dataset).load(from: directory, imageSize: model.input.height)
  }

  /// Loads the data set to train on, and fills in its normalisation.
  public mutating func loadDataset(from directory: DataDirectory) throws -> Dataset {
    let dataset = try dataset(from: directory)
    try fillNormalization(from: dataset)
    return dataset
  }

  /// Where the normalisation is left to the data set, fills in its constants: the study's for CIFAR-10, otherwise those of
  /// the training images that are not held out. Throws `DatasetError` where they have none: a channel that is the same
  /// everywhere, or other than three channels.
  public mutating func fillNormalization(from dataset: Dataset) throws {
    guard leavesNormalization else { return }
    let constants = try dataset.ownNormalization(of: Trainer.split(dataset.train, data).train)
    data.mean = constants.mean
    data.std = constants.standardDeviation
  }
}

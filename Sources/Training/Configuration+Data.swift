// The images that a configuration asks for.
public import Datasets
import Models

extension Configuration {
  /// Loads the data set.
  public func dataset(from directory: DataDirectory) throws -> Dataset {
    try DatasetSource(parsing: data.dataset).load(from: directory, imageSize: model.input.height)
  }

  /// Loads the data set to train on, or takes `loaded`; where the normalisation is left to it, the constants of the
  /// images that are not held out are filled in.
  public mutating func loadDataset(from directory: DataDirectory, loaded: Dataset? = nil) throws -> Dataset {
    let dataset = try loaded ?? dataset(from: directory)
    if leavesNormalization {
      let constants = try dataset.ownNormalization(of: Trainer.split(dataset.train, data).train)
      data.mean = constants.mean
      data.std = constants.standardDeviation
    }
    return dataset
  }
}

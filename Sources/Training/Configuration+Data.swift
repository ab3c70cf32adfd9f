// The images that a configuration asks for.
public import Datasets
import Models

extension Configuration {
  /// Loads the data set, or takes `loaded`; where the normalisation is left to it, its constants are filled in.
  public mutating func loadDataset(from directory: DataDirectory, loaded: Dataset? = nil) throws -> Dataset {
    let dataset =
      try loaded ?? DatasetSource(parsing: data.dataset).load(from: directory, imageSize: model.input.height)
    if leavesNormalization {
      let constants = try dataset.ownNormalization()
      data.mean = constants.mean
      data.std = constants.standardDeviation
    }
    return dataset
  }
}

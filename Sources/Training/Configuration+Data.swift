// The images that a configuration asks for.
public import Datasets

extension Configuration {
  /// Loads the data set; where the normalisation is left to the data set, its constants are filled in.
  public mutating func loadDataset(from directory: DataDirectory) throws -> Dataset {
    let dataset = try DatasetSource(parsing: data.dataset).load(from: directory, imageSize: model.input.height)
    if leavesNormalization {
      let constants = try dataset.ownNormalization()
      data.mean = constants.mean
      data.std = constants.standardDeviation
    }
    return dataset
  }
}

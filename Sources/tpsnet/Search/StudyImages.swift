// The images of a study: all its trials are trained on the same, or their accuracies could not be compared.
// The first worker that loads them notes which they are.
import Datasets
import Formats
import Search
import Training

extension StudyRecord {
  /// The study attribute with the fingerprint of the images that its trials are trained on, as JSON.
  private static let imagesAttribute = "tpsnet:images"

  /// Notes which images the study's first trial is trained on, and throws `DatasetError` where later ones would have
  /// others: their accuracies could not be compared.
  func demandSame(_ images: ImageSet, in storage: any StudyStorage) throws {
    let fingerprint = images.fingerprint.jsonQuoted
    guard try storage.attribute(Self.imagesAttribute, orSet: fingerprint, ofStudy: id) == fingerprint else {
      throw DatasetError(
        .usage, "the training images are not those of the study's first trials",
        remedy: "bring these back, say --data, or begin another --study")
    }
  }
}

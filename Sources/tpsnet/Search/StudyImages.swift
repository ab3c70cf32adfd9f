// The images of a study: all its trials are trained on the same, or their accuracies could not be compared.
// The first worker that loads them notes which they are.
import Datasets
import Formats
import Search
import Training

extension StudyRecord {
  /// The study attribute with the fingerprint of the images that its trials were trained on, as JSON.
  private static let imagesAttribute = "tpsnet:images"

  /// Notes which images the study's first trial is trained on, and throws `DatasetError` where later ones would have
  /// others: their accuracies could not be compared. Spaces that search for the images are let be.
  func demandSame(_ images: ImageSet, _ space: SearchSpace, in storage: any StudyStorage) throws {
    let searched = ["data.dataset", "model.input.height", "model.input.width"]
    guard !searched.contains(where: { space.parameter(named: $0) != nil }) else { return }
    let fingerprint = images.fingerprint.jsonQuoted
    guard let known = try storage.study(named: name)?.attributes[Self.imagesAttribute] else {
      return try storage.setAttribute(Self.imagesAttribute, to: fingerprint, ofStudy: id)
    }
    guard known == fingerprint else {
      throw DatasetError(
        .usage, "the training images are not those of the study's first trials",
        remedy: "bring these back, say --data, or begin another --study")
    }
  }
}

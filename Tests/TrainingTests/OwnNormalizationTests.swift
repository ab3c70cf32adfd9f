// By what images are scaled where the configuration leaves it to them: constants of those that are trained on, so that
// nothing of the images held out gets into a network.
import Datasets
import Foundation
import Testing
import Training

@Suite struct OwnNormalizationTests {
  /// Noise, and white images wherever `configuration` holds one out.
  private func dataset(_ configuration: Configuration, called name: String = "folder") throws -> Dataset {
    let set = try Tiny.images(64, seed: 1)
    let size = 3 * set.height * set.width
    var pixels = (0..<64 * size).map { UInt8($0 * 7919 % 199) }
    for index in try Trainer.split(set, configuration.data).validation {
      for place in index * size..<(index + 1) * size { pixels[place] = 255 }
    }
    let train = try ImageSet(
      pixels: pixels, labels: Array(set.labels), height: set.height, width: set.width, classNames: set.classNames)
    return Dataset(name: name, train: train, test: set)
  }

  private var configuration: Configuration {
    var configuration = Tiny.configuration
    (configuration.data.mean, configuration.data.std) = ([], [])
    return configuration
  }

  @Test func heldOutImagesAreNotMeasured() throws {
    var configuration = configuration
    let set = try dataset(configuration)
    try configuration.fillNormalization(from: set)
    let indices = try Trainer.split(set.train, configuration.data).train
    let expected = try set.train.subset(indices).channelStatistics
    let all = set.train.channelStatistics
    for channel in 0..<3 {
      #expect(abs(configuration.data.mean[channel] - Float(expected.mean[channel])) < 1e-6)
      #expect(abs(configuration.data.std[channel] - Float(expected.standardDeviation[channel])) < 1e-6)
      #expect(all.mean[channel] - expected.mean[channel] > 0.1, "else nothing is shown")
    }
  }

  @Test func imagesLeftOutAreNotMeasured() throws {
    var (all, few) = (configuration, configuration)
    few.data.limitTrain = 12
    let set = try dataset(all)
    try all.fillNormalization(from: set)
    try few.fillNormalization(from: set)
    #expect(all.data.mean != few.data.mean)
  }

  @Test func givenConstantsStay() throws {
    var configuration = Tiny.configuration
    try configuration.fillNormalization(from: dataset(configuration))
    #expect(configuration.data.mean == [0.5, 0.5, 0.5] && configuration.data.std == [0.25, 0.25, 0.25])
  }

  @Test func cifar10HasTheStudys() throws {
    var configuration = configuration
    try configuration.fillNormalization(from: dataset(configuration, called: "cifar10"))
    #expect(configuration.data.mean == Normalization.study.mean)
    #expect(configuration.data.std == Normalization.study.standardDeviation)
  }
}

// Mixed images and their classes: against torchvision, against their definitions,
// and how often chance makes what.
import Datasets
import Formats
import Foundation
import TestSupport
import Testing

@Suite struct MixtureTests {
  private static let (classes, side) = (3, 16)

  /// A batch of `images` (3 × 16 × 16 each).
  private func batch(_ images: [Float], _ labels: [Int32]) -> Batch {
    let batch = Batch(capacity: labels.count, imageSize: images.count / labels.count, classes: Self.classes)
    _ = batch.images.update(fromContentsOf: images)
    _ = batch.labels.update(fromContentsOf: labels)
    batch.count = labels.count
    return batch
  }

  private func mix(_ batch: Batch, _ mixture: (Int) -> Mixture?) {
    BatchMixer(channels: 3, height: Self.side, width: Self.side, classes: Self.classes).mix(batch, mixture)
  }

  @Test(arguments: [
    ("MixUp", Mixture.sum(share: 0.3125)), ("CutMix", .patch(Rectangle(columns: 5..<12, rows: 0..<9))),
  ])
  func mixturesAreTorchvisions(name: String, mixture: Mixture) throws {
    let fixture = try SafetensorsFile(contentsOf: Fixture.folder.appendingPathComponent("augmentations.safetensors"))
    let batch = batch(try fixture.floats(named: "mixed/images"), [2, 0, 1, 1])
    mix(batch) { _ in mixture }
    #expect(relativeError(Array(batch.images), try fixture.floats(named: "mixed/\(name)/images")) < 1e-6)
    let shares = try fixture.floats(named: "mixed/\(name)/shares")
    #expect(relativeError(Array(try #require(batch.shares)), shares) < 1e-6)
    for (place, label) in batch.labels.enumerated() {
      let row = Array(shares[place * Self.classes..<(place + 1) * Self.classes])
      #expect(row[Int(label)] == row.max())
    }
  }

  /// Each image holds its number, and each pixel its place.
  @Test(arguments: [1, 2, 3, 4, 5, 9]) func partsCoverTheImage(count: Int) throws {
    func value(_ image: Int, _ channel: Int, _ y: Int, _ x: Int) -> Float {
      Float(((image * 3 + channel) * Self.side + y) * Self.side + x)
    }
    let size = Self.side * Self.side
    let images = (0..<count * 3 * size).map { Float($0) }
    let batch = batch(images, (0..<count).map { Int32($0 % Self.classes) })
    let shifts = [(1, 2), (-5, 3), (7, -6), (-2, -4)]
    let places = [0..<6, 6..<16].flatMap { rows in
      [0..<9, 9..<16].map { Rectangle(columns: $0, rows: rows) }
    }
    let parts = zip(places, shifts).map { Mixture.Part(place: $0, shiftX: $1.0, shiftY: $1.1) }
    mix(batch) { $0 == 0 && count > 4 ? nil : .parts(parts) }
    for image in 0..<count {
      var expected = [Float](repeating: 0, count: Self.classes)
      let isWhole = image == 0 && count > 4
      for y in 0..<Self.side {
        for x in 0..<Self.side {
          let part = isWhole ? 0 : (y < 6 ? 0 : 2) + (x < 9 ? 0 : 1)
          let from = ((image - part) % count + count) % count
          let (shiftX, shiftY) = isWhole ? (0, 0) : shifts[part]
          expected[from % Self.classes] += 1 / Float(size)
          for channel in 0..<3 {
            #expect(
              batch.images[((image * 3 + channel) * Self.side + y) * Self.side + x]
                == value(from, channel, y + shiftY, x + shiftX))
          }
        }
      }
      let shares = try #require(batch.shares)[image * Self.classes..<(image + 1) * Self.classes]
      #expect(zip(shares, expected).allSatisfy { abs($0 - $1) < 1e-5 })
    }
  }

  private func draws(_ augmentation: Augmentation, _ count: Int = 6000) -> [Mixture?] {
    (0..<count).map { Mixture(augmentation, seed: 1, epoch: 2, sample: $0, height: 32, width: 32) }
  }

  @Test(arguments: [0.2, 1, 3]) func sharesFollowTheBetaDistribution(alpha: Double) {
    let shares = draws(Augmentation(mixUp: alpha)).compactMap { mixture -> Double? in
      guard case .sum(let share) = mixture else { return nil }
      return Double(share)
    }
    #expect(shares.count == 6000 && shares.allSatisfy { (0...1).contains($0) })
    let mean = shares.reduce(0, +) / 6000
    let variance = shares.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 6000
    #expect(abs(mean - 0.5) < 0.02)
    #expect(abs(variance - 1 / (4 * (2 * alpha + 1))) < 0.006)
  }

  @Test func patchesLieInTheImage() {
    let areas = draws(Augmentation(cutMix: 1)).compactMap { mixture -> Int? in
      guard case .patch(let patch) = mixture else { return nil }
      #expect(patch.columns.lowerBound >= 0 && patch.columns.upperBound <= 32)
      #expect(patch.rows.lowerBound >= 0 && patch.rows.upperBound <= 32)
      return patch.area
    }
    #expect(areas.count == 6000)
    // Half the image on average, of which the border cuts off some.
    let mean = Double(areas.reduce(0, +)) / 6000 / 1024
    #expect((0.25...0.45).contains(mean))
  }

  @Test func partsFitTogether() {
    for mixture in draws(Augmentation(ricap: 0.3)) {
      guard case .parts(let parts) = mixture else {
        Issue.record("\(String(describing: mixture))")
        continue
      }
      #expect(parts.count == 4 && parts.reduce(0) { $0 + $1.place.area } == 1024)
      for part in parts {
        #expect(part.place.columns.lowerBound + part.shiftX >= 0 && part.place.columns.upperBound + part.shiftX <= 32)
        #expect(part.place.rows.lowerBound + part.shiftY >= 0 && part.place.rows.upperBound + part.shiftY <= 32)
      }
    }
  }

  @Test func kindsAreEquallyFrequent() {
    let drawn = draws(Augmentation(mixUp: 0.2, cutMix: 1, ricap: 0.3, mixing: 0.75))
    var counts = [0, 0, 0, 0]
    for mixture in drawn {
      switch mixture {
      case nil: counts[0] += 1
      case .sum: counts[1] += 1
      case .patch: counts[2] += 1
      case .parts: counts[3] += 1
      }
    }
    #expect(counts.allSatisfy { abs($0 - 1500) < 170 }, "\(counts)")
    #expect(draws(.study).allSatisfy { $0 == nil } && draws(Augmentation(mixUp: 1, mixing: 0)).allSatisfy { $0 == nil })
    #expect(draws(Augmentation(mixUp: 1)) != draws(Augmentation(mixUp: 2)))
  }
}

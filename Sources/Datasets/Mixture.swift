// How chance mixes an image with those before it in its batch: as a sum, with a patch, or as one of four parts.
// Decisions depend on (seed, epoch, sample) alone; which images stand before it depends on the epoch's order too.
import Foundation
import Randomness

/// What is made of an image and the images before it (the first one's are the last ones of the batch).
package enum Mixture: Equatable, Sendable {
  /// share · image + (1 − share) · the one before (MixUp, Zhang et al. 2018).
  case sum(share: Float)
  /// The image with a patch of the one before (CutMix, Yun et al. 2019).
  case patch(Rectangle)
  /// Parts of the image and of the three before it, cut anywhere (RICAP, Takahashi et al. 2018): four places that cover
  /// an image, and for each how far right and below them its content lies in the image it comes from.
  case parts([Part])

  /// One of four parts.
  package struct Part: Equatable, Sendable {
    package let place: Rectangle
    package let shiftX, shiftY: Int

    package init(place: Rectangle, shiftX: Int, shiftY: Int) {
      (self.place, self.shiftX, self.shiftY) = (place, shiftX, shiftY)
    }
  }

  /// The decision for image `sample` of a set in `epoch`; nil where it is not to be mixed.
  package init?(
    _ augmentation: Augmentation, seed: UInt64, epoch: Int, sample: Int, height: Int, width: Int
  ) {
    let kinds = [augmentation.mixUp, augmentation.cutMix, augmentation.ricap].enumerated().filter { $1 > 0 }
    guard !kinds.isEmpty else { return nil }
    var random = CounterRandom(
      seed: seed, RandomPurpose.mixing.rawValue, UInt64(truncatingIfNeeded: epoch),
      UInt64(truncatingIfNeeded: sample))
    guard Double(random.uniform()) < augmentation.mixing else { return nil }
    let (kind, alpha) = kinds[random.integer(below: kinds.count)]
    switch kind {
    case 0:
      self = .sum(share: Float(random.beta(alpha)))
    case 1:
      let half = 0.5 * (1 - random.beta(alpha)).squareRoot()
      func range(_ extent: Int) -> Range<Int> {
        let (centre, reach) = (random.integer(below: extent), Int(half * Double(extent)))
        return max(0, centre - reach)..<min(extent, centre + reach)
      }
      let columns = range(width)
      self = .patch(Rectangle(columns: columns, rows: range(height)))
    default:
      let column = Int((Double(width) * random.beta(alpha)).rounded())
      let row = Int((Double(height) * random.beta(alpha)).rounded())
      self = .parts(
        [0..<row, row..<height].flatMap { rows in
          [0..<column, column..<width].map { columns in
            Part(
              place: Rectangle(columns: columns, rows: rows),
              shiftX: random.integer(below: width - columns.count + 1) - columns.lowerBound,
              shiftY: random.integer(below: height - rows.count + 1) - rows.lowerBound)
          }
        })
    }
  }
}

extension CounterRandom {
  /// A number of [0, 1] from the beta distribution with both parameters `alpha` (Jöhnk 1964), which should not be much
  /// above 1: half of the draws are refused at 1, 99 of 100 at 4.
  mutating func beta(_ alpha: Double) -> Double {
    while true {
      let first = pow(Double(uniform()), 1 / alpha)
      let sum = first + pow(Double(uniform()), 1 / alpha)
      if sum > 0, sum <= 1 { return first / sum }
    }
  }
}

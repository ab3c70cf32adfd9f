// What chance decides for one sample in one epoch. Decisions depend on (seed, epoch, sample) alone:
// not on threads, batches or where a run was resumed.
import Foundation
import Randomness

/// Columns and rows of an image.
package struct Rectangle: Equatable, Sendable {
  package var columns, rows: Range<Int>

  package init(columns: Range<Int>, rows: Range<Int>) {
    (self.columns, self.rows) = (columns, rows)
  }

  /// Number of pixels.
  package var area: Int { columns.count * rows.count }
}

/// What chance decided for one sample.
package struct SampleDraw: Equatable, Sendable {
  /// Columns and rows by which the crop lies right of and below the original, −padding…padding.
  package var shiftX = 0, shiftY = 0
  /// Counterclockwise rotation in degrees.
  package var angle = 0.0
  /// Whether left and right change places.
  package var isFlipped = false
  /// Changes of the pixels beside these, in this order.
  package var operations: [ImageOperation] = []
  /// The upper left corner of the cutout.
  package var cutoutX = 0, cutoutY = 0
  /// What is erased.
  package var erased: Rectangle?

  /// No change.
  package init() {}

  /// The decisions for image `sample` of a set in `epoch`. Each takes its own element of the sample's stream, so
  /// that switching one change on or off leaves the others as they are.
  package init(
    _ augmentation: Augmentation, seed: UInt64, epoch: Int, sample: Int, height: Int, width: Int
  ) {
    var random = CounterRandom(
      seed: seed, RandomPurpose.augmentation.rawValue, UInt64(truncatingIfNeeded: epoch),
      UInt64(truncatingIfNeeded: sample))
    let padding = augmentation.cropPadding
    shiftX = random.integer(below: 2 * padding + 1) - padding
    shiftY = random.integer(below: 2 * padding + 1) - padding
    angle = (2 * Double(random.uniform()) - 1) * augmentation.rotation
    let coin = random.integer(below: 2) == 1
    cutoutX = random.integer(below: width - augmentation.cutout + 1)
    cutoutY = random.integer(below: height - augmentation.cutout + 1)
    let kind = TrivialAugment.allCases[random.integer(below: TrivialAugment.allCases.count)]
    let strength = random.integer(below: TrivialAugment.strengths)
    let isNegative = random.integer(below: 2) == 1
    let (brightness, contrast) = (2 * random.uniform() - 1, 2 * random.uniform() - 1)
    if augmentation.trivialAugment,
      let operation = kind.operation(strength: strength, isNegative: isNegative, height: height, width: width)
    {
      operations.append(operation)
    }
    if augmentation.brightness > 0 {
      operations.append(.blend(.black, factor: 1 + brightness * Float(augmentation.brightness)))
    }
    if augmentation.contrast > 0 {
      operations.append(.blend(.meanGrey, factor: 1 + contrast * Float(augmentation.contrast)))
    }
    if augmentation.erasing > 0 {
      erased = Self.erased(
        augmentation.erasing, seed: seed, epoch: epoch, sample: sample, height: height, width: width)
    }
    switch augmentation.flip {
    case .none: isFlipped = false
    case .random: isFlipped = coin
    case .alternating:
      let first = CounterRandom(
        seed: seed, RandomPurpose.alternatingFlip.rawValue, UInt64(truncatingIfNeeded: sample))[0]
      isFlipped = (first >> 63 == 1) != (epoch % 2 == 1)
    }
  }

  /// A rectangle of a drawn area and shape that fits into the image, if ten draws yield one.
  private static func erased(
    _ probability: Double, seed: UInt64, epoch: Int, sample: Int, height: Int, width: Int
  ) -> Rectangle? {
    var random = CounterRandom(
      seed: seed, RandomPurpose.erasing.rawValue, UInt64(truncatingIfNeeded: epoch),
      UInt64(truncatingIfNeeded: sample))
    guard Double(random.uniform()) < probability else { return nil }
    for _ in 0..<10 {
      let area = Double(height * width) * (0.02 + 0.31 * Double(random.uniform()))
      let ratio = exp(log(0.3) + log(3.3 / 0.3) * Double(random.uniform()))
      let (rows, columns) = (Int((area * ratio).squareRoot().rounded()), Int((area / ratio).squareRoot().rounded()))
      guard rows < height, columns < width else { continue }
      let (y, x) = (random.integer(below: height - rows + 1), random.integer(below: width - columns + 1))
      return Rectangle(columns: x..<x + columns, rows: y..<y + rows)
    }
    return nil
  }
}

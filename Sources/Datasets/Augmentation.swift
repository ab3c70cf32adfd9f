// What chance may do to a training image, and what it decides for one sample in one epoch.
// Decisions depend on (seed, epoch, sample) alone: not on threads, batches or where a run was resumed.
import Randomness

/// The random changes made to training images: crop, rotation, flip (in this order, on raw pixels), then, after
/// normalisation, cutout.
public struct Augmentation: Codable, Sendable, Equatable {
  /// What lies beyond the border of an image that is cropped with padding.
  public enum PaddingMode: String, Codable, Sendable, CaseIterable {
    /// Black: raw value 0, as in torchvision.
    case zero
    /// The image mirrored in its border pixels, which are not repeated.
    case reflect
  }

  /// Mirroring of left and right.
  public enum Flip: String, Codable, Sendable, CaseIterable {
    /// Never.
    case none
    /// Each time with probability one half.
    case random
    /// A random half of the images in epoch 0, the other half in epoch 1, and so on in turn, so that two epochs
    /// show both views of every image (Keller Jordan's airbench).
    case alternating
  }

  /// Pixels of padding on each side before a crop to the original size at a uniformly drawn place; 0 is no crop.
  public var cropPadding: Int
  /// What the padding holds.
  public var paddingMode: PaddingMode
  /// Mirroring.
  public var flip: Flip
  /// The largest rotation in degrees; the angle is drawn uniformly from ± this. Nearest pixel, black outside, about
  /// the centre, as torchvision's RandomRotation by default.
  public var rotation: Double
  /// Side in pixels of a square set to 0 after normalisation (the mean), drawn uniformly among the places wholly
  /// inside the image, so that its area is always the same.
  public var cutout: Int

  /// Names the changes to make; without arguments, none.
  public init(
    cropPadding: Int = 0, paddingMode: PaddingMode = .zero, flip: Flip = .none, rotation: Double = 0, cutout: Int = 0
  ) {
    self.cropPadding = cropPadding
    self.paddingMode = paddingMode
    self.flip = flip
    self.rotation = rotation
    self.cutout = cutout
  }

  /// No change, as for evaluation.
  public static let none = Augmentation()
  /// The study's: crop with 4 pixels of black, rotation by up to 5°, random flip.
  public static let study = Augmentation(cropPadding: 4, flip: .random, rotation: 5)

  /// Throws `DatasetError` where a number does not suit images of `height` × `width` pixels.
  public func validate(height: Int, width: Int) throws {
    let side = min(height, width)
    let largestPadding = paddingMode == .reflect ? side - 1 : side
    guard (0...largestPadding).contains(cropPadding) else {
      throw DatasetError(
        .usage, "crop padding of \(cropPadding) pixels (\(paddingMode.rawValue)) on \(height) × \(width) images",
        remedy: "choose 0 to \(largestPadding)")
    }
    guard (0...180).contains(rotation) else {
      throw DatasetError(.usage, "rotation by up to \(rotation) degrees", remedy: "choose 0 to 180")
    }
    guard (0...side).contains(cutout) else {
      throw DatasetError(
        .usage, "cutout of \(cutout) pixels on \(height) × \(width) images", remedy: "choose 0 to \(side)")
    }
  }
}

/// What chance decided for one sample.
package struct SampleDraw: Equatable, Sendable {
  /// Columns and rows by which the crop lies right of and below the original, −padding…padding.
  package var shiftX = 0, shiftY = 0
  /// Counterclockwise rotation in degrees.
  package var angle = 0.0
  /// Whether left and right change places.
  package var isFlipped = false
  /// The upper left corner of the cutout.
  package var cutoutX = 0, cutoutY = 0

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
    switch augmentation.flip {
    case .none: isFlipped = false
    case .random: isFlipped = coin
    case .alternating:
      let first = CounterRandom(
        seed: seed, RandomPurpose.alternatingFlip.rawValue, UInt64(truncatingIfNeeded: sample))[0]
      isFlipped = (first >> 63 == 1) != (epoch % 2 == 1)
    }
  }
}

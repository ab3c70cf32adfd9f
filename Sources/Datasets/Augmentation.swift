// What chance may do to training images: the settings of augmentation and what they allow.

/// The random changes made to training images: crop, rotation, TrivialAugment, brightness, contrast, flip (in this order,
/// on raw pixels), then, after normalisation, cutout and erasing; at last images of a batch are mixed.
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

  /// Whether each image is changed by one operation of one strength, both drawn evenly (Müller and Hutter 2021), from
  /// torchvision's `TrivialAugmentWide`.
  public var trivialAugment: Bool
  /// Brightness is multiplied by a factor drawn uniformly from 1 ± this, as torchvision's ColorJitter.
  public var brightness: Double
  /// The same for contrast.
  public var contrast: Double
  /// Probability that a rectangle is set to 0 after normalisation: 2 to 33 % of the image, its height 0.3 to 3.3 times
  /// its width, as torchvision's RandomErasing (Zhong et al. 2020).
  public var erasing: Double
  /// Parameter of the beta distribution from which MixUp (Zhang et al. 2018) draws shares; 0 is no MixUp.
  public var mixUp: Double
  /// The same for CutMix (Yun et al. 2019).
  public var cutMix: Double
  /// The same for the boundaries of RICAP (Takahashi et al. 2018).
  public var ricap: Double
  /// Share of the images that are mixed, in one of the ways above that are not 0.
  public var mixing: Double

  /// Names the changes to make; without arguments, none.
  public init(
    cropPadding: Int = 0, paddingMode: PaddingMode = .zero, flip: Flip = .none, rotation: Double = 0, cutout: Int = 0,
    trivialAugment: Bool = false, brightness: Double = 0, contrast: Double = 0, erasing: Double = 0,
    mixUp: Double = 0, cutMix: Double = 0, ricap: Double = 0, mixing: Double = 1
  ) {
    self.cropPadding = cropPadding
    self.paddingMode = paddingMode
    self.flip = flip
    self.rotation = rotation
    self.cutout = cutout
    self.trivialAugment = trivialAugment
    self.brightness = brightness
    self.contrast = contrast
    self.erasing = erasing
    self.mixUp = mixUp
    self.cutMix = cutMix
    self.ricap = ricap
    self.mixing = mixing
  }

  /// Whether images are mixed, so that each may show several classes.
  public var mixesImages: Bool { mixing > 0 && max(mixUp, cutMix, ricap) > 0 }

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
    for (name, share) in [("brightness", brightness), ("contrast", contrast)] where !(0...1).contains(share) {
      throw DatasetError(.usage, "\(name) changed by up to \(share)", remedy: "choose 0 to 1")
    }
    for (name, share) in [("erasing", erasing), ("mixing", mixing)] where !(0...1).contains(share) {
      throw DatasetError(.usage, "\(name) with probability \(share)", remedy: "choose 0 to 1")
    }
    for (name, alpha) in [("mixUp", mixUp), ("cutMix", cutMix), ("ricap", ricap)]
    where alpha != 0 && !(0.001...4).contains(alpha) {
      throw DatasetError(.usage, "\(name) with a beta parameter of \(alpha)", remedy: "choose 0 (off), or 0.001 to 4")
    }
  }
}

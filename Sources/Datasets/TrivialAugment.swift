// TrivialAugment: one operation of one strength, both drawn evenly (Müller and Hutter 2021),
// from torchvision's space `TrivialAugmentWide`.

/// The operations and strengths to draw from.
package enum TrivialAugment: Int, CaseIterable {
  case identity, shearX, shearY, translateX, translateY, rotate, brightness, saturation, contrast, sharpness
  case posterize, solarize, autoContrast, equalize

  /// The number of strengths.
  package static let strengths = 31

  /// The operation at a `strength` of 0 ..< `strengths`, in one of two directions where it has such; nil leaves the
  /// image alone.
  package func operation(strength: Int, isNegative: Bool, height: Int, width: Int) -> ImageOperation? {
    let share = Double(strength) / Double(Self.strengths - 1)
    let sign: Double = isNegative ? -1 : 1
    // Single precision, as torchvision's, decides what a factor of 0.01 leaves of a value of 100.
    let factor = Float(1 + sign * Double(Float(0.99)) * share)
    return switch self {
    case .identity: nil
    case .shearX: .resample(.shear(x: sign * 0.99 * share))
    case .shearY: .resample(.shear(y: sign * 0.99 * share))
    case .translateX: .resample(.translation(x: Int(sign * 32 * share)))
    case .translateY: .resample(.translation(y: Int(sign * 32 * share)))
    case .rotate: .resample(.rotation(degrees: sign * 135 * share, height: height, width: width))
    case .brightness: .blend(.black, factor: factor)
    case .saturation: .blend(.grey, factor: factor)
    case .contrast: .blend(.meanGrey, factor: factor)
    case .sharpness: .blend(.smooth, factor: factor)
    case .posterize: .posterize(bits: 8 - Int((6 * share).rounded()))
    case .solarize: .solarize(threshold: Float(255 - 255 * share))
    case .autoContrast: .autoContrast
    case .equalize: .equalize
    }
  }
}

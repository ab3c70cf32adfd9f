// The colours of figures on light and on dark ground. Series have a contrast of 3 : 1 to it, and any two of them stay
// apart for readers without one kind of cones: a search over colours maximised the least distance of any pair.
import Foundation

/// Red, green and blue, 0…255.
package struct RGB: Equatable {
  package var red, green, blue: Double

  package init(_ hex: UInt32) {
    (red, green, blue) = (Double(hex >> 16 & 255), Double(hex >> 8 & 255), Double(hex & 255))
  }

  private init(red: Double, green: Double, blue: Double) {
    (self.red, self.green, self.blue) = (red, green, blue)
  }

  func mixed(with other: RGB, _ share: Double) -> RGB {
    RGB(
      red: red + (other.red - red) * share, green: green + (other.green - green) * share,
      blue: blue + (other.blue - blue) * share)
  }

  /// `#rrggbb`.
  var hex: String {
    String(format: "#%02x%02x%02x", Int(red.rounded()), Int(green.rounded()), Int(blue.rounded()))
  }

  /// Relative luminance (WCAG 2.2).
  package var luminance: Double {
    func linear(_ value: Double) -> Double {
      let share = value / 255
      return share <= 0.04045 ? share / 12.92 : pow((share + 0.055) / 1.055, 2.4)
    }
    return 0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue)
  }

  /// Contrast to another colour, 1…21 (WCAG 2.2).
  package func contrast(to other: RGB) -> Double {
    let (high, low) = (max(luminance, other.luminance), min(luminance, other.luminance))
    return (high + 0.05) / (low + 0.05)
  }
}

/// The ground that a figure is drawn on.
public enum Theme: String, Sendable, CaseIterable {
  /// White paper.
  case light
  /// A dark screen.
  case dark

  /// Number of colours of series; further ones begin again.
  package static let seriesCount = 8

  private var series: [UInt32] {
    switch self {
    case .light: [0x3175cf, 0xd96d13, 0x1a702c, 0xa54b99, 0x3b4c58, 0x8b7869, 0x7c0529, 0x24006c]
    case .dark: [0x5f90f5, 0xfd8c35, 0x37c991, 0xcca4e3, 0xf1c53d, 0xa5def4, 0xd95f84, 0xac92b9]
    }
  }

  package func color(_ paint: Paint) -> RGB {
    let isLight = self == .light
    switch paint {
    case .surface: return RGB(isLight ? 0xffffff : 0x161b22)
    case .ink: return RGB(isLight ? 0x1b1f24 : 0xe6eaee)
    case .muted: return RGB(isLight ? 0x59636e : 0xa0aab4)
    case .grid: return RGB(isLight ? 0xe4e7eb : 0x2c343d)
    case .series(let index): return RGB(series[index % series.count])
    case .ramp(let share): return ramp(share)
    case .onRamp(let share):
      let ground = ramp(share)
      let (dark, bright) = (RGB(0x000000), RGB(0xffffff))
      return ground.contrast(to: dark) >= ground.contrast(to: bright) ? dark : bright
    }
  }

  /// From near the ground to far from it, in one hue, so that it also reads without any.
  private func ramp(_ share: Double) -> RGB {
    let stops = self == .light ? [0xeef3f8, 0x6aaed6, 0x08306b] : [0x222b35, 0x2f7fb8, 0xc6e6ff]
    let place = min(1, max(0, share)) * Double(stops.count - 1)
    let index = min(stops.count - 2, Int(place))
    return RGB(UInt32(stops[index])).mixed(with: RGB(UInt32(stops[index + 1])), place - Double(index))
  }
}

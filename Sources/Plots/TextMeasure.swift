// Widths of words in the figures' font, by Cairo, so that labels can be kept apart before anything is drawn.
// Metrics are not rounded to pixels: a figure is laid out alike at every size.
import CCairo

/// Measures text in DejaVu Sans, or in what the system has in its place.
package final class TextMeasure {
  /// The figures' font.
  static let family = "DejaVu Sans"
  /// Parts of the size that letters reach above and below the baseline.
  static let (ascent, descent) = (0.76, 0.24)

  private let surface: OpaquePointer?
  private let context: OpaquePointer?
  private var widths: [Font: [String: Double]] = [:]

  package init() {
    surface = cairo_image_surface_create(CAIRO_FORMAT_A8, 1, 1)
    context = cairo_create(surface)
    Self.setUp(context)
  }

  deinit {
    cairo_destroy(context)
    cairo_surface_destroy(surface)
  }

  /// Turns rounding to pixels off.
  static func setUp(_ context: OpaquePointer?) {
    let options = cairo_font_options_create()
    cairo_font_options_set_hint_metrics(options, CAIRO_HINT_METRICS_OFF)
    cairo_font_options_set_hint_style(options, CAIRO_HINT_STYLE_NONE)
    cairo_font_options_set_antialias(options, CAIRO_ANTIALIAS_GRAY)
    cairo_set_font_options(context, options)
    cairo_font_options_destroy(options)
  }

  static func select(_ font: Font, in context: OpaquePointer?) {
    cairo_select_font_face(
      context, family, CAIRO_FONT_SLANT_NORMAL, font.isBold ? CAIRO_FONT_WEIGHT_BOLD : CAIRO_FONT_WEIGHT_NORMAL)
    cairo_set_font_size(context, font.size)
  }

  /// Width of `text` in points.
  func width(_ text: String, _ font: Font) -> Double {
    if let known = widths[font]?[text] { return known }
    Self.select(font, in: context)
    var extents = cairo_text_extents_t()
    cairo_text_extents(context, text, &extents)
    widths[font, default: [:]][text] = extents.x_advance
    return extents.x_advance
  }

  /// `text`, or its beginning and an ellipsis, at most `room` wide.
  func fitted(_ text: String, _ font: Font, room: Double) -> String {
    guard width(text, font) > room else { return text }
    var head = Substring(text)
    while !head.isEmpty, width(head + "…", font) > room { head = head.dropLast() }
    return head + "…"
  }

  /// `text` in lines at most `room` wide, broken at spaces; a word that is wider alone is cut.
  func wrapped(_ text: String, _ font: Font, room: Double) -> [String] {
    var lines: [String] = []
    for word in text.split(separator: " ") {
      if let last = lines.last, width("\(last) \(word)", font) <= room {
        lines[lines.count - 1] = "\(last) \(word)"
      } else {
        lines.append(fitted(String(word), font, room: room))
      }
    }
    return lines
  }

  /// The box around a text mark; nil for other marks.
  package func box(_ mark: Mark) -> Rectangle? {
    guard case .text(let text, let place, let font, _, let anchor, let isUpright) = mark else { return nil }
    let width = width(text, font)
    let before = anchor == .start ? 0 : anchor == .middle ? width / 2 : width
    let (ascent, descent) = (font.size * Self.ascent, font.size * Self.descent)
    return isUpright
      ? Rectangle(x: place.x - ascent, y: place.y + before - width, width: ascent + descent, height: width)
      : Rectangle(x: place.x - before, y: place.y - ascent, width: width, height: ascent + descent)
  }
}

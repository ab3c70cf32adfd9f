// A drawing as pixels or as a page, by Cairo. The same drawing gives the same bytes:
// nothing of the hour or the machine goes into a file.
import CCairo
import Foundation

/// A figure or an image that could not be made.
public struct PlotError: Error, Hashable, CustomStringConvertible {
  /// One line: what happened and the remedy.
  public let description: String
}

/// Draws with Cairo.
final class CairoRenderer {
  private let surface: OpaquePointer?
  private let context: OpaquePointer?
  private let theme: Theme

  private init(_ surface: OpaquePointer?, scale: Double, theme: Theme) {
    self.surface = surface
    self.theme = theme
    context = cairo_create(surface)
    cairo_scale(context, scale, scale)
    TextMeasure.setUp(context)
  }

  deinit {
    cairo_destroy(context)
    cairo_surface_destroy(surface)
  }

  /// The bytes that a surface writes.
  private final class Sink {
    var data = Data()

    static let write: cairo_write_func_t = { closure, bytes, count in
      guard let closure, let bytes else { return CAIRO_STATUS_WRITE_ERROR }
      Unmanaged<Sink>.fromOpaque(closure).takeUnretainedValue().data.append(bytes, count: Int(count))
      return CAIRO_STATUS_SUCCESS
    }
  }

  /// A PNG of `scale` pixels a point.
  static func png(_ drawing: Drawing, scale: Double, theme: Theme) throws(PlotError) -> Data {
    let (width, height) = ((drawing.width * scale).rounded(.up), (drawing.height * scale).rounded(.up))
    let surface = cairo_image_surface_create(CAIRO_FORMAT_RGB24, Int32(min(width, 1e6)), Int32(min(height, 1e6)))
    let renderer = CairoRenderer(surface, scale: scale, theme: theme)
    renderer.draw(drawing)
    try renderer.check("draw \(drawing.title)")
    return try png(surface)
  }

  /// A page of the drawing's size.
  static func pdf(_ drawing: Drawing, theme: Theme) throws(PlotError) -> Data {
    let sink = Sink()
    let surface = cairo_pdf_surface_create_for_stream(
      Sink.write, Unmanaged.passUnretained(sink).toOpaque(), drawing.width, drawing.height)
    // The day of making would make every file another one.
    cairo_pdf_surface_set_metadata(surface, CAIRO_PDF_METADATA_CREATE_DATE, "")
    cairo_pdf_surface_set_metadata(surface, CAIRO_PDF_METADATA_TITLE, drawing.title)
    let renderer = CairoRenderer(surface, scale: 1, theme: theme)
    renderer.draw(drawing)
    cairo_show_page(renderer.context)
    cairo_surface_finish(surface)
    try renderer.check("draw \(drawing.title)")
    return sink.data
  }

  /// The PNG of `surface`.
  private static func png(_ surface: OpaquePointer?) throws(PlotError) -> Data {
    let sink = Sink()
    let status = cairo_surface_write_to_png_stream(surface, Sink.write, Unmanaged.passUnretained(sink).toOpaque())
    guard status == CAIRO_STATUS_SUCCESS else { throw PlotError("write a PNG", status) }
    return sink.data
  }

  private func check(_ purpose: String) throws(PlotError) {
    for status in [cairo_status(context), cairo_surface_status(surface)] where status != CAIRO_STATUS_SUCCESS {
      throw PlotError(purpose, status)
    }
  }

  // MARK: Marks

  private func draw(_ drawing: Drawing) {
    set(.surface, 1)
    cairo_paint(context)
    for mark in drawing.marks {
      switch mark {
      case .path(let places, let stroke, let fill):
        for place in places { cairo_line_to(context, place.x, place.y) }
        if fill != nil { cairo_close_path(context) }
        paint(stroke, fill)
      case .rectangle(let box, let stroke, let fill, _):
        cairo_rectangle(context, box.x, box.y, box.width, box.height)
        paint(stroke, fill)
      case .circle(let center, let radius, let fill, _):
        cairo_arc(context, center.x, center.y, radius, 0, 2 * .pi)
        paint(nil, fill)
      case .text(let words, let place, let font, let paint, let anchor, let isUpright):
        write(words, place, font, paint, anchor, isUpright)
      }
    }
  }

  private func set(_ paint: Paint, _ opacity: Double) {
    let color = theme.color(paint)
    cairo_set_source_rgba(context, color.red / 255, color.green / 255, color.blue / 255, opacity)
  }

  private func paint(_ stroke: Stroke?, _ fill: Fill?) {
    if let fill {
      set(fill.paint, fill.opacity)
      cairo_fill_preserve(context)
    }
    if let stroke {
      set(stroke.paint, stroke.opacity)
      cairo_set_line_width(context, stroke.width)
      cairo_set_line_join(context, CAIRO_LINE_JOIN_ROUND)
      cairo_set_dash(context, stroke.dash, Int32(stroke.dash.count), 0)
      cairo_stroke_preserve(context)
    }
    cairo_new_path(context)
  }

  private func write(
    _ words: String, _ place: Location, _ font: Font, _ paint: Paint, _ anchor: Anchor, _ isUpright: Bool
  ) {
    TextMeasure.select(font, in: context)
    set(paint, 1)
    var extents = cairo_text_extents_t()
    cairo_text_extents(context, words, &extents)
    cairo_save(context)
    cairo_translate(context, place.x, place.y)
    if isUpright { cairo_rotate(context, -.pi / 2) }
    cairo_move_to(context, anchor == .start ? 0 : anchor == .middle ? -extents.x_advance / 2 : -extents.x_advance, 0)
    cairo_show_text(context, words)
    cairo_restore(context)
    cairo_new_path(context)
  }
}

extension PlotError {
  fileprivate init(_ purpose: String, _ status: cairo_status_t) {
    self.init(description: "cannot \(purpose): \(String(cString: cairo_status_to_string(status)))")
  }
}

// The ways to look at a figure: SVG for pages, PNG for everywhere else, PDF for paper.
public import Foundation

extension Plot {
  /// Width of a figure in points, if it needs no more.
  public static let width = 440.0

  /// What a page has to hold in a `<style>` so that its figures follow dark screens.
  public static var styleSheet: String { SVGRenderer.styleSheet }

  /// The figure as an SVG document that follows light and dark screens; without `isStandalone`, as an element for a page
  /// that holds `styleSheet`.
  public func svg(isStandalone: Bool = true) -> String { SVGRenderer.svg(drawing(), isStandalone: isStandalone) }

  /// The figure as a PNG of `scale` pixels a point. Throws where there is no memory for it.
  public func png(scale: Double = 2, theme: Theme = .light) throws(PlotError) -> Data {
    try CairoRenderer.png(drawing(), scale: scale, theme: theme)
  }

  /// The figure as a PDF of one page, in light colours. Throws where there is no memory for it.
  public func pdf() throws(PlotError) -> Data { try CairoRenderer.pdf(drawing(), theme: .light) }

  /// Width of this figure in points.
  public var naturalWidth: Double { drawing().width }

  /// The figure laid out.
  package func drawing(measure: TextMeasure = TextMeasure()) -> Drawing {
    PlotLayout.drawing(self, width: Self.width, measure: measure)
  }
}

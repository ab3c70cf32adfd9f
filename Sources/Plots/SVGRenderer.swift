// A drawing as SVG: words stay words, shapes name what they stand for, and colours follow the reader's light or dark
// screen. Every element also carries its colour on light ground, for programs that do not know style sheets.
import Foundation

/// Writes a drawing as SVG.
struct SVGRenderer {
  private var text = ""

  /// An SVG document; without `isStandalone`, an element for a page that has `styleSheet`.
  static func svg(_ drawing: Drawing, isStandalone: Bool) -> String {
    var renderer = SVGRenderer()
    let (width, height) = (number(drawing.width), number(drawing.height))
    renderer.text = """
      <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 \(width) \(height)" width="\(width)" height="\(height)" \
      role="img" font-family="'\(TextMeasure.family)', Verdana, sans-serif">
      <title>\(XMLText.escaped(drawing.title))</title>

      """
    if isStandalone {
      renderer.text += "<style>\(styleSheet)</style>\n"
      let ground = Rectangle(x: 0, y: 0, width: drawing.width, height: drawing.height)
      renderer.append(.rectangle(ground, fill: Fill(paint: .surface)))
    }
    for mark in drawing.marks { renderer.append(mark) }
    return renderer.text + "</svg>\n"
  }

  /// What dark screens need: the same classes in other colours. Paper stays light.
  static let styleSheet: String = {
    let paints: [Paint] =
      [.surface, .ink, .muted, .grid] + (0..<Theme.seriesCount).map { .series($0) }
      + (0..<rampSteps).flatMap { step -> [Paint] in
        let share = Double(step) / Double(rampSteps - 1)
        return [.ramp(share), .onRamp(share)]
      }
    let rules = paints.map { paint in
      let (name, color) = (name(paint), Theme.dark.color(paint).hex)
      return ".f-\(name){fill:\(color)}.s-\(name){stroke:\(color)}"
    }
    return "@media screen and (prefers-color-scheme:dark){\(rules.joined())}"
  }()

  private static let rampSteps = 16

  /// A ramp's shade that has a class.
  private static func stepped(_ share: Double) -> Int {
    Int((min(1, max(0, share)) * Double(rampSteps - 1)).rounded())
  }

  private static func name(_ paint: Paint) -> String {
    switch paint {
    case .surface: "ground"
    case .ink: "ink"
    case .muted: "muted"
    case .grid: "grid"
    case .series(let index): "c\(index % Theme.seriesCount)"
    case .ramp(let share): "r\(stepped(share))"
    case .onRamp(let share): "o\(stepped(share))"
    }
  }

  private static func color(_ paint: Paint) -> String {
    switch paint {
    case .ramp(let share): Theme.light.color(.ramp(Double(stepped(share)) / Double(rampSteps - 1))).hex
    case .onRamp(let share): Theme.light.color(.onRamp(Double(stepped(share)) / Double(rampSteps - 1))).hex
    default: Theme.light.color(paint).hex
    }
  }

  private mutating func append(_ mark: Mark) {
    switch mark {
    case .path(let places, let stroke, let fill):
      guard !places.isEmpty else { return }
      let points = places.map { "\(Self.number($0.x)),\(Self.number($0.y))" }.joined(separator: " ")
      let name = fill == nil ? "polyline" : "polygon"
      element(name, "points=\"\(points)\" stroke-linejoin=\"round\"", stroke, fill, "")
    case .rectangle(let box, let stroke, let fill, let label):
      let numbers = [("x", box.x), ("y", box.y), ("width", box.width), ("height", box.height)]
      element("rect", Self.attributes(numbers), stroke, fill, label)
    case .circle(let center, let radius, let fill, let label):
      element("circle", Self.attributes([("cx", center.x), ("cy", center.y), ("r", radius)]), nil, fill, label)
    case .text(let words, let place, let font, let paint, let anchor, let isUpright):
      var attributes = Self.attributes([("x", place.x), ("y", place.y), ("font-size", font.size)])
      if font.isBold { attributes += " font-weight=\"bold\"" }
      if anchor != .start { attributes += " text-anchor=\"\(anchor == .middle ? "middle" : "end")\"" }
      if isUpright { attributes += " transform=\"rotate(-90 \(Self.number(place.x)) \(Self.number(place.y)))\"" }
      text += "<text class=\"f-\(Self.name(paint))\" fill=\"\(Self.color(paint))\" \(attributes)>"
      text += "\(XMLText.escaped(words))</text>\n"
    }
  }

  private mutating func element(_ name: String, _ attributes: String, _ stroke: Stroke?, _ fill: Fill?, _ label: String)
  {
    var classes: [String] = []
    var style = " fill=\"none\""
    if let fill {
      classes.append("f-\(Self.name(fill.paint))")
      style = " fill=\"\(Self.color(fill.paint))\""
      if fill.opacity < 1 { style += " fill-opacity=\"\(Self.number(fill.opacity))\"" }
    }
    if let stroke {
      classes.append("s-\(Self.name(stroke.paint))")
      style += " stroke=\"\(Self.color(stroke.paint))\" stroke-width=\"\(Self.number(stroke.width))\""
      if stroke.opacity < 1 { style += " stroke-opacity=\"\(Self.number(stroke.opacity))\"" }
      if !stroke.dash.isEmpty {
        style += " stroke-dasharray=\"\(stroke.dash.map(Self.number).joined(separator: " "))\""
      }
    }
    text += "<\(name) class=\"\(classes.joined(separator: " "))\" \(attributes)\(style)"
    text += label.isEmpty ? "/>\n" : "><title>\(XMLText.escaped(label))</title></\(name)>\n"
  }

  private static func attributes(_ numbers: [(String, Double)]) -> String {
    numbers.map { "\($0)=\"\(number($1))\"" }.joined(separator: " ")
  }

  /// A number with at most two decimals.
  private static func number(_ value: Double) -> String {
    let hundredths = Int((value * 100).rounded())
    let (whole, rest) = (abs(hundredths) / 100, abs(hundredths) % 100)
    let decimals = rest == 0 ? "" : rest % 10 == 0 ? ".\(rest / 10)" : rest < 10 ? ".0\(rest)" : ".\(rest)"
    return (hundredths < 0 ? "-" : "") + "\(whole)\(decimals)"
  }
}

// A report as one HTML file that needs nothing else: no network, no script; light or dark as the reader's screen is,
// one column on a phone, and fit for paper.
import Plots

/// A page, written from top to bottom.
public struct HTMLPage: Sendable {
  private let title: String
  private var body = ""
  private var contents: [(id: String, title: String)] = []

  /// An empty page.
  public init(title: String) {
    self.title = title
  }

  /// Begins a section, named in the table of contents.
  public mutating func section(_ title: String) {
    let id = "s\(contents.count + 1)"
    contents.append((id, title))
    body += "<h2 id=\"\(id)\">\(XMLText.escaped(title))</h2>\n"
  }

  /// A paragraph.
  public mutating func paragraph(_ text: String) {
    // A sign stays with its number.
    body += "<p>\(XMLText.escaped(text).replacing(" %", with: "\u{A0}%"))</p>\n"
  }

  /// Names and what they are.
  public mutating func facts(_ facts: [(name: String, value: String)]) {
    body += "<div class=\"facts\">\n"
    for fact in facts {
      body += "<div><span>\(XMLText.escaped(fact.name))</span> <b>\(XMLText.escaped(fact.value))</b></div>\n"
    }
    body += "</div>\n"
  }

  /// A table.
  public mutating func table(_ table: Table) {
    let isNumeric = table.isNumeric
    func row(_ cells: [String], _ tag: String) -> String {
      let scope = tag == "th" ? " scope=\"col\"" : ""
      let texts = zip(cells, isNumeric).map { cell, isNumeric in
        "<\(tag)\(scope)\(isNumeric ? " class=\"n\"" : "")>\(XMLText.escaped(cell))</\(tag)>"
      }
      return "<tr>\(texts.joined())</tr>\n"
    }
    // On paper, many columns need upright names.
    let many = table.heading.count > 12 ? " class=\"many\"" : ""
    body +=
      "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"table\"><table\(many)><thead>\n\(row(table.heading, "th"))</thead><tbody>\n"
    for cells in table.rows { body += row(cells, "td") }
    body += "</tbody></table></div>\n"
  }

  /// Figures side by side where there is room.
  public mutating func figures(_ figures: [Figure]) {
    body += "<div class=\"figures\">\n"
    for figure in figures {
      let width = figure.plot.naturalWidth
      body += "<figure" + (width > Plot.width ? " class=\"wide\" style=\"--w:\(Int(width))px\"" : "")
      body += ">\(figure.plot.svg(isStandalone: false))</figure>\n"
    }
    body += "</div>\n"
  }

  /// A picture at most `width` points wide, its pixels enlarged as they are.
  mutating func picture(_ address: String, width: Int, caption: String) {
    let caption = XMLText.escaped(caption)
    body += "<figure class=\"picture scroll\"><img src=\"\(address)\" alt=\"\" style=\"width:\(width)px\"/>"
    body += "<figcaption>\(caption)</figcaption></figure>\n"
  }

  /// Small pictures, each with its caption.
  mutating func gallery(_ pictures: [(address: String, title: String, caption: String)]) {
    body += "<div class=\"gallery\">\n"
    for picture in pictures {
      let title = XMLText.escaped(picture.title)
      body += "<div><img src=\"\(picture.address)\" alt=\"\(title)\" title=\"\(title)\"/>"
      body += "\(XMLText.escaped(picture.caption))</div>\n"
    }
    body += "</div>\n"
  }

  /// Text as it is: commands, a configuration.
  public mutating func preformatted(_ text: String) {
    body += "<pre class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"text\">\(XMLText.escaped(text))</pre>\n"
  }

  /// What `write` writes, folded away under `summary`.
  public mutating func details(_ summary: String, _ write: (inout HTMLPage) -> Void) {
    body += "<details><summary>\(XMLText.escaped(summary))</summary>\n"
    write(&self)
    body += "</details>\n"
  }

  /// The file.
  public var html: String {
    let links = contents.map { "<a href=\"#\($0.id)\">\(XMLText.escaped($0.title))</a>" }.joined(separator: " ")
    return """
      <!DOCTYPE html>
      <html lang="en">
      <head>
      <meta charset="utf-8"/>
      <meta name="viewport" content="width=device-width, initial-scale=1"/>
      <meta name="color-scheme" content="light dark"/>
      <title>\(XMLText.escaped(title))</title>
      <style>
      \(Self.style)
      \(Plot.styleSheet)
      </style>
      </head>
      <body>
      <h1>\(XMLText.escaped(title))</h1>
      <nav>\(links)</nav>
      \(body)</body>
      </html>

      """
  }

  private static let style = """
    :root { --ground: #ffffff; --ink: #1b1f24; --muted: #59636e; --line: #e4e7eb; --link: #2a63b0; --tint: #f6f8fa }
    @media screen and (prefers-color-scheme: dark) {
      :root { --ground: #161b22; --ink: #e6eaee; --muted: #a0aab4; --line: #2c343d; --link: #7fb0ff; --tint: #1e252e }
    }
    * { box-sizing: border-box }
    body { margin: 0 auto; padding: 1rem 1rem 3rem; max-width: 72rem; background: var(--ground); color: var(--ink);
      font: 1rem/1.5 system-ui, sans-serif }
    h1 { font-size: 1.6rem; margin: .5rem 0; overflow-wrap: anywhere }
    h2 { font-size: 1.2rem; margin: 2rem 0 .5rem; padding-top: .5rem; border-top: 1px solid var(--line) }
    p { margin: .5rem 0; max-width: 50rem }
    nav { display: flex; flex-wrap: wrap; gap: .25rem 1rem }
    a { color: var(--link) }
    .facts { display: grid; grid-template-columns: repeat(auto-fill, minmax(9.5rem, 1fr)); gap: .5rem 1.5rem;
      margin: 1rem 0 }
    .facts span { display: block; color: var(--muted); font-size: .85rem }
    .facts b { font-weight: 600; overflow-wrap: anywhere }
    .scroll { overflow-x: auto; max-width: 100% }
    div.scroll { background: linear-gradient(to right, var(--ground) 50%, transparent) 0 0/2.5rem 100% no-repeat local,
      linear-gradient(to left, var(--ground) 50%, transparent) 100% 0/2.5rem 100% no-repeat local,
      linear-gradient(to right, #8886, transparent) 0 0/.8rem 100% no-repeat,
      linear-gradient(to left, #8886, transparent) 100% 0/.8rem 100% no-repeat }
    table { border-collapse: collapse; font-size: .9rem; font-variant-numeric: tabular-nums; margin: .5rem 0 }
    th, td { padding: .25rem .6rem; text-align: left; white-space: nowrap; border-bottom: 1px solid var(--line) }
    th { color: var(--muted); font-weight: 600 }
    .n { text-align: right }
    tbody tr:hover { background: var(--tint) }
    .figures { columns: 27rem 2; column-gap: 1rem; margin: 1rem 0 }
    figure { margin: 0 0 1rem; padding: .25rem; border: 1px solid var(--line); border-radius: .5rem; overflow-x: auto;
      break-inside: avoid }
    figure svg { display: block; width: 100%; height: auto; max-width: 36rem; margin: 0 auto }
    figure.wide { column-span: all }
    figure.wide svg { min-width: calc(.85 * var(--w)); max-width: calc(1.2 * var(--w)) }
    figcaption { color: var(--muted); font-size: .9rem; padding: 0 .75rem .5rem }
    img { image-rendering: pixelated }
    .picture img { max-width: 100%; display: block; margin: .5rem auto }
    .gallery { display: grid; grid-template-columns: repeat(auto-fill, minmax(5rem, 1fr)); gap: 1rem .75rem;
      margin: 1rem 0; font-size: .8rem; line-height: 1.25 }
    .gallery div { break-inside: avoid; overflow-wrap: anywhere }
    .gallery img { display: block; width: 100%; margin-bottom: .25rem }
    pre { background: var(--tint); padding: .75rem; border-radius: .5rem; font-size: .85rem }
    summary { cursor: pointer; margin: .5rem 0 }
    @media print {
      body { max-width: none; font-size: 10pt; padding: 0 1px }
      nav { display: none }
      .scroll, figure { overflow: visible }
      div.scroll { background: none }
      table { font-size: 7pt }
      th, td { padding: .1rem .3rem; white-space: normal }
      .many { font-size: 6pt }
      .many th, .many td { padding: .1rem .15rem; white-space: nowrap }
      .many th { writing-mode: vertical-rl; transform: rotate(180deg); text-align: left }
      details:has(pre)::details-content { content-visibility: visible; block-size: auto }
      details pre { columns: 3; font-size: 7pt }
      pre { white-space: pre-wrap }
      .figures { columns: 2 }
      figure.wide svg { min-width: 0 }
      h2 { break-after: avoid }
    }
    """
}

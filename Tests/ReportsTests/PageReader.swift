// A page as an XML parser finds it: its elements, its words and what it refers to.
// A report that is not well formed, or that asks for anything from elsewhere, fails here.
import Foundation
import FoundationXML
import Testing

/// What is in a page.
final class PageReader: NSObject, XMLParserDelegate {
  private(set) var elements: [String: Int] = [:]
  private(set) var addresses: [String] = []
  private(set) var text = ""

  /// Reads `html`, which must be well formed.
  init(_ html: String) throws {
    super.init()
    let parser = XMLParser(data: Data(html.utf8))
    parser.delegate = self
    try #require(parser.parse(), "\(parser.parserError.map { "\($0)" } ?? "") in line \(parser.lineNumber)")
  }

  func parser(
    _ parser: XMLParser, didStartElement name: String, namespaceURI: String?, qualifiedName: String?,
    attributes: [String: String]
  ) {
    elements[name, default: 0] += 1
    addresses += ["src", "href", "action", "data"].compactMap { attributes[$0] }
  }

  func parser(_ parser: XMLParser, foundCharacters string: String) {
    // Signs are bound to their numbers.
    text += string.replacing("\u{A0}", with: " ")
  }

  /// Whether it is one page that needs nothing else.
  var isSelfContained: Bool {
    elements["html"] == 1 && elements["h1"] == 1 && elements["script"] == nil && elements["link"] == nil
      && addresses.allSatisfy { $0.hasPrefix("#") || $0.hasPrefix("data:image/png;base64,") }
      && !text.contains("url(") && !text.contains("@import")
  }
}

// Figures as files: each is what its format says, the same bytes every time, and holds what its words say.
import ImageCodecs
import Foundation
import FoundationXML
import Plots
import Testing

@Suite struct FileTests {
  /// Collects what an XML parser reads.
  private final class Reader: NSObject, XMLParserDelegate {
    var elements: [String] = []
    var text = ""

    func parser(
      _ parser: XMLParser, didStartElement name: String, namespaceURI: String?, qualifiedName: String?,
      attributes: [String: String]
    ) { elements.append(name) }

    func parser(_ parser: XMLParser, foundCharacters string: String) { text += string }
  }

  @Test(arguments: Samples.all.indices) func svgIsXML(index: Int) {
    let plot = Samples.all[index]
    for isStandalone in [true, false] {
      let reader = Reader()
      let parser = XMLParser(data: Data(plot.svg(isStandalone: isStandalone).utf8))
      parser.delegate = reader
      #expect(parser.parse(), "\(plot.title): \(parser.parserError.map { "\($0)" } ?? "")")
      #expect(reader.elements.first == "svg" && reader.elements.contains("style") == isStandalone)
      #expect(reader.text.contains("no trial has finished") == (index >= Samples.full.count))
    }
  }

  @Test func svgHoldsHostileWordsAsTheyAre() {
    let reader = Reader()
    let parser = XMLParser(data: Data(Samples.full[Samples.full.count - 1].svg().utf8))
    parser.delegate = reader
    #expect(parser.parse())
    #expect(reader.text.contains("<b>&\"") && reader.text.contains("</svg>&amp;]]>") && reader.text.contains("ü→漢"))
    #expect(reader.elements.filter { $0 == "svg" }.count == 1 && !reader.elements.contains("b"))
  }

  /// The pixels of a PNG.
  private func decoded(_ png: Data) throws -> (width: Int, height: Int, rgb: [UInt8]) {
    var image = tpsnet_image()
    let status = png.withUnsafeBytes { bytes in
      tpsnet_image_decode(bytes.bindMemory(to: UInt8.self).baseAddress, bytes.count, 20000, 100_000_000, &image)
    }
    try #require(status == 0)
    defer { tpsnet_image_free(&image) }
    let (width, height) = (Int(image.width), Int(image.height))
    return (width, height, Array(UnsafeBufferPointer(start: image.pixels, count: width * height * 3)))
  }

  @Test(arguments: Samples.all.indices) func pngDecodes(index: Int) throws {
    let drawing = Samples.all[index].drawing()
    for (theme, ground) in [(Theme.light, [255, 255, 255] as [UInt8]), (.dark, [0x16, 0x1b, 0x22])] {
      let image = try decoded(Samples.all[index].png(scale: 1, theme: theme))
      #expect(image.width == Int(drawing.width.rounded(.up)) && image.height == Int(drawing.height.rounded(.up)))
      #expect(Array(image.rgb.prefix(3)) == ground)
      var values = Set<UInt8>()
      for value in image.rgb where values.count <= 8 { values.insert(value) }
      #expect(values.count > 8, "nothing is drawn")
    }
  }

  @Test(arguments: Samples.all.indices) func pdfIsOnePage(index: Int) throws {
    let pdf = try Samples.all[index].pdf()
    #expect(pdf.starts(with: Data("%PDF-1.".utf8)) && pdf.suffix(8).contains(Data("%%EOF".utf8)))
    let text = String(decoding: pdf, as: UTF8.self)
    #expect(text.contains("/Count 1") && !text.contains("CreationDate"))
  }

  @Test(arguments: Samples.full.indices) func theSameFigureGivesTheSameBytes(index: Int) throws {
    let plot = Samples.full[index]
    #expect(plot.svg() == plot.svg())
    #expect(try plot.png() == plot.png())
    #expect(try plot.pdf() == plot.pdf())
  }
}

// Writers of the formats that the module reads: pickle, tar, gzip, PNG.
// The plainest valid form of each, so that single bytes can be damaged on purpose.

/// Pickles as Python 2 wrote those of CIFAR-10.
final class PickleWriter {
  private(set) var bytes: [UInt8] = [0x80, 2]

  static func batch(_ records: [UInt8], columnMajor: Bool = false) -> [UInt8] {
    let starts = Array(stride(from: 0, to: records.count, by: 3073))
    var pixels: [UInt8] = []
    if columnMajor {
      for column in 1...3072 { pixels += starts.map { records[$0 + column] } }
    } else {
      for start in starts { pixels += records[start + 1..<start + 3073] }
    }
    let writer = PickleWriter()
    writer.code("}q\u{1}(").string("batch_label").code("q\u{2}").string("training batch 1 of 5").code("q\u{3}")
    writer.string("labels").code("q\u{4}]q\u{5}(")
    for start in starts { writer.code("K").raw([records[start]]) }
    writer.code("e").string("data").array(pixels, rows: starts.count, columnMajor: columnMajor)
    writer.string("filenames").code("]q\u{c}(")
    for index in starts.indices { writer.string("image_s_\(index).png") }
    writer.code("eu.")
    return writer.bytes
  }

  static func meta(_ names: [String]) -> [UInt8] {
    let writer = PickleWriter()
    writer.code("}q\u{1}(").string("num_vis").code("M\u{0}\u{c}").string("label_names").code("]q\u{2}(")
    for name in names { writer.string(name) }
    writer.code("eu.")
    return writer.bytes
  }

  @discardableResult func raw(_ more: [UInt8]) -> PickleWriter {
    bytes += more
    return self
  }

  @discardableResult func code(_ text: String) -> PickleWriter { raw(ascii(text)) }

  @discardableResult func string(_ text: String) -> PickleWriter {
    code("U").raw([UInt8(text.utf8.count)]).code(text)
  }

  /// An array of bytes of `rows` × 3,072.
  @discardableResult func array(_ bytes: [UInt8], rows: Int, columnMajor: Bool = false) -> PickleWriter {
    code("cnumpy.core.multiarray\n_reconstruct\nq\u{6}cnumpy\nndarray\nq\u{7}K\u{0}").raw([0x85])
    string("b").raw([0x87]).code("Rq\u{8}(K\u{1}M").raw(little(rows, 2)).code("M\u{0}\u{c}").raw([0x86])
    code("cnumpy\ndtype\nq\u{9}").string("u1").code("K\u{0}K\u{1}").raw([0x87])
    code("Rq\u{a}(K\u{3}").string("|").code("NNNJ").raw(little(-1, 4)).code("J").raw(little(-1, 4)).code("K\u{0}tb")
    return raw([columnMajor ? 0x88 : 0x89]).code("T").raw(little(bytes.count, 4)).raw(bytes).code("tb")
  }
}

func ascii(_ text: String) -> [UInt8] { Array(text.utf8) }

func little(_ value: Int, _ count: Int) -> [UInt8] {
  (0..<count).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
}

func big(_ value: Int, _ count: Int) -> [UInt8] { little(value, count).reversed() }

/// A tar archive (ustar).
struct Tar {
  private var bytes: [UInt8] = []

  mutating func add(_ name: String, _ content: [UInt8], type: Character = "0", link: String = "") {
    func field(_ text: String, _ size: Int) -> [UInt8] {
      ascii(text) + [UInt8](repeating: 0, count: size - text.utf8.count)
    }
    func octal(_ value: Int, _ size: Int) -> String {
      let digits = String(value, radix: 8)
      return String(repeating: "0", count: size - 1 - digits.count) + digits
    }
    var header =
      field(name, 100) + field(octal(0o644, 8), 8) + field(octal(0, 8), 8) + field(octal(0, 8), 8)
      + field(octal(content.count, 12), 12) + field(octal(0, 12), 12) + ascii("        ") + ascii(String(type))
      + field(link, 100) + field("ustar", 6) + ascii("00") + [UInt8](repeating: 0, count: 247)
    let sum = header.reduce(0) { $0 + Int($1) }
    header.replaceSubrange(148..<156, with: field(octal(sum, 7), 8))
    bytes += header + content + [UInt8](repeating: 0, count: (512 - content.count % 512) % 512)
  }

  mutating func addFolder(_ name: String) { add(name, [], type: "5") }

  var finished: [UInt8] { bytes + [UInt8](repeating: 0, count: 1024) }
}

/// Blocks of deflate that store their content as it is.
private func stored(_ content: [UInt8]) -> [UInt8] {
  var result: [UInt8] = []
  var start = 0
  repeat {
    let end = min(start + 65_535, content.count)
    result += [end == content.count ? 1 : 0] + little(end - start, 2) + little(~(end - start), 2)
    result += content[start..<end]
    start = end
  } while start < content.count
  return result
}

func gzip(_ content: [UInt8]) -> [UInt8] {
  [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 255] + stored(content) + little(crc32(content), 4) + little(content.count, 4)
}

private let crcTable: [UInt32] = (0..<256).map { index in
  (0..<8).reduce(UInt32(index)) { crc, _ in crc & 1 == 1 ? 0xEDB8_8320 ^ (crc >> 1) : crc >> 1 }
}

func crc32(_ bytes: [UInt8]) -> Int {
  Int(~bytes.reduce(~UInt32(0)) { crcTable[Int(UInt8(truncatingIfNeeded: $0) ^ $1)] ^ ($0 >> 8) })
}

/// A PNG of 8-bit RGB, or RGBA where there are four bytes a pixel.
func png(width: Int, height: Int, _ pixels: [UInt8]) -> [UInt8] {
  func chunk(_ type: String, _ content: [UInt8]) -> [UInt8] {
    big(content.count, 4) + ascii(type) + content + big(crc32(ascii(type) + content), 4)
  }
  let row = pixels.count / max(height, 1)
  var lines: [UInt8] = []
  for y in 0..<height { lines += [0] + pixels[y * row..<(y + 1) * row] }
  var (low, high) = (1, 0)
  for byte in lines {
    low = (low + Int(byte)) % 65_521
    high = (high + low) % 65_521
  }
  let kind: UInt8 = row == 4 * width ? 6 : 2
  let size: [UInt8] = big(width, 4) + big(height, 4)
  let data: [UInt8] = [0x78, 1] + stored(lines) + big(high << 16 | low, 4)
  var bytes: [UInt8] = [0x89] + ascii("PNG\r\n\u{1A}\n")
  bytes += chunk("IHDR", size + [8, kind, 0, 0, 0])
  bytes += chunk("IDAT", data)
  bytes += chunk("IEND", [])
  return bytes
}

// Decoding and fitting of images, with PNGs written here and small JPEGs.
// Damaged and hostile files must be errors that name them.
import Datasets
import Foundation
import Testing

/// A JPEG of 24 × 16 pixels with red 10·x, green 15·y and blue 100 (TurboJPEG, quality 90).
let jpeg = [UInt8](
  Data(
    base64Encoded: """
      /9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAAMCAgMCAgMDAwMEAwMEBQgFBQQEBQoHBwYIDAoMDAsKCwsNDhIQDQ4RDgsLEBYQERMU\
      FRUVDA8XGBYUGBIUFRT/2wBDAQMEBAUEBQkFBQkUDQsNFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQU\
      FBQUFBQUFBT/wAARCAAQABgDAREAAhEBAxEB/8QAHwAAAQUBAQEBAQEAAAAAAAAAAAECAwQFBgcICQoL/8QAtRAAAgEDAwIEAwUF\
      BAQAAAF9AQIDAAQRBRIhMUEGE1FhByJxFDKBkaEII0KxwRVS0fAkM2JyggkKFhcYGRolJicoKSo0NTY3ODk6Q0RFRkdISUpTVFVW\
      V1hZWmNkZWZnaGlqc3R1dnd4eXqDhIWGh4iJipKTlJWWl5iZmqKjpKWmp6ipqrKztLW2t7i5usLDxMXGx8jJytLT1NXW19jZ2uHi\
      4+Tl5ufo6erx8vP09fb3+Pn6/8QAHwEAAwEBAQEBAQEBAQAAAAAAAAECAwQFBgcICQoL/8QAtREAAgECBAQDBAcFBAQAAQJ3AAEC\
      AxEEBSExBhJBUQdhcRMiMoEIFEKRobHBCSMzUvAVYnLRChYkNOEl8RcYGRomJygpKjU2Nzg5OkNERUZHSElKU1RVVldYWVpjZGVm\
      Z2hpanN0dXZ3eHl6goOEhYaHiImKkpOUlZaXmJmaoqOkpaanqKmqsrO0tba3uLm6wsPExcbHyMnK0tPU1dbX2Nna4uPk5ebn6Onq\
      8vP09fb3+Pn6/9oADAMBAAIRAxEAPwD420P4Xfd/c/pX6PiM38z53KM921PQNE+F33f3P6V83iM331P2vKM921PQND+F33f3P6V8\
      3iM38z9ryjPdtTvND+F33f3X6V87XzffU/ykyjPdtT0DQ/hd9391+lfN4jN/M/asoz3bU7/Q/hd9391+lfN1838z9ryjPdtT/9k=
      """) ?? Data())

/// A JPEG of 32 × 16 pixels with red 8·x, green 16·y and blue 128, whose colours have a quarter of the columns and half of
/// the rows: a sampling that TurboJPEG has no name for (cjpeg -quality 90 -sample 4x2).
private let rareJPEG = [UInt8](
  Data(
    base64Encoded: """
      /9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAAMCAgMCAgMDAwMEAwMEBQgFBQQEBQoHBwYIDAoMDAsKCwsNDhIQDQ4RDgsLEBYQERMUFRUV\
      DA8XGBYUGBIUFRT/2wBDAQMEBAUEBQkFBQkUDQsNFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQU\
      FBT/wAARCAAQACADAUIAAhEBAxEB/8QAHwAAAQUBAQEBAQEAAAAAAAAAAAECAwQFBgcICQoL/8QAtRAAAgEDAwIEAwUFBAQAAAF9AQID\
      AAQRBRIhMUEGE1FhByJxFDKBkaEII0KxwRVS0fAkM2JyggkKFhcYGRolJicoKSo0NTY3ODk6Q0RFRkdISUpTVFVWV1hZWmNkZWZnaGlq\
      c3R1dnd4eXqDhIWGh4iJipKTlJWWl5iZmqKjpKWmp6ipqrKztLW2t7i5usLDxMXGx8jJytLT1NXW19jZ2uHi4+Tl5ufo6erx8vP09fb3\
      +Pn6/8QAHwEAAwEBAQEBAQEBAQAAAAAAAAECAwQFBgcICQoL/8QAtREAAgECBAQDBAcFBAQAAQJ3AAECAxEEBSExBhJBUQdhcRMiMoEI\
      FEKRobHBCSMzUvAVYnLRChYkNOEl8RcYGRomJygpKjU2Nzg5OkNERUZHSElKU1RVVldYWVpjZGVmZ2hpanN0dXZ3eHl6goOEhYaHiImK\
      kpOUlZaXmJmaoqOkpaanqKmqsrO0tba3uLm6wsPExcbHyMnK0tPU1dbX2Nna4uPk5ebn6Onq8vP09fb3+Pn6/9oADAMBAAIRAxEAPwD4\
      /wBJ+FPT9z+ldlpPwq+7+5/Su00n4U9P3P6V2ek/Cn7v7n9K6/SfhV939z+ldnpPwp6fuf0rs9J+FP3f3P6V2ek/Cn7v7n9K6c54w394\
      18NuPfg98//Z
      """) ?? Data())

@Suite struct ImageDecoderTests {
  /// As WebP and as programs for pictures do it, in the values that are stored.
  @Test func partlyTransparentPixelsAreLaidOnWhite() throws {
    let bytes = png(width: 3, height: 1, [0, 0, 0, 128, 10, 10, 10, 254, 5, 5, 5, 250])
    #expect(try ImageDecoder.decode(bytes: bytes).pixels == [127, 127, 127, 11, 11, 11, 10, 10, 10])
  }

  @Test func pngIsExact() throws {
    let pixels = randomBytes(7 * 5 * 3, seed: 2)
    let image = try ImageDecoder.decode(bytes: png(width: 7, height: 5, pixels))
    #expect(image.width == 7 && image.height == 5 && image.pixels == pixels)
  }

  @Test func transparencyIsLaidOnWhite() throws {
    let image = try ImageDecoder.decode(bytes: png(width: 2, height: 1, [9, 9, 9, 0, 10, 20, 30, 255]))
    #expect(image.pixels == [255, 255, 255, 10, 20, 30])
  }

  /// libjpeg warns of them, and decodes the same picture.
  @Test func headersThatSayTooMuchAreNoFault() throws {
    let scan = try #require(jpeg.indices.dropLast().first { jpeg[$0] == 0xFF && jpeg[$0 + 1] == 0xDA })
    let end = scan + 2 + Int(jpeg[scan + 2]) << 8 + Int(jpeg[scan + 3])
    #expect(Array(jpeg[end - 3..<end]) == [0, 63, 0])
    var scanned = jpeg
    scanned[end - 2] = 0
    var revised = jpeg
    let name = try #require(jpeg.indices.dropLast(4).first { Array(jpeg[$0..<$0 + 4]) == Array("JFIF".utf8) })
    revised[name + 5] = 2
    let pixels = try ImageDecoder.decode(bytes: jpeg).pixels
    #expect(try ImageDecoder.decode(bytes: scanned).pixels == pixels)
    #expect(try ImageDecoder.decode(bytes: revised).pixels == pixels)
    #expect(failure { _ = try ImageDecoder.decode(bytes: Array(revised[..<600])) }?.kind == .invalid)
  }

  @Test func jpegIsClose() throws {
    let image = try ImageDecoder.decode(bytes: jpeg)
    #expect(image.width == 24 && image.height == 16)
    for y in 0..<16 {
      for x in 0..<24 {
        let pixel = image.pixels[(y * 24 + x) * 3..<(y * 24 + x) * 3 + 3].map(Int.init)
        #expect(zip(pixel, [10 * x, 15 * y, 100]).allSatisfy { abs($0 - $1) <= 12 })
      }
    }
  }

  @Test func aRareSamplingIsNoFault() throws {
    let image = try ImageDecoder.decode(bytes: rareJPEG)
    #expect(image.width == 32 && image.height == 16)
    func brightness(_ pixel: [Int]) -> Double {
      0.299 * Double(pixel[0]) + 0.587 * Double(pixel[1]) + 0.114 * Double(pixel[2])
    }
    for place in 0..<512 {
      let pixel = image.pixels[place * 3..<place * 3 + 3].map(Int.init)
      #expect(abs(brightness(pixel) - brightness([8 * (place % 32), 16 * (place / 32), 128])) <= 16, "\(place)")
    }
    #expect(failure { _ = try ImageDecoder.decode(bytes: Array(rareJPEG.dropLast(40))) }?.kind == .invalid)
  }

  @Test func truncationIsAnError() {
    let picture = png(width: 40, height: 40, randomBytes(4800, seed: 1))
    for end in [0, 3, 8, 20, 40, 1000, 4000] {
      #expect(failure { _ = try ImageDecoder.decode(bytes: Array(picture[..<end])) }?.kind == .invalid, "PNG \(end)")
    }
    for end in [0, 2, 3, 100, 600, jpeg.count - 20] {
      #expect(failure { _ = try ImageDecoder.decode(bytes: Array(jpeg[..<end])) }?.kind == .invalid, "JPEG \(end)")
    }
  }

  @Test func damageNeverCrashes() {
    let noise = randomBytes(3000, seed: 4)
    for original in [png(width: 9, height: 9, randomBytes(243, seed: 1)), jpeg] {
      for trial in 0..<1500 {
        var damaged = original
        damaged[(Int(noise[trial]) * 256 + Int(noise[trial + 1])) % original.count] = noise[trial + 1500]
        _ = failure { _ = try ImageDecoder.decode(bytes: damaged) }
      }
    }
  }

  @Test func hugeSizesAreRefusedBeforeMemoryIsTaken() {
    for (width, height) in [(16_385, 1), (1, 16_385), (16_384, 16_384), (0x7FFF_FFFF, 0x7FFF_FFFF)] {
      var picture = png(width: 1, height: 1, [0, 0, 0])
      picture.replaceSubrange(16..<24, with: big(width, 4) + big(height, 4))
      // The checksum of the header, whose place is known.
      picture.replaceSubrange(29..<33, with: big(crc32(Array(picture[12..<29])), 4))
      #expect(failure { _ = try ImageDecoder.decode(bytes: picture) }?.kind == .invalid)
    }
  }

  @Test func theFileIsNamed() throws {
    try withFolder { folder in
      try write(ascii("GIF89a"), folder + "/a.png")
      #expect(failure { _ = try ImageDecoder.decode(path: folder + "/a.png") }?.path == folder + "/a.png")
      #expect(failure { _ = try ImageDecoder.decode(path: folder + "/none.png") }?.kind == .missing)
    }
  }
}

@Suite struct ImageFittingTests {
  private func fit(_ width: Int, _ height: Int, _ side: Int, _ value: (Int, Int) -> Int) throws -> [UInt8] {
    let pixels = (0..<width * height).flatMap { index -> [UInt8] in
      let byte = UInt8(value(index % width, index / width))
      return [byte, 255 - byte, 7]
    }
    return try ImageDecoder.decode(bytes: png(width: width, height: height, pixels)).fitted(toSide: side)
  }

  @Test func theSameSizeIsIdentity() throws {
    let result = try fit(5, 5, 5) { 10 * $0 + $1 }
    let red = (0..<25).map { (index: Int) in UInt8(10 * (index % 5) + index / 5) }
    #expect(Array(result[..<25]) == red)
    #expect(Array(result[25..<50]) == red.map { (value: UInt8) in 255 - value })
    #expect(result[50...].allSatisfy { $0 == 7 })
  }

  @Test func theLongerSideIsCutEvenly() throws {
    #expect(Array(try fit(7, 3, 3) { x, _ in x }.prefix(3)) == [2, 3, 4])
    #expect(try fit(3, 7, 3) { _, y in y }.prefix(9).map(Int.init) == [2, 2, 2, 3, 3, 3, 4, 4, 4])
  }

  @Test func shrinkingAverages() throws {
    #expect(Array(try fit(4, 4, 2) { x, y in 10 * x + 40 * y }.prefix(4)) == [25, 45, 105, 125])
    // 3 → 2: each result covers one and a half source pixels.
    #expect(Array(try fit(3, 3, 2) { x, _ in [0, 90, 240][x] }.prefix(2)) == [30, 190])
  }

  @Test func growingInterpolates() throws {
    #expect(Array(try fit(2, 2, 4) { x, _ in 100 * x }.prefix(4)) == [0, 25, 75, 100])
    #expect(try fit(1, 1, 3) { _, _ in 9 }.prefix(9).allSatisfy { $0 == 9 })
  }

  @Test func impossibleSidesAreErrors() throws {
    let image = try ImageDecoder.decode(bytes: png(width: 1, height: 1, [1, 2, 3]))
    #expect(throws: DatasetError.self) { try image.fitted(toSide: 0) }
    #expect(throws: DatasetError.self) { try image.fitted(toSide: 1 << 20) }
  }
}

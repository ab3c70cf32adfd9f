// Decoding, fitting and folders of images, with PNGs written here and one small JPEG.
// Damaged and hostile files must be errors that name them.
import Datasets
import Foundation
import Testing

/// A JPEG of 24 × 16 pixels with red 10·x, green 15·y and blue 100 (TurboJPEG, quality 90).
private let jpeg = [UInt8](
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

@Suite struct ImageFolderTests {
  private func picture(_ value: UInt8) -> [UInt8] {
    png(width: 8, height: 8, [UInt8](repeating: value, count: 192))
  }

  @Test func trainAndTestFoldersAreRead() throws {
    try withFolder { folder in
      try write(picture(1), folder + "/train/dog/b.png")
      try write(picture(2), folder + "/train/dog/a.PNG")
      try write(picture(3), folder + "/train/cat/c.png")
      try write(jpeg, folder + "/train/cat/d.jpeg")
      try write(picture(4), folder + "/test/dog/x.png")
      try write(ascii("notes"), folder + "/train/dog/readme.txt")
      try write(ascii("hidden"), folder + "/train/dog/._b.png")
      let data = try DatasetSource(parsing: "folder:\(folder)").load(from: DataDirectory(path: folder), imageSize: 4)
      #expect(data.name == "folder")
      #expect(data.train.classNames == ["cat", "dog"] && data.train.labels == [0, 0, 1, 1])
      #expect(data.test.labels == [1] && data.test.classNames == ["cat", "dog"])
      #expect(data.train.height == 4 && data.train.width == 4)
      #expect(data.train.pixels[96..<144].allSatisfy { $0 == 2 } && data.train.pixels[144...].allSatisfy { $0 == 1 })
    }
  }

  @Test func oneLevelIsDividedByNamesWhateverComesLater() throws {
    try withFolder { folder in
      func add(_ range: Range<Int>, to folder: String) throws {
        for index in range {
          try write(picture(UInt8(index)), "\(folder)/\(index % 2 == 0 ? "even" : "odd")/\(index).png")
        }
      }
      func shades(_ set: ImageSet) -> Set<UInt8> {
        Set(stride(from: 0, to: set.pixels.count, by: 192).map { set.pixels[$0] })
      }
      try add(0..<100, to: folder + "/few")
      try add(0..<200, to: folder + "/many")
      let few = try ImageFolder.load(from: folder + "/few", size: 8)
      #expect(few.train.count + few.test.count == 100 && (10...30).contains(few.test.count))
      #expect(few.test.classCounts.allSatisfy { $0 > 2 })
      #expect(shades(few.train).union(shades(few.test)) == Set(0..<100))
      // Elsewhere, and with more pictures, no image changes sides.
      let many = try ImageFolder.load(from: folder + "/many", size: 8)
      #expect(
        shades(many.test).isSuperset(of: shades(few.test)) && shades(many.train).isSuperset(of: shades(few.train)))
      #expect(try ImageFolder.loadTest(from: folder + "/many", size: 8).pixels == many.test.pixels)
    }
  }

  @Test func fewImagesAreDividedToo() throws {
    try withFolder { folder in
      try write(picture(1), folder + "/cat/a.png")
      try write(picture(2), folder + "/dog/b.png")
      #expect(failure { _ = try ImageFolder.load(from: folder) }?.kind == .missing)
      try write(picture(3), folder + "/dog/c.png")
      let data = try ImageFolder.load(from: folder, size: 8)
      #expect(data.train.classCounts == [1, 1] && data.test.classCounts == [0, 1])
    }
  }

  @Test func aClassMayBeCalledTrain() throws {
    try withFolder { folder in
      for name in ["bus", "train"] {
        for file in ["a", "b"] { try write(picture(1), "\(folder)/\(name)/\(file).png") }
      }
      let data = try ImageFolder.load(from: folder, size: 8)
      #expect(data.train.classNames == ["bus", "train"] && data.train.count + data.test.count == 4)
      #expect(try ImageFolder.remarks(on: folder).isEmpty)
    }
  }

  @Test func aFolderCalledLikeAPictureIsPassedOver() throws {
    try withFolder { folder in
      for name in ["a", "b", "b/c.png/d"] { try write(picture(1), "\(folder)/cat/\(name).png") }
      let data = try ImageFolder.load(from: folder, size: 8)
      #expect(data.train.count + data.test.count == 2)
      #expect(try ImageFolder.remarks(on: folder).first?.contains("cat: 1 folder passed over") == true)
    }
  }

  @Test(arguments: [0, 1 << 31]) func impossibleSizesAreErrors(size: Int) throws {
    try withFolder { folder in
      for file in ["a", "b"] { try write(picture(1), "\(folder)/cat/\(file).png") }
      #expect(failure { _ = try ImageFolder.load(from: folder, size: size) }?.kind == .usage)
    }
  }

  /// As archives of macOS and of Linux write the same name.
  @Test func namesInTwoUnicodeFormsAreOneClass() throws {
    try withFolder { folder in
      try write(picture(1), folder + "/train/caf\u{E9}/a.png")
      try write(picture(2), folder + "/train/tea/a.png")
      try write(picture(3), folder + "/test/cafe\u{301}/b.png")
      try write(picture(4), folder + "/test/tea/b.png")
      let data = try ImageFolder.load(from: folder, size: 8)
      #expect(data.train.labels == [0, 1] && data.test.labels == [0, 1])
      // Two folders of one part would be.
      try write(picture(5), folder + "/train/cafe\u{301}/c.png")
      let error = failure { _ = try ImageFolder.load(from: folder, size: 8) }
      #expect(error?.kind == .invalid && error?.problem.hasPrefix("two folders of one name") == true, "\(error as Any)")
    }
  }

  /// Foundation cannot read them, and would leave the class out.
  @Test func namesThatAreNotUTF8AreRefused() throws {
    try withFolder { folder in
      for name in ["cat", "dog"] { try write(picture(1), "\(folder)/\(name)/a.png") }
      let latin1 = "\(folder)/caf".utf8CString.dropLast() + [CChar(bitPattern: 0xE9), 0]
      try #require(latin1.withUnsafeBufferPointer { $0.baseAddress.map { mkdir($0, 0o755) } } == 0)
      let error = failure { _ = try ImageFolder.load(from: folder, size: 8) }
      #expect(error?.kind == .invalid && error?.problem == "a name that is not UTF-8", "\(error as Any)")
    }
  }

  @Test func testImagesNeedNoTrainingImages() throws {
    try withFolder { folder in
      try write(picture(1), folder + "/test/dog/a.png")
      try write(picture(2), folder + "/test/cat/b.png")
      let set = try ImageFolder.loadTest(from: folder, size: 8)
      #expect(set.classNames == ["cat", "dog"] && set.labels == [0, 1])
      #expect(failure { _ = try ImageFolder.load(from: folder) }?.path == folder + "/train")
      for name in ["cat", "cow", "dog"] { try write(ascii("no picture"), folder + "/train/\(name)/c.png") }
      #expect(try ImageFolder.loadTest(from: folder, size: 8).labels == [0, 2])
    }
  }

  @Test func whatIsWrongIsNamed() throws {
    try withFolder { folder in
      #expect(failure { _ = try ImageFolder.load(from: folder + "/none") }?.kind == .missing)
      #expect(failure { _ = try ImageFolder.load(from: folder) }?.kind == .missing)
      try write(picture(1), folder + "/train/cat/a.png")
      #expect(failure { _ = try ImageFolder.load(from: folder) }?.path == folder + "/test")
      try write(picture(1), folder + "/test/cow/a.png")
      #expect(failure { _ = try ImageFolder.load(from: folder) }?.path == folder + "/test/cow")
      try FileManager.default.moveItem(atPath: folder + "/test/cow", toPath: folder + "/test/cat")
      try write(Array(picture(1).dropLast(60)), folder + "/train/cat/broken.png")
      let error = failure { _ = try ImageFolder.load(from: folder) }
      #expect(error?.kind == .invalid && error?.path == folder + "/train/cat/broken.png")
    }
  }
}

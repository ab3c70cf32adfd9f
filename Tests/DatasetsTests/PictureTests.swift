// Pictures as other programs store them (`Scripts/pictures.py`): WebP, and every orientation a camera can note.
import Datasets
import Foundation
import Testing

@Suite struct PictureTests {
  static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .appendingPathComponent("Fixtures/pictures").path

  private func decode(_ name: String) throws -> DecodedImage {
    try ImageDecoder.decode(path: "\(Self.folder)/\(name)")
  }

  /// Red 10·x, green 15·y, blue 100.
  private var expected: [UInt8] {
    (0..<384).flatMap { (index: Int) -> [UInt8] in [UInt8(10 * (index % 24)), UInt8(15 * (index / 24)), 100] }
  }

  @Test(arguments: ["picture.png", "lossless.webp", "turned-6.webp"] + (1...8).map { "turned-\($0).png" })
  func losslessPicturesAreExact(name: String) throws {
    let picture = try decode(name)
    #expect(picture.width == 24 && picture.height == 16 && picture.pixels == expected)
  }

  @Test(arguments: ["lossy.webp", "turned-6.jpg"])
  func lossyPicturesAreClose(name: String) throws {
    let picture = try decode(name)
    #expect(picture.width == 24 && picture.height == 16)
    #expect(zip(picture.pixels, expected).allSatisfy { abs(Int($0) - Int($1)) <= 14 })
  }

  @Test func transparencyIsLaidOnWhite() throws {
    let pixels = try decode("transparent.webp").pixels
    for index in pixels.indices { #expect(pixels[index] == (index / 3 % 24 < 12 ? 255 : expected[index])) }
  }

  /// Such files are intact: nobody is told to replace them.
  @Test func whatIsNotReadHasItsOwnRemedy() throws {
    let animation = failure { _ = try decode("animated.webp") }
    #expect(
      animation?.problem.hasSuffix("an animation; choose one of its pictures") == true && animation?.remedy == nil)
    var bytes = try read("\(Self.folder)/turned-6.jpg")
    // The start of the frame: marker, length, bits, height and width.
    let frame = try #require(bytes.indices.first { bytes[$0] == 0xFF && [0xC0, 0xC2].contains(bytes[$0 + 1]) })
    bytes.replaceSubrange(frame + 5..<frame + 9, with: [0x23, 0x28, 0x2E, 0xE0])
    let photograph = failure { _ = try ImageDecoder.decode(bytes: bytes) }
    #expect(photograph?.problem.contains("12000 x 9000 pixels are too many; scale it down") == true)
    #expect(photograph?.remedy == nil)
  }

  /// The standard (T.81, B.1.1.2) allows 0xFF before any marker.
  @Test func fillBytesHideNoOrientation() throws {
    var bytes = try read("\(Self.folder)/turned-6.jpg")
    let note = try #require(bytes.indices.first { bytes[$0] == 0xFF && bytes[$0 + 1] == 0xE1 })
    bytes.insert(contentsOf: [0xFF, 0xFF], at: note)
    let picture = try ImageDecoder.decode(bytes: bytes)
    #expect(picture.width == 24 && picture.height == 16)
  }

  @Test func damagedNotesChangeNothing() throws {
    let bytes = try read("\(Self.folder)/turned-6.jpg")
    let note = try #require(bytes.indices.first { bytes[$0...].starts(with: ascii("Exif")) })
    for place in note + 6..<note + 32 {
      for value in [0, 1, 0x7F, 0xFF] as [UInt8] {
        var damaged = bytes
        damaged[place] = value
        let picture = try ImageDecoder.decode(bytes: damaged)
        #expect(Set([picture.width, picture.height]) == [16, 24])
      }
    }
  }

  @Test func truncationIsAnError() throws {
    for name in ["lossless.webp", "lossy.webp", "transparent.webp"] {
      let bytes = try read("\(Self.folder)/\(name)")
      for end in 0..<bytes.count - 1 {
        #expect(
          failure { _ = try ImageDecoder.decode(bytes: Array(bytes[..<end])) }?.kind == .invalid, "\(name) \(end)")
      }
    }
  }

  @Test func strayBytesHideNoTruncation() throws {
    var bytes = try read("\(Self.folder)/turned-6.jpg")
    let scan = try #require(bytes.indices.last { bytes[$0...].starts(with: [0xFF, 0xDA]) })
    bytes.insert(contentsOf: [1, 2, 3], at: scan)
    #expect(try ImageDecoder.decode(bytes: bytes).width == 24)
    let half = (scan + bytes.count) / 2
    #expect(failure { _ = try ImageDecoder.decode(bytes: Array(bytes[..<half])) }?.kind == .invalid)
  }

  @Test func picturesAreWrittenAsPNG() throws {
    let picture = try DecodedImage(pixels: expected, width: 24, height: 16)
    #expect(try ImageDecoder.decode(bytes: picture.png()) == picture)
    #expect(throws: DatasetError.self) { try DecodedImage(pixels: expected, width: 16, height: 16) }
    #expect(throws: DatasetError.self) { try DecodedImage(pixels: [], width: 0, height: 0) }
    #expect(throws: DatasetError.self) { try DecodedImage(pixels: [], width: .max, height: .max) }
  }

  @Test func foldersStandForTheirPictures() throws {
    try withFolder { folder in
      for name in ["b.png", "a/c.JPG", "a/b/d.webp", "notes.txt", "a/._c.JPG", ".cut/e.png"] {
        try write([1], "\(folder)/\(name)")
      }
      try FileManager.default.createSymbolicLink(atPath: folder + "/link", withDestinationPath: folder + "/a")
      #expect(try ImageFiles.expand([folder + "/link"]) == ["b/d.webp", "c.JPG"].map { "\(folder)/link/\($0)" })
      // Links are followed, but not back to where they came from.
      try FileManager.default.createSymbolicLink(atPath: folder + "/a/back", withDestinationPath: folder)
      let linked = ["a/b/d.webp", "a/c.JPG", "b.png", "link/b/d.webp", "link/c.JPG"].map { "\(folder)/\($0)" }
      #expect(try ImageFiles.expand([folder]) == linked)
      for name in ["a/back", "link"] { try FileManager.default.removeItem(atPath: "\(folder)/\(name)") }
      try FileManager.default.createDirectory(atPath: folder + "/empty", withIntermediateDirectories: true)
      let found = try ImageFiles.expand(["-", folder, folder + "/notes.txt"])
      #expect(found == ["-"] + ["a/b/d.webp", "a/c.JPG", "b.png", "notes.txt"].map { "\(folder)/\($0)" })
      #expect(failure { _ = try ImageFiles.expand([folder + "/empty"]) }?.kind == .missing)
      #expect(failure { _ = try ImageFiles.expand([folder + "/none.png"]) }?.path == folder + "/none.png")
    }
  }
}

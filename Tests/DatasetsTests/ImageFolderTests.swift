// Folders of images as data sets: what is read, how it is divided, and what is wrong with it.
// All folders are made here.
import Datasets
import Foundation
import Testing

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

// Both layouts of CIFAR-10 on small files, their damages, and the real data where it is at hand.
import Datasets
import Foundation
import Testing

@Suite struct CIFAR10Tests {
  let small = SmallCIFAR()

  @Test(arguments: ["", "/cifar-10-batches-bin"])
  func binaryRecordsBecomePlanes(place: String) throws {
    try withFolder { folder in
      try small.writeBinary(to: folder + place)
      let data = try CIFAR10.load(from: DataDirectory(path: folder))
      #expect(data.name == "cifar10")
      #expect(data.train.count == 20 && data.test.count == 4)
      let labels = (0..<20).map { Int32($0 % 10) }
      #expect(data.train.labels == labels)
      #expect(data.test.labels == [0, 1, 2, 3])
      let fifth = data.train.pixels[4 * 3072..<5 * 3072]
      #expect(fifth.elementsEqual(small.records[1][1..<3073]))
      #expect(data.train.classNames == CIFAR10.classNames)
      #expect(data.train.channels == 3 && data.train.height == 32 && data.train.width == 32)
    }
  }

  /// Damaged files beside it are not to be met again after a download.
  @Test func whatWasDownloadedComesFirst() throws {
    try withFolder { folder in
      try small.writeBinary(to: folder)
      try write([], folder + "/data_batch_3.bin")
      #expect(failure { _ = try CIFAR10.load(from: DataDirectory(path: folder)) } != nil)
      try small.writeBinary(to: folder + "/cifar-10-batches-bin")
      #expect(try CIFAR10.load(from: DataDirectory(path: folder)).train.count == 20)
    }
  }

  @Test(arguments: ["", "/cifar-10-batches-py"], [false, true])
  func pythonLayoutHoldsTheSame(place: String, columnMajor: Bool) throws {
    try withFolder { folder in
      try small.writePython(to: folder + place, columnMajor: columnMajor)
      try small.writeBinary(to: folder + "/other")
      let python = try CIFAR10.load(from: DataDirectory(path: folder))
      let binary = try CIFAR10.load(from: DataDirectory(path: folder + "/other"))
      #expect(python.train.pixels == binary.train.pixels && python.train.labels == binary.train.labels)
      #expect(python.test.pixels == binary.test.pixels && python.test.labels == binary.test.labels)
    }
  }

  @Test func classNamesComeFromTheMetaFiles() throws {
    let names = (0..<10).map { "name \($0)" }
    try withFolder { folder in
      try small.writeBinary(to: folder + "/bin")
      try write(ascii(names.joined(separator: "\n") + "\n\n"), folder + "/bin/batches.meta.txt")
      #expect(try CIFAR10.load(from: DataDirectory(path: folder + "/bin")).test.classNames == names)
      try small.writePython(to: folder + "/py")
      try write(PickleWriter.meta(names), folder + "/py/batches.meta")
      #expect(try CIFAR10.load(from: DataDirectory(path: folder + "/py")).test.classNames == names)
      try write(ascii("only\ntwo\n"), folder + "/bin/batches.meta.txt")
      #expect(throws: DatasetError.self) { try CIFAR10.load(from: DataDirectory(path: folder + "/bin")) }
    }
  }

  @Test(arguments: ["bin", "py"]) func aFileBeyondAllMemoryIsRefused(layout: String) throws {
    try withFolder { folder in
      if layout == "bin" { try small.writeBinary(to: folder) } else { try small.writePython(to: folder) }
      let path = folder + "/data_batch_1" + (layout == "bin" ? ".bin" : "")
      #expect(truncate(path, 3073 << 32) == 0)
      let error = failure { _ = try CIFAR10.load(from: DataDirectory(path: folder)) }
      #expect(error?.kind == .invalid && error?.path == path && error?.problem.contains("expected at most") == true)
    }
  }

  @Test func nothingThereNamesTheRemedy() throws {
    try withFolder { folder in
      let error = failure { _ = try CIFAR10.load(from: DataDirectory(path: folder)) }
      #expect(error?.kind == .missing && error?.path == folder)
      #expect(error?.description.contains("tpsnet data download") == true)
    }
  }

  @Test func aMissingFileIsNamed() throws {
    try withFolder { folder in
      try small.writeBinary(to: folder)
      try FileManager.default.removeItem(atPath: folder + "/data_batch_3.bin")
      let error = failure { _ = try CIFAR10.load(from: DataDirectory(path: folder)) }
      #expect(error?.kind == .missing && error?.path == folder + "/data_batch_3.bin")
      #expect(error?.remedy?.contains("tpsnet data download") == true)
    }
  }

  @Test func aRemainderIsNamed() throws {
    try withFolder { folder in
      try small.writeBinary(to: folder)
      try write(Array(small.records[2].dropLast(3000)), folder + "/data_batch_3.bin")
      let error = failure { _ = try CIFAR10.load(from: DataDirectory(path: folder)) }
      #expect(error?.kind == .invalid && error?.path == folder + "/data_batch_3.bin")
      #expect(error?.problem.contains("73 too many") == true)
      try write([], folder + "/data_batch_3.bin")
      #expect(failure { _ = try CIFAR10.load(from: DataDirectory(path: folder)) }?.problem.contains("empty") == true)
    }
  }

  @Test func aLabelAboveNineIsRefused() throws {
    try withFolder { folder in
      try small.writeBinary(to: folder)
      var records = small.records[5]
      records[3073] = 10
      try write(records, folder + "/test_batch.bin")
      let error = failure { _ = try CIFAR10.load(from: DataDirectory(path: folder)) }
      #expect(error?.problem == "the label of image 1 is 10, not one of 0 to 9")
    }
  }

  @Test func aFolderInPlaceOfAFileIsRefused() throws {
    try withFolder { folder in
      try small.writeBinary(to: folder)
      try FileManager.default.removeItem(atPath: folder + "/test_batch.bin")
      try FileManager.default.createDirectory(atPath: folder + "/test_batch.bin", withIntermediateDirectories: true)
      #expect(failure { _ = try CIFAR10.load(from: DataDirectory(path: folder)) }?.kind == .invalid)
    }
  }

  @Test(.enabled(if: RealCIFAR.isPresent, "TPSNET_DATA names no folder with CIFAR-10"))
  func theRealDataHasItsKnownStatistics() throws {
    let info = DataInfo(try CIFAR10.load(from: RealCIFAR.directory))
    #expect(info.train.classCounts == Array(repeating: 5000, count: 10))
    #expect(info.test.classCounts == Array(repeating: 1000, count: 10))
    for (value, known) in zip(info.train.mean, [0.49139968, 0.48215841, 0.44653091]) {
      #expect(abs(value - known) < 1e-8)
    }
    for (value, known) in zip(info.train.standardDeviation, [0.24703223, 0.24348513, 0.26158784]) {
      #expect(abs(value - known) < 1e-8)
    }
    for (value, known) in zip(info.test.mean, [0.49421428, 0.48513139, 0.45040909]) {
      #expect(abs(value - known) < 1e-8)
    }
  }
}

// Importing from folders and archives: what arrives, what is refused, and that nothing is left half done.
import Datasets
import Foundation
import Testing

@Suite struct ImportTests {
  private let small = SmallCIFAR()

  /// Checks that `folder` has the small data set in its place and nothing beside it.
  private func expectInstalled(_ folder: String) throws {
    for (name, bytes) in zip(batchNames, small.records) {
      #expect(try read("\(folder)/cifar-10-batches-bin/\(name).bin") == bytes)
    }
    #expect(try names(in: folder) == ["cifar-10-batches-bin"])
  }

  @Test func bothLayoutsAndArchivesArrive() throws {
    let reference = try small.reference()
    try withFolder { folder in
      try small.writeBinary(to: folder + "/bin")
      try small.writePython(to: folder + "/py/cifar-10-batches-py")
      try write(small.archive(), folder + "/archive.tar.gz")
      var tar = Tar()
      for (name, bytes) in zip(batchNames, small.records) { tar.add("deep/er/\(name)", PickleWriter.batch(bytes)) }
      tar.add("deep/er/._data_batch_1", [1, 2, 3])
      try write(tar.finished, folder + "/python.tar")
      for source in ["bin", "py", "archive.tar.gz", "python.tar"] {
        let target = DataDirectory(path: "\(folder)/data from \(source)")
        let report = try DataImport.run(from: "\(folder)/\(source)", into: target, reference: reference)
        #expect(report.verdict == .ok && report.path == target.path + "/cifar-10-batches-bin")
        try expectInstalled(target.path)
        #expect(try CIFAR10.load(from: target).train.classNames == CIFAR10.classNames)
        // Again: it is there already, and what an interrupted import left goes.
        let again = "\(folder)/\(source)"
        try write([], target.path + "/.tpsnet-\(UUID().uuidString)/test_batch.bin")
        let left = try #require(
          try FileManager.default.contentsOfDirectory(atPath: target.path).first { $0.first == "." })
        try FileManager.default.setAttributes(
          [.modificationDate: Date(timeIntervalSinceNow: -7200)], ofItemAtPath: target.path + "/" + left)
        #expect(try DataImport.run(from: again, into: target, reference: reference).isGenuine)
        try expectInstalled(target.path)
        #expect(!FileManager.default.fileExists(atPath: target.path + "/" + left))
        let inside = DataDirectory(path: target.path + "/cifar-10-batches-bin")
        #expect(try DataImport.run(from: again, into: inside, reference: reference).path == inside.path)
        #expect(throws: DatasetError.self) {
          try DataImport.run(from: folder + "/none", into: target, reference: reference)
        }
      }
    }
  }

  @Test func otherImagesAreRefused() throws {
    try withFolder { folder in
      try small.writeBinary(to: folder + "/bin")
      let error = failure { try DataImport.run(from: folder + "/bin", into: DataDirectory(path: folder + "/data")) }
      #expect(error?.kind == .invalid && error?.problem.contains("not CIFAR-10's") == true)
      #expect(!FileManager.default.fileExists(atPath: folder + "/data/cifar-10-batches-bin"))
    }
  }

  @Test func whatIsInThePlaceIsNotTouched() throws {
    let reference = try small.reference()
    try withFolder { folder in
      try small.writeBinary(to: folder + "/bin")
      try write([1], folder + "/data/cifar-10-batches-bin/mine.txt")
      let error = failure {
        try DataImport.run(from: folder + "/bin", into: DataDirectory(path: folder + "/data"), reference: reference)
      }
      #expect(error?.remedy == "move it away and try again")
      #expect(try read(folder + "/data/cifar-10-batches-bin/mine.txt") == [1])
    }
  }

  @Test func hostileArchivesAreRefused() throws {
    let reference = try small.reference()
    let good = { (tar: inout Tar) in
      for (name, bytes) in zip(batchNames, small.records) { tar.add("\(name).bin", bytes) }
    }
    var traversal = Tar()
    traversal.add("../../data_batch_1.bin", small.records[0])
    var absolute = Tar()
    absolute.add("/tmp/data_batch_1.bin", small.records[0])
    var symbolic = Tar()
    symbolic.add("data_batch_1.bin", [], type: "2", link: "/etc/passwd")
    var hard = Tar()
    hard.add("data_batch_1.bin", [], type: "1", link: "/etc/passwd")
    var device = Tar()
    device.add("data_batch_1.bin", [], type: "3")
    var twice = Tar()
    good(&twice)
    twice.add("other/data_batch_1.bin", small.records[1])
    var large = Tar()
    large.add("data_batch_1.bin", [UInt8](repeating: 0, count: (1 << 20) + 1))
    var empty = Tar()
    empty.add("readme.txt", [1])
    let truncated = Array(small.archive().dropLast(small.archive().count / 2))
    let tars = [traversal, absolute, symbolic, hard, device, twice, large, empty]
    let archives = tars.map(\.finished) + [truncated, [], [1]]
    for (number, archive) in archives.enumerated() {
      try withFolder { folder in
        try write(archive, folder + "/a.tar")
        let error = failure {
          try DataImport.run(
            from: folder + "/a.tar", into: DataDirectory(path: folder + "/data"), reference: reference,
            fileLimit: 1 << 20)
        }
        #expect(error?.kind == .invalid && error?.path == folder + "/a.tar", "archive \(number): \(error as Any)")
        #expect(!FileManager.default.fileExists(atPath: folder + "/data"))
      }
    }
  }

  @Test func missingSourcesAreNamed() throws {
    try withFolder { folder in
      let error = failure { try DataImport.run(from: folder + "/none", into: DataDirectory(path: folder + "/data")) }
      #expect(error?.kind == .missing && error?.path == folder + "/none")
    }
  }
}

// Verification tells the official data, the same images otherwise arranged, and anything else apart.
import Datasets
import Foundation
import Testing

@Suite struct VerificationTests {
  let small = SmallCIFAR()

  @Test func theSameFilesAreFoundInBothLayouts() throws {
    let reference = try small.reference()
    try withFolder { folder in
      try small.writeBinary(to: folder + "/bin")
      try small.writePython(to: folder + "/py")
      let binary = try DataVerification.verify(DataDirectory(path: folder + "/bin"), against: reference)
      let python = try DataVerification.verify(DataDirectory(path: folder + "/py"), against: reference)
      #expect(binary.verdict == .ok && binary.layout == .binary)
      #expect(python.verdict == .ok && python.layout == .python)
      #expect(binary.files.map(\.name) == batchNames.map { $0 + ".bin" })
      #expect(python.files.map(\.name) == batchNames)
      #expect(binary.files.map(\.sha256) == python.files.map(\.sha256))
      #expect(binary.train.images == 20 && binary.test.images == 4)
    }
  }

  @Test func digestsAreThoseOfTheFiles() throws {
    try withFolder { folder in
      try small.writeBinary(to: folder)
      let report = try DataVerification.verify(DataDirectory(path: folder))
      #expect(report.files[5].sha256 == (try sha256Sum(small.records[5])))
    }
  }

  @Test func anotherOrderAndDivisionIsEquivalent() throws {
    let reference = try small.reference()
    try withFolder { folder in
      try small.writeBinary(to: folder)
      let all = small.records[..<5].flatMap { $0 }
      let records = stride(from: 0, to: all.count, by: 3073).map { Array(all[$0..<$0 + 3073]) }.reversed()
      for file in 1...5 {
        let part = file == 1 ? Array(records.prefix(16)) : [Array(records)[14 + file]]
        try write(part.flatMap { $0 }, folder + "/data_batch_\(file).bin")
      }
      let report = try DataVerification.verify(DataDirectory(path: folder), against: reference)
      #expect(report.verdict == .equivalent && report.isGenuine)
      #expect(report.files.map(\.status).prefix(5).allSatisfy { $0 == .unknown })
      #expect(report.files[5].status == .ok)
    }
  }

  @Test(arguments: [0, 1, 3072])
  func oneChangedByteIsSeen(byte: Int) throws {
    let reference = try small.reference()
    try withFolder { folder in
      try small.writeBinary(to: folder)
      var records = small.records[3]
      records[byte] ^= 1
      try write(records, folder + "/data_batch_4.bin")
      let report = try DataVerification.verify(DataDirectory(path: folder), against: reference)
      #expect(report.verdict == .mismatch && !report.isGenuine)
      #expect(report.files[3].status != .ok && report.files[2].status == .ok)
    }
  }

  @Test func reportsSurviveJSON() throws {
    try withFolder { folder in
      try small.writeBinary(to: folder)
      let report = try DataVerification.verify(DataDirectory(path: folder))
      #expect(try JSONDecoder().decode(DataReport.self, from: JSONEncoder().encode(report)) == report)
      let info = DataInfo(try CIFAR10.load(from: DataDirectory(path: folder)))
      #expect(try JSONDecoder().decode(DataInfo.self, from: JSONEncoder().encode(info)) == info)
      #expect(info.train.mean == report.train.statistics.mean)
    }
  }

  @Test(.enabled(if: RealCIFAR.isPresent, "TPSNET_DATA names no folder with CIFAR-10"))
  func theRealDataIsOfficial() throws {
    let report = try DataVerification.verify(RealCIFAR.directory)
    #expect(report.verdict == .ok)
    #expect(report.files.allSatisfy { $0.status == .ok && $0.images == 10_000 })
    #expect(report.train.unorderedDigest == CIFAR10Reference.official.train)
    #expect(report.test.unorderedDigest == CIFAR10Reference.official.test)
  }
}

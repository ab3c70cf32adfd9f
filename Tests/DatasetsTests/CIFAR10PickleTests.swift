// Pickles that are not CIFAR-10's: every one is an error, none runs anything, crashes or takes memory without bound.
import Datasets
import Foundation
import Testing

@Suite struct CIFAR10PickleTests {
  let small = SmallCIFAR()

  /// The error that loading ends in when one batch of the Python layout is `bytes`.
  private func failureOfLoading(_ bytes: [UInt8]) throws -> DatasetError? {
    try withFolder { folder in
      try small.writePython(to: folder)
      try write(bytes, folder + "/data_batch_1")
      return failure { _ = try CIFAR10.load(from: DataDirectory(path: folder)) }
    }
  }

  @Test func namesOutsideTheListAreRefused() throws {
    try withFolder { folder in
      let mark = folder + "/executed"
      let attacks = [
        "cos\nsystem\n(U\u{8}touch \(mark)tR.", "c__builtin__\neval\n(U\u{1}1tR.", "cposix\nsystem\n.",
        "cnumpy\nload\n.", "cnumpy.core.multiarray\nfromfile\n.",
      ]
      for attack in attacks {
        let error = try failureOfLoading([0x80, 2] + ascii(attack))
        #expect(error?.problem.contains("is not allowed") == true, "\(attack)")
      }
      #expect(!FileManager.default.fileExists(atPath: mark))
    }
  }

  @Test func everyTruncationIsAnError() throws {
    let batch = PickleWriter.batch(small.records[0])
    let head = Array(0..<400)
    let tail = Array(batch.count - 200..<batch.count)
    try withFolder { folder in
      try small.writePython(to: folder)
      for end in head + tail {
        try write(Array(batch[..<end]), folder + "/data_batch_1")
        #expect(failure { _ = try CIFAR10.load(from: DataDirectory(path: folder)) }?.kind == .invalid, "\(end) bytes")
      }
    }
  }

  @Test func damagedBytesNeverCrash() throws {
    let batch = PickleWriter.batch(small.records[0])
    let noise = randomBytes(4000, seed: 11)
    try withFolder { folder in
      try small.writePython(to: folder)
      for trial in 0..<2000 {
        var damaged = batch
        // The program lies in the first and last few hundred bytes.
        let place = Int(noise[trial]) % 250 + (trial % 2 == 0 ? 0 : batch.count - 250)
        damaged[place] = noise[trial + 2000]
        try write(damaged, folder + "/data_batch_1")
        _ = failure { _ = try CIFAR10.load(from: DataDirectory(path: folder)) }
      }
    }
  }

  @Test func shapesThatDoNotFitAreRefused() throws {
    func batch(labels: String, _ addArray: (PickleWriter) -> Void) throws -> DatasetError? {
      let writer = PickleWriter().code("}(").string("labels").code("](\(labels)e").string("data")
      addArray(writer)
      return try failureOfLoading(writer.code("u.").bytes)
    }
    func array(rows: Int) -> (PickleWriter) -> Void {
      { $0.array([UInt8](repeating: 0, count: 2 * 3072), rows: rows) }
    }
    #expect(try batch(labels: "K\u{1}K\u{2}", array(rows: 2)) == nil)
    #expect(try batch(labels: "K\u{1}", array(rows: 2))?.problem.contains("1 labels") == true)
    #expect(try batch(labels: "K\u{1}K\u{a}", array(rows: 2))?.problem.contains("is 10") == true)
    #expect(try batch(labels: "K\u{1}N", array(rows: 2))?.problem.contains("numbers") == true)
    #expect(try batch(labels: "K\u{1}K\u{2}K\u{3}", array(rows: 3))?.problem.contains("shape") == true)
    #expect(try batch(labels: "K\u{1}K\u{2}", { $0.code("N") })?.problem.contains("array") == true)
  }

  @Test func hostileProgramsAreNamed() throws {
    let deep = [0x80, 2] + ascii("N") + [UInt8](repeating: 0x85, count: 1_000_000) + ascii(".")
    #expect(try failureOfLoading(deep)?.problem.contains("too many") == true)
    #expect(try failureOfLoading([0x80, 2] + ascii("i"))?.problem.contains("opcode") == true)
    // A list that holds itself.
    let cycle = PickleWriter().code("}(").string("labels").code("]q\u{1}h\u{1}au.").bytes
    #expect(try failureOfLoading(cycle)?.kind == .invalid)
  }
}

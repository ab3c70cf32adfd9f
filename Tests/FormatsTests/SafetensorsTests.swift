// Files of our own: what is written comes back, always as the same bytes, laid out as the format asks.
import Formats
import Foundation
import TestSupport
import Testing

@Suite struct SafetensorsTests {
  /// A file with odd sizes, types of several widths, an empty tensor and a scalar.
  static func sample() throws -> SafetensorsFile {
    var file = SafetensorsFile(metadata: ["model": #"{"pool":8}"#, "note": "line\nbreak\u{1} \\ ü 😀"])
    try file.add("bytes", type: .uint8, shape: [3], bytes: Data([1, 2, 3]))
    try file.add("conv1.weight", shape: [1, 3, 1, 1], floats: [0.5, -1.5, .infinity])
    try file.add("bn1.num_batches_tracked", shape: [], int64s: [.min])
    try file.add("empty", shape: [0, 7], floats: [])
    try file.add("größe \" 😀", shape: [2], int64s: [1, 2])
    return file
  }

  @Test func roundTrip() throws {
    let file = try Self.sample()
    let read = try SafetensorsFile(file.serialized())
    #expect(read == file)
    #expect(read.tensors.map(\.name) == file.tensors.map(\.name))
    #expect(try read.floats(named: "conv1.weight") == [0.5, -1.5, .infinity])
    #expect(try read.int64s(named: "bn1.num_batches_tracked") == [.min])
    #expect(read["empty"]?.shape == [0, 7])
    #expect(read["absent"] == nil)
    #expect(try SafetensorsFile(SafetensorsFile().serialized()) == SafetensorsFile())
  }

  @Test func throughTheDisk() throws {
    let folder = try TemporaryFolder()
    let url = folder.url.appendingPathComponent("last.safetensors")
    let file = try Self.sample()
    try file.write(to: url)
    #expect(try SafetensorsFile(contentsOf: url) == file)
    #expect(try folder.names == ["last.safetensors"])
  }

  @Test func identicalContentGivesIdenticalBytes() throws {
    var file = try Self.sample()
    let bytes = file.serialized()
    #expect(try Self.sample().serialized() == bytes)
    #expect(try SafetensorsFile(bytes).serialized() == bytes)
    file.metadata = Dictionary(uniqueKeysWithValues: file.metadata.sorted { $0.key > $1.key })
    #expect(file.serialized() == bytes)
  }

  @Test func everyTensorIsAligned() throws {
    let data = try Self.sample().serialized()
    let length = data.withUnsafeBytes { Int(UInt64(littleEndian: $0.loadUnaligned(as: UInt64.self))) }
    #expect(length % 8 == 0)
    let header = try #require(
      JSONSerialization.jsonObject(with: data.dropFirst(8).prefix(length)) as? [String: [String: Any]])
    for tensor in try Self.sample().tensors {
      let offsets = try #require(header[tensor.name]?["data_offsets"] as? [Int])
      #expect(offsets[0] % tensor.type.size == 0)
      #expect(data[(8 + length + offsets[0])..<(8 + length + offsets[1])] == tensor.bytes)
    }
  }

  @Test func partOfABufferCanBeAdded() throws {
    var file = SafetensorsFile()
    try [Float](arrayLiteral: 1, 2, 3, 4).withUnsafeBufferPointer { buffer in
      try file.add("part", shape: [2], floats: UnsafeBufferPointer(rebasing: buffer[1..<3]))
    }
    #expect(try file.floats(named: "part") == [2, 3])
  }

  @Test func bfloat16sAreWidened() throws {
    var file = SafetensorsFile()
    try file.add("a", shape: [4], bfloat16s: [0x3f80, 0xbf00, 0x7f80, 0x8000])
    #expect(file["a"]?.type == .bfloat16 && file["a"]?.bytes.count == 8)
    let read = try file.floats(named: "a")
    #expect(read == [1, -0.5, .infinity, 0] && read[3].sign == .minus)
  }

  @Test func wrongRequestsAreExplained() throws {
    let file = try Self.sample()
    #expect(throws: SafetensorsError(.missing("absent"))) { try file.floats(named: "absent") }
    #expect(throws: SafetensorsError(.type(name: "bytes", found: .uint8, expected: "I64"))) {
      try file.int64s(named: "bytes")
    }
    let error = #expect(throws: SafetensorsError.self) { try file.floats(named: "bytes") }
    #expect(
      error?.description == "safetensors: tensor \"bytes\" is U8, not F32, F64, F16 or BF16; convert it before use")
  }

  @Test(
    arguments: [
      ("bytes", [3]), ("__metadata__", [3]), ("few", [4]), ("many", [2]), ("negative", [-1, -3]),
      ("overflow", [.max, 2]), ("overflow before zero", [.max, .max, 0]),
    ] as [(String, [Int])])
  func impossibleTensorsAreRefused(name: String, shape: [Int]) throws {
    var file = try Self.sample()
    #expect(throws: SafetensorsError.self) {
      try file.add(name, type: .uint8, shape: shape, bytes: Data([1, 2, 3]))
    }
    #expect(try file == Self.sample())
  }

  @Test func failuresToOpenNameThePath() {
    let error = #expect(throws: SafetensorsError.self) {
      try SafetensorsFile(contentsOf: URL(fileURLWithPath: "/nowhere/weights.safetensors"))
    }
    #expect(error?.description == "cannot read /nowhere/weights.safetensors: No such file or directory")
  }
}

// Damaged and malicious files end in an error: never in a crash, never in wrong numbers.
import Formats
import Foundation
import TestSupport
import Testing

@Suite struct SafetensorsHostileTests {
  /// A file of `header` and `count` bytes of data, its length field right unless given.
  static func file(_ header: [UInt8], data count: Int = 4, length: UInt64? = nil) -> Data {
    withUnsafeBytes(of: (length ?? UInt64(header.count)).littleEndian) { Data($0) } + header + Data(count: count)
  }

  @Test func theTableIsOtherwiseSound() throws {
    let header =
      #" {"a" : {"shape":[1], "dtype":"F32","data_offsets":[0,4]},"__metadata__":{"k\u00fc":"\ud83d\ude00"}} "#
    let file = try SafetensorsFile(Self.file(Array(header.utf8)))
    #expect(try file.floats(named: "a") == [0])
    #expect(file.metadata == ["kü": "😀"])
  }

  @Test(arguments: [
    "", " ", "{", "}", "[]", "null", "{}", "{}}", #"{"a":1}"#, #"{"a":null}"#, #"{"a":{}}"#, #"{"a""#,
    // Offsets: holes, overlaps, reversed, out of bounds, too few, too many, negative, fractional, huge.
    #"{"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}"#,
    #"{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"b":{"dtype":"U8","shape":[2],"data_offsets":[2,4]}}"#,
    #"{"a":{"dtype":"U8","shape":[3],"data_offsets":[0,3]},"b":{"dtype":"U8","shape":[2],"data_offsets":[2,4]}}"#,
    #"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"b":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}"#,
    #"{"a":{"dtype":"F32","shape":[1],"data_offsets":[4,0]}}"#,
    #"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}"#,
    #"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0]}}"#,
    #"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4,4]}}"#,
    #"{"a":{"dtype":"F32","shape":[1],"data_offsets":[-4,0]}}"#,
    #"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4.0]}}"#,
    #"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4e0]}}"#,
    #"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,9223372036854775807]}}"#,
    #"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,18446744073709551620]}}"#,
    // Shapes: another size, overflow, negative, not numbers, leading zero.
    #"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}}"#,
    #"{"a":{"dtype":"F32","shape":[0],"data_offsets":[0,4]}}"#,
    #"{"a":{"dtype":"F32","shape":[4611686018427387905],"data_offsets":[0,4]}}"#,
    #"{"a":{"dtype":"F32","shape":[9223372036854775807,9223372036854775807],"data_offsets":[0,4]}}"#,
    #"{"a":{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}}"#,
    #"{"a":{"dtype":"F32","shape":["1"],"data_offsets":[0,4]}}"#,
    #"{"a":{"dtype":"F32","shape":[01],"data_offsets":[0,4]}}"#,
    #"{"a":{"dtype":"F32","shape":[1,],"data_offsets":[0,4]}}"#,
    #"{"a":{"dtype":"F32","shape":1,"data_offsets":[0,4]}}"#,
    // Types and members: unknown, missing, repeated, additional.
    #"{"a":{"dtype":"F33","shape":[1],"data_offsets":[0,4]}}"#,
    #"{"a":{"dtype":4,"shape":[1],"data_offsets":[0,4]}}"#,
    #"{"a":{"shape":[1],"data_offsets":[0,4]}}"#,
    #"{"a":{"dtype":"F32","data_offsets":[0,4]}}"#,
    #"{"a":{"dtype":"F32","shape":[1]}}"#,
    #"{"a":{"dtype":"F32","dtype":"F32","shape":[1],"data_offsets":[0,4]}}"#,
    #"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4],"more":1}}"#,
    // Names: twice, also when written differently; metadata twice, nested, not strings.
    #"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"a":{"dtype":"F32","shape":[0],"data_offsets":[0,0]}}"#,
    #"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"\u0061":{"dtype":"F32","shape":[0],"data_offsets":[0,0]}}"#,
    #"{"__metadata__":{},"__metadata__":{},"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}"#,
    #"{"__metadata__":{"k":"1","k":"2"},"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}"#,
    #"{"__metadata__":{"k":1},"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}"#,
    #"{"__metadata__":{"k":{"l":"1"}},"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}"#,
    #"{"__metadata__":{"tpsnet.checksum":"crc32c:0"},"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}"#,
    // Strings: bad escapes, half surrogates, control characters, no end.
    #"{"\x":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}"#,
    #"{"\u12":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}"#,
    #"{"\ud83d":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}"#,
    #"{"\ud83d\u0041":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}"#,
    #"{"\ude00":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}"#,
    "{\"a\nb\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}",
    #"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}} x"#,
    #"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},}"#,
    #"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}"#,
    String(repeating: "[", count: 1_000_000),
    String(repeating: #"{"a":"#, count: 200_000),
  ])
  func hostileHeaders(header: String) {
    #expect(throws: SafetensorsError.self) { try SafetensorsFile(Self.file(Array(header.utf8))) }
  }

  @Test func textMustBeUTF8() {
    let header = Array(#"{"a"#.utf8) + [0xFF] + Array(#"":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}"#.utf8)
    #expect(throws: SafetensorsError.self) { try SafetensorsFile(Self.file(header)) }
  }

  @Test(arguments: [0, 1, 3, 100_000_001, UInt64(Int.max), .max - 8, .max])
  func wrongHeaderLengths(length: UInt64) {
    let header = Array(#"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}"#.utf8)
    #expect(throws: SafetensorsError.self) { try SafetensorsFile(Self.file(header, length: length)) }
  }

  @Test func everyTruncationAndExtensionIsNoticed() throws {
    let data = try SafetensorsTests.sample().serialized()
    for count in 0..<data.count {
      #expect(throws: SafetensorsError.self, "\(count) bytes") { try SafetensorsFile(data.prefix(count)) }
    }
    #expect(throws: SafetensorsError.self) { try SafetensorsFile(data + [0]) }
  }

  @Test func everyFlippedBitIsNoticedOrHarmless() throws {
    let file = try SafetensorsTests.sample()
    let data = file.serialized()
    let dataStart = data.count - file.tensors.reduce(0) { $0 + $1.bytes.count }
    var harmless = 0
    for position in data.indices {
      for bit in 0..<8 {
        var damaged = data
        damaged[position] ^= 1 << bit
        guard let read = try? SafetensorsFile(damaged) else { continue }
        // The case of an escape's digit, or the checksum's key, which then names nothing: the content is intact.
        harmless += 1
        #expect(position < dataStart)
        #expect(read.tensors == file.tensors)
        #expect(read.metadata.filter { file.metadata[$0.key] != nil } == file.metadata)
      }
    }
    #expect(harmless < 8 * SafetensorsFile.checksumKey.utf8.count)
  }

  @Test func everyReplacedByteOfForeignFilesIsSurvived() throws {
    // Without a checksum some damage cannot be seen; it must only never crash.
    let data = try Data(contentsOf: fixtures.appendingPathComponent("safetensors/python.safetensors"))
    for position in data.indices {
      for byte in [0, 0x22, 0x2C, 0x30, 0x39, 0x5B, 0x5C, 0x5D, 0x7B, 0x7D, 0xFF] as [UInt8] {
        var damaged = data
        damaged[position] = byte
        _ = try? SafetensorsFile(damaged)
      }
    }
  }

  @Test func corruptionIsCalledSo() throws {
    let folder = try TemporaryFolder()
    let url = folder.url.appendingPathComponent("best.safetensors")
    var data = try SafetensorsTests.sample().serialized()
    data[data.count - 1] ^= 1
    try AtomicFile.write(data, to: url)
    let error = #expect(throws: SafetensorsError.self) { try SafetensorsFile(contentsOf: url) }
    #expect(error?.description.hasPrefix("\(url.path): corrupt: ") == true)
  }
}

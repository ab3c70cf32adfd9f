// The check against published values, and however its bytes are split.
import Formats
import Testing

@Suite struct CRC32Tests {
  @Test(
    arguments: [
      (Array("123456789".utf8), 0xE306_9283),
      (Array(repeating: 0, count: 32), 0x8A91_36AA),
      (Array(repeating: 0xFF, count: 32), 0x62A8_AB43),
      (Array(0..<32), 0x46DD_794E),
      ([], 0),
    ] as [([UInt8], UInt32)])
  func publishedValues(bytes: [UInt8], expected: UInt32) {
    // RFC 3720, appendix B.4, and the catalogue's check value.
    #expect(CRC32(.castagnoli, of: bytes).value == expected)
  }

  @Test func theOtherPolynomialIsZIPs() {
    #expect(CRC32(.ethernet, of: "123456789".utf8).value == 0xCBF4_3926)
  }

  @Test func splittingChangesNothing() {
    let bytes = (0..<100).map { UInt8($0 * 37 % 256) }
    let whole = CRC32(.castagnoli, of: bytes).value
    for split in 0...bytes.count {
      var crc = CRC32(.castagnoli, of: bytes[..<split])
      crc.update(bytes[split...])
      #expect(crc.value == whole)
    }
  }

  @Test func sequencesWithoutStorageCount() {
    #expect(CRC32(.castagnoli, of: stride(from: UInt8(0), to: 32, by: 1)).value == 0x46DD_794E)
  }
}

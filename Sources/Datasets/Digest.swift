// SHA-256 through OpenSSL, for files, and for sets of records whatever their order.
// Verification compares both with what the official data yields.
import CCrypto

/// A running SHA-256.
package struct SHA256 {
  private let context: Context

  init() throws { context = try Context() }

  func update(_ bytes: UnsafeRawBufferPointer) throws {
    guard EVP_DigestUpdate(context.pointer, bytes.baseAddress, bytes.count) == 1 else { throw Self.failure }
  }

  /// The 32 bytes of the digest; afterwards the next one begins.
  func finish() throws -> [UInt8] {
    var digest = [UInt8](repeating: 0, count: 32)
    guard EVP_DigestFinal_ex(context.pointer, &digest, nil) == 1, context.begin() else { throw Self.failure }
    return digest
  }

  static func hexadecimal(_ digest: [UInt8]) -> String {
    digest.map { byte in
      let digits = String(byte, radix: 16)
      return digits.count == 1 ? "0" + digits : digits
    }.joined()
  }

  /// The digest of some bytes, in hexadecimal.
  package static func of(_ bytes: [UInt8]) throws -> String {
    let hash = try SHA256()
    try bytes.withUnsafeBytes { try hash.update($0) }
    return try hexadecimal(hash.finish())
  }

  /// The digest of a file, in hexadecimal, read a mebibyte at a time.
  static func ofFile(_ path: String) throws -> String {
    let hash = try SHA256()
    try Files.forEachChunk(of: path) { try hash.update($0) }
    return try hexadecimal(hash.finish())
  }

  private static var failure: DatasetError { DatasetError(.system, "OpenSSL cannot compute SHA-256") }

  private final class Context {
    let pointer: OpaquePointer

    init() throws {
      guard let pointer = EVP_MD_CTX_new() else { throw SHA256.failure }
      self.pointer = pointer
      guard begin() else { throw SHA256.failure }
    }

    func begin() -> Bool { EVP_DigestInit_ex(pointer, EVP_sha256(), nil) == 1 }

    deinit { EVP_MD_CTX_free(pointer) }
  }
}

/// The sum, modulo 2⁶⁴ in each of four lanes, of the SHA-256 of each record: equal for the same records in any
/// order, and (chance aside) for no others. It guards against damage, not against malice.
struct UnorderedDigest {
  private var lanes: [UInt64] = [0, 0, 0, 0]

  /// Adds the records of `size` bytes that fill `bytes`.
  mutating func add(_ bytes: [UInt8], recordsOf size: Int) throws {
    let hash = try SHA256()
    try bytes.withUnsafeBytes { all in
      for start in stride(from: 0, to: all.count - all.count % size, by: size) {
        try hash.update(UnsafeRawBufferPointer(rebasing: all[start..<start + size]))
        let digest = try hash.finish()
        for lane in 0..<4 {
          lanes[lane] &+= digest[lane * 8..<lane * 8 + 8].reduce(0) { $0 << 8 | UInt64($1) }
        }
      }
    }
  }

  var hexadecimal: String {
    SHA256.hexadecimal(lanes.flatMap { lane in stride(from: 56, through: 0, by: -8).map { UInt8(lane >> $0 & 255) } })
  }
}

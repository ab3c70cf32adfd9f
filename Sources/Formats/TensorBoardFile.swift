// A file of TensorBoard's events, written record by record: what is in it can be shown at any time,
// and what a kill cuts off is passed over by its checks.
package import Foundation
import Glibc

/// An event file that is written to.
package final class TensorBoardFile {
  private static let prefix = "events.out.tfevents."
  private let file: FileDescriptor

  /// Where the file is.
  package let url: URL

  /// The event files in `folder`, in the order in which TensorBoard reads them.
  package static func files(in folder: URL) -> [URL] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
    return names.filter { $0.hasPrefix(prefix) }.sorted().map(folder.appendingPathComponent)
  }

  /// Begins a new file in `folder`, which comes after those that are there. Throws `FileError`.
  package init(in folder: URL) throws(FileError) {
    let now = Date().timeIntervalSince1970
    let latest = Self.files(in: folder).compactMap { url in
      Int(url.lastPathComponent.dropFirst(Self.prefix.count).prefix { $0.isNumber })
    }.max()
    let second = max(Int(now), (latest ?? 0) + 1)
    url = folder.appendingPathComponent("\(Self.prefix)\(second).\(Self.host).\(getpid()).0")
    file = try FileDescriptor(opening: url.path, flags: O_WRONLY | O_CREAT | O_EXCL | O_APPEND, for: "write")
    try append([TensorBoardEvent.version(at: now)])
  }

  /// This machine's name, as the system has it: Foundation would ask the network.
  private static var host: String {
    withUnsafeTemporaryAllocation(of: CChar.self, capacity: 256) { name in
      guard let base = name.baseAddress, gethostname(base, 255) == 0 else { return "localhost" }
      name[255] = 0
      return String(cString: base).filter { $0 != "/" }
    }
  }

  /// Appends `events`. Throws `FileError`.
  package func append(_ events: [TensorBoardEvent]) throws(FileError) {
    try append(events.flatMap(\.messages))
  }

  /// Waits until what was appended is on the disk. Throws `FileError`.
  package func synchronize() throws(FileError) { try file.synchronize() }

  /// One record a message: its length, the length's check, the message, the message's check.
  private func append(_ messages: [Data]) throws(FileError) {
    var records = Data()
    for message in messages {
      let length = withUnsafeBytes(of: UInt64(message.count).littleEndian) { Data($0) }
      records += length + Self.check(length) + message + Self.check(message)
    }
    try file.write(records)
  }

  /// The masked CRC-32C of TFRecord files.
  private static func check(_ data: Data) -> Data {
    let crc = CRC32(.castagnoli, of: data).value
    let masked = (crc >> 15 | crc << 17) &+ 0xA282_EAD8
    return withUnsafeBytes(of: masked.littleEndian) { Data($0) }
  }
}

// Files are replaced whole or not at all, and nothing temporary stays behind.
import Formats
import Foundation
import TestSupport
import Testing

@Suite struct AtomicFileTests {
  let folder: TemporaryFolder
  let file: URL

  init() throws {
    folder = try TemporaryFolder()
    file = folder.url.appendingPathComponent("summary.json")
  }

  @Test func writesAndReplaces() throws {
    for content in ["first, longer", "second", ""] {
      try AtomicFile.write(Data(content.utf8), to: file)
      #expect(try AtomicFile.read(file) == Data(content.utf8))
      #expect(try folder.names == ["summary.json"])
    }
  }

  @Test func longNamesAreWritten() throws {
    let long = folder.url.appendingPathComponent(String(repeating: "n", count: 255))
    try AtomicFile.write(Data("content".utf8), to: long)
    #expect(try AtomicFile.read(long) == Data("content".utf8))
  }

  @Test func linksAreFollowed() throws {
    let link = folder.url.appendingPathComponent("link")
    try AtomicFile.write(Data("old".utf8), to: file)
    try FileManager.default.createSymbolicLink(at: link, withDestinationURL: file)
    try AtomicFile.write(Data("new".utf8), to: link)
    #expect(try AtomicFile.read(file) == Data("new".utf8))
    #expect(try FileManager.default.destinationOfSymbolicLink(atPath: link.path) == file.path)
  }

  @Test func missingFolderIsNamed() {
    let path = folder.url.appendingPathComponent("missing/file").path
    #expect(throws: FileError(operation: "write", path: path, reason: "No such file or directory")) {
      try AtomicFile.write(Data(), to: URL(fileURLWithPath: path))
    }
  }

  @Test func failureLeavesTheOldFile() throws {
    // The name is taken by a file where a folder would be needed.
    try AtomicFile.write(Data("old".utf8), to: file)
    let error = #expect(throws: FileError.self) {
      try AtomicFile.write(Data("new".utf8), to: file.appendingPathComponent("below"))
    }
    #expect(error?.description == "cannot write \(file.path)/below: Not a directory")
    #expect(try AtomicFile.read(file) == Data("old".utf8))
    #expect(try folder.names == ["summary.json"])
  }

  @Test func overlongNameLeavesNothing() throws {
    // The temporary file is written before the rename fails.
    let name = String(repeating: "n", count: 256)
    #expect(throws: FileError.self) { try AtomicFile.write(Data(), to: folder.url.appendingPathComponent(name)) }
    #expect(try folder.names.isEmpty)
  }

  @Test func foldersAndDevicesAreRefused() throws {
    #expect(throws: FileError.self) { try AtomicFile.write(Data(), to: folder.url) }
    #expect(throws: FileError.self) { try AtomicFile.read(folder.url) }
    for device in ["/dev/null", "/dev/zero"].map(URL.init(fileURLWithPath:)) {
      #expect(throws: FileError.self) { try AtomicFile.write(Data(), to: device) }
      #expect(throws: FileError.self) { try AtomicFile.read(device) }
    }
  }

  @Test func aSizeBeyondMemoryIsAnError() throws {
    try AtomicFile.write(Data(), to: file)
    let handle = try FileHandle(forWritingTo: file)
    guard (try? handle.truncate(atOffset: 1 << 43)) != nil else { return }  // not all file systems have such holes
    try handle.close()
    #expect(throws: FileError.self) { try AtomicFile.read(file) }
  }
}

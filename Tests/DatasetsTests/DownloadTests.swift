// The download against a server of its own: whole, interrupted and continued, refused, wrong, out of reach.
import Datasets
import Foundation
import Testing

@Suite(.timeLimit(.minutes(2))) struct DownloadTests {
  private static let small = SmallCIFAR(imagesPerFile: 40)
  private static let archive = small.archive()
  /// A proxy knows nothing of this machine. Once, because other tests read the environment.
  private static let withoutProxy: Void = { setenv("no_proxy", "127.0.0.1", 1) }()

  /// Runs `body` with a server of the small archive, what is to be fetched from it, and an empty data directory.
  private func withServer(
    _ behaviour: TinyServer.Behaviour = .init(), _ other: SmallCIFAR? = nil, sha256: String? = nil,
    _ body: (TinyServer, CIFAR10Download.Source, DataDirectory) throws -> Void
  ) throws {
    _ = Self.withoutProxy
    let small = other ?? Self.small
    let archive = other?.archive() ?? Self.archive
    let server = try TinyServer(archive, behaviour)
    defer { server.stop() }
    let reference = try small.reference()
    try withFolder { folder in
      let source = CIFAR10Download.Source(
        address: server.address, size: archive.count, sha256: try sha256 ?? sha256Sum(archive),
        reference: reference)
      try body(server, source, DataDirectory(path: folder + "/data"))
    }
  }

  private func part(_ directory: DataDirectory) -> String { directory.path + "/cifar-10-binary.tar.gz.part" }

  private func expectInstalled(_ directory: DataDirectory) throws {
    #expect(try read(directory.path + "/cifar-10-batches-bin/test_batch.bin") == Self.small.records[5])
    #expect(try names(in: directory.path) == ["cifar-10-batches-bin"])
  }

  @Test func theArchiveIsFetchedCheckedAndUnpacked() throws {
    try withServer { server, source, directory in
      let progress = Log()
      let report = try CIFAR10Download.run(source, into: directory) { progress.add($0) }
      #expect(report.verdict == .ok)
      #expect(progress.values.last?.receivedBytes == source.size && progress.values.last?.totalBytes == source.size)
      try expectInstalled(directory)
      // A second run finds everything in place.
      #expect(try CIFAR10Download.run(source, into: directory) { _ in }.isGenuine)
      #expect(server.ranges == [""])
    }
  }

  // Digests of a wrong length refuse every download, whatever it brings.
  @Test func officialDigestsAreDigests() {
    let official = CIFAR10Download.official(["TPSNET_DATA_URL": "http://mirror/"])
    #expect(official.address == "http://mirror/cifar-10-binary.tar.gz")
    #expect(CIFAR10Download.officialAddress == "https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz")
    #expect(official.size == 170_052_171)
    #expect(official.sha256.hasPrefix("c4a38c50a1bc5f3a1c5537f2155ab9d6") && official.sha256.hasSuffix("db29a59bca1dd"))
    let reference = official.reference
    let digests = [official.sha256, reference.train, reference.test] + reference.files.values
    #expect(digests.count == 9)
    for digest in digests {
      #expect(digest.count == 64 && digest.allSatisfy { "0123456789abcdef".contains($0) }, "\(digest)")
    }
  }

  @Test func aBrokenConnectionIsContinued() throws {
    try withServer(.init(breaksAfter: 100_000)) { server, source, directory in
      let error = failure { try CIFAR10Download.run(source, into: directory) { _ in } }
      #expect(error?.kind == .network && error?.remedy?.contains("run it again") == true)
      #expect(try read(part(directory)) == Array(Self.archive.prefix(100_000)))
      server.behave(.init())
      #expect(try CIFAR10Download.run(source, into: directory) { _ in }.isGenuine)
      #expect(server.ranges == ["", "bytes=100000-"])
      try expectInstalled(directory)
    }
  }

  @Test func aConnectionThatBroughtMuchIsTakenUpAgain() throws {
    let small = SmallCIFAR(imagesPerFile: 100)
    try withServer(.init(breaksAfter: 1_200_000), small) { server, source, directory in
      let report = try CIFAR10Download.run(source, into: directory) { _ in }
      #expect(report.isGenuine && server.ranges == ["", "bytes=1200000-"])
      #expect(try names(in: directory.path) == ["cifar-10-batches-bin"])
    }
  }

  @Test func aPartOfSomethingElseStartsOver() throws {
    try withServer(.init(status: 503)) { server, source, directory in
      try write([UInt8](repeating: 1, count: 2_000_000), part(directory))
      let error = failure { try CIFAR10Download.run(source, into: directory) { _ in } }
      #expect(error?.kind == .network && server.ranges == [""])
      server.behave(.init())
      let report = try CIFAR10Download.run(source, into: directory) { _ in }
      #expect(report.isGenuine)
      try expectInstalled(directory)
    }
  }

  @Test func oneProcessAtATimeBringsData() throws {
    try withServer(.init(breaksAfter: 100_000)) { server, source, directory in
      let remains = directory.path + "/.tpsnet-\(UUID().uuidString)"
      try write([], remains + "/data_batch_1.bin")
      try FileManager.default.setAttributes(
        [.modificationDate: Date(timeIntervalSinceNow: -7200)], ofItemAtPath: remains)
      let held = open(directory.path, O_RDONLY)
      #expect(flock(held, LOCK_EX) == 0)
      let refused = failure { try CIFAR10Download.run(source, into: directory) { _ in } }
      #expect(refused?.problem.contains("another process") == true && server.ranges.isEmpty)
      close(held)
      _ = failure { try CIFAR10Download.run(source, into: directory) { _ in } }
      #expect(try names(in: directory.path) == ["cifar-10-binary.tar.gz.part"])
    }
  }

  @Test func aServerWithoutRangesStartsOver() throws {
    try withServer(.init(knowsRanges: false)) { server, source, directory in
      try write([1, 2, 3], part(directory))
      #expect(try CIFAR10Download.run(source, into: directory) { _ in }.isGenuine)
      #expect(server.ranges == ["bytes=3-"])
      try expectInstalled(directory)
    }
  }

  @Test func aWrongArchiveIsDroppedAndNotUnpacked() throws {
    try withServer(sha256: String(repeating: "0", count: 64)) { _, source, directory in
      let error = failure { try CIFAR10Download.run(source, into: directory) { _ in } }
      #expect(error?.kind == .invalid && error?.problem.contains("SHA-256") == true)
      #expect(!FileManager.default.fileExists(atPath: directory.path))
    }
  }

  @Test(arguments: [true, false]) func moreThanExpectedIsCutOff(tellsLength: Bool) throws {
    try withServer(.init(tellsLength: tellsLength)) { _, source, directory in
      let smaller = CIFAR10Download.Source(
        address: source.address, size: 1000, sha256: source.sha256, reference: source.reference)
      let error = failure { try CIFAR10Download.run(smaller, into: directory) { _ in } }
      #expect(error?.kind == .network)
      #expect(error?.problem.contains(tellsLength ? "bytes instead of 1000" : "more than") == true, "\(error as Any)")
    }
  }

  // A page about something else, from a proxy say.
  @Test(arguments: [true, false]) func whatWasReceivedOutlivesAnotherAnswer(tellsLength: Bool) throws {
    let page = Array("<html>Log in first</html>".utf8)
    let server = try TinyServer(page, .init(knowsRanges: false, tellsLength: tellsLength))
    defer { server.stop() }
    try withServer { _, source, directory in
      try write([1, 2, 3], part(directory))
      let elsewhere = CIFAR10Download.Source(
        address: server.address, size: source.size, sha256: source.sha256, reference: source.reference)
      let error = failure { try CIFAR10Download.run(elsewhere, into: directory) { _ in } }
      #expect(error?.kind == .network)
      #expect(
        error?.problem.contains(tellsLength ? "sends \(page.count) bytes" : "else than an archive") == true,
        "\(error as Any)")
      #expect(try read(part(directory)) == [1, 2, 3])
    }
  }

  @Test func refusalsAreNamed() throws {
    try withServer(.init(status: 404)) { server, source, directory in
      let error = failure { try CIFAR10Download.run(source, into: directory) { _ in } }
      #expect(error?.kind == .network && error?.problem == "the server answered 404")
      #expect(error?.path == server.address)
    }
  }

  @Test func aServerThatWantsAPasswordIsARefusal() throws {
    try withServer(.init(status: 401, headers: ["WWW-Authenticate: Basic realm=\"us\""])) { _, source, directory in
      let error = failure { try CIFAR10Download.run(source, into: directory) { _ in } }
      #expect(error?.kind == .network && error?.problem == "the server answered 401")
    }
  }

  /// The session would unpack it on its way.
  @Test func anArchiveThatIsCalledCompressedTextIsRefused() throws {
    try withServer(.init(headers: ["Content-Encoding: x-gzip"])) { _, source, directory in
      try write([1, 2, 3], part(directory))
      let error = failure { try CIFAR10Download.run(source, into: directory) { _ in } }
      #expect(error?.problem.contains("another coding (x-gzip)") == true, "\(error as Any)")
      #expect(try read(part(directory)) == [1, 2, 3])
    }
  }

  @Test func aServerOutOfReachIsOneLine() throws {
    try withServer { server, source, directory in
      server.stop()
      let nowhere = CIFAR10Download.Source(
        address: "http://127.0.0.1:1/a.tar.gz", size: 10, sha256: "", reference: source.reference)
      let error = failure { try CIFAR10Download.run(nowhere, into: directory) { _ in } }
      #expect(error?.kind == .network)
      #expect(error?.description.contains("TPSNET_DATA_URL") == true && error?.description.contains("\n") == false)
    }
  }

  @Test func theEnvironmentNamesAMirror() throws {
    #expect(CIFAR10Download.address([:]) == CIFAR10Download.officialAddress)
    #expect(CIFAR10Download.address(["TPSNET_DATA_URL": "http://m/x"]) == "http://m/x/cifar-10-binary.tar.gz")
    #expect(CIFAR10Download.address(["TPSNET_DATA_URL": "http://m/x/"]) == "http://m/x/cifar-10-binary.tar.gz")
    for whole in ["http://m/x.tar.gz", "http://m/x.tar.gz?download=1"] {
      #expect(CIFAR10Download.address(["TPSNET_DATA_URL": whole]) == whole)
    }
    try withFolder { folder in
      for address in ["nonsense", "ftp://host/x.tar.gz", "file:///x.tar.gz"] {
        let error = failure {
          try CIFAR10Download.run(into: DataDirectory(path: folder), environment: ["TPSNET_DATA_URL": address])
        }
        #expect(error?.kind == .usage, "\(address)")
      }
    }
  }
}

/// The progress reported, from any thread.
private final class Log: @unchecked Sendable {
  private let lock = NSLock()
  private var list: [DownloadProgress] = []

  func add(_ progress: DownloadProgress) { lock.withLock { list.append(progress) } }
  var values: [DownloadProgress] { lock.withLock { list } }
}

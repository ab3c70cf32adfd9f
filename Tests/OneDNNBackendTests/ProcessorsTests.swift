// Quotas of control groups, of both versions, as they lie in files.
import Foundation
import OneDNNBackend
import TestSupport
import Testing

@Suite struct ProcessorsTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func write(_ name: String, _ text: String) throws -> String {
    let url = folder.url.appendingPathComponent(name)
    try FileManager.default.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
    try Data(text.utf8).write(to: url)
    return url.path
  }

  private func quota(_ membership: String, _ files: [String: String]) throws -> Int? {
    for (path, text) in files { _ = try write("groups/\(path)", text) }
    return Processors.quota(membership: try write("membership", membership), root: folder.path("groups"))
  }

  @Test func theNarrowestGroupHolds() throws {
    let files = [
      "cpu.max": "max 100000\n", "user/cpu.max": "350000 100000\n", "user/one/cpu.max": "800000 100000\n",
      "other/cpu.max": "100000 100000\n",
    ]
    #expect(try quota("0::/user/one\n", files) == 4, "three and a half, rounded up")
    #expect(try quota("0::/\n", [:]) == nil)
    #expect(try quota("0::/elsewhere/deep\n", [:]) == nil, "a path of the host's")
    #expect(try quota("0::/elsewhere/deep\n", ["cpu.max": "50000 100000\n"]) == 1)
  }

  @Test func theFirstVersionIsReadToo() throws {
    let files = [
      "cpu/cpu.cfs_quota_us": "-1\n", "cpu/cpu.cfs_period_us": "100000\n", "cpu/box/cpu.cfs_quota_us": "200000\n",
      "cpu/box/cpu.cfs_period_us": "100000\n",
    ]
    #expect(try quota("5:memory:/box\n4:cpu,cpuacct:/box\n", files) == 2)
    #expect(try quota("4:cpu,cpuacct:/\n", [:]) == nil)
    #expect(try quota("nonsense\n", [:]) == nil)
    #expect(Processors.quota(membership: folder.path("none")) == nil)
    #expect((1...ProcessInfo.processInfo.activeProcessorCount).contains(Processors.available))
  }
}

// How many processors the process may keep busy: those it may run on, within the quota of its control groups.
// OpenMP sees only the former, which Foundation does not, and threads beyond a quota are stopped while others wait.
internal import COneDNN
import Foundation

/// The processors of this machine that are ours.
public enum Processors {
  /// How many may be kept busy, at least 1.
  public static let available = max(1, min(Int(omp_get_num_procs()), quota() ?? .max))

  /// Processors that the control groups grant, rounded up; nil where they set no limit.
  ///
  /// - Parameters:
  ///   - membership: The file that names the process' groups.
  ///   - root: Where the groups are.
  package static func quota(membership: String = "/proc/self/cgroup", root: String = "/sys/fs/cgroup") -> Int? {
    guard let text = try? String(contentsOfFile: membership, encoding: .utf8) else { return nil }
    var shares: [Double] = []
    for line in text.split(separator: "\n") {
      // number:controllers:path, without controllers in version 2.
      let parts = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
      guard parts.count == 3 else { continue }
      let isSecond = parts[1].isEmpty
      guard isSecond || parts[1].split(separator: ",").contains("cpu") else { continue }
      // A group's limit holds for all below it. In a container the path may be the host's, and the root is its own.
      var path = parts[2].split(separator: "/")
      repeat {
        let folder = ([root] + (isSecond ? [] : ["cpu"]) + path.map(String.init)).joined(separator: "/")
        if let share = isSecond ? share(at: folder) : firstShare(at: folder) { shares.append(share) }
      } while path.popLast() != nil
    }
    return shares.min().map { Int(min(max($0.rounded(.up), 1), 65_536)) }
  }

  /// Version 2: quota and period in microseconds, or `max`.
  private static func share(at folder: String) -> Double? {
    guard let text = try? String(contentsOfFile: folder + "/cpu.max", encoding: .utf8) else { return nil }
    let values = text.split(whereSeparator: \.isWhitespace).map { Double($0) }
    guard values.count == 2, let quota = values[0], let period = values[1], quota > 0, period > 0 else { return nil }
    return quota / period
  }

  /// Version 1: a quota below 0 is none.
  private static func firstShare(at folder: String) -> Double? {
    func value(_ name: String) -> Double? {
      (try? String(contentsOfFile: "\(folder)/cpu.cfs_\(name)_us", encoding: .utf8))
        .flatMap { Double($0.trimmingCharacters(in: .whitespacesAndNewlines)) }
    }
    guard let quota = value("quota"), let period = value("period"), quota > 0, period > 0 else { return nil }
    return quota / period
  }
}

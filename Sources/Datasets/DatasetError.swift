// The one error of this module: what is wrong, where, and what to do about it, in one line.
// Its kind lets a command choose its exit code without reading the message.
import Formats

/// What stands in the way of loading, checking or fetching a data set.
public struct DatasetError: Error, Equatable, Sendable, CustomStringConvertible {
  /// The nature of the problem.
  public enum Kind: String, Sendable {
    /// A wrong argument or setting.
    case usage
    /// A file or folder that is not there.
    case missing
    /// A file that is there, but is not what it should be.
    case invalid
    /// A server that cannot be reached or answers wrongly.
    case network
    /// A refusal of the operating system, such as a full disk.
    case system
  }

  /// The nature of the problem.
  public let kind: Kind
  /// The file, folder or address concerned, where there is one.
  public let path: String?
  /// What is wrong.
  public let problem: String
  /// What to do about it, where something is known to help.
  public let remedy: String?

  package init(_ kind: Kind, at path: String? = nil, _ problem: String, remedy: String? = nil) {
    self.kind = kind
    self.path = path
    self.problem = problem
    self.remedy = remedy
  }

  /// One line: path, problem, remedy.
  public var description: String {
    let place = path.map { "\($0): " } ?? ""
    let advice = remedy.map { "; \($0)" } ?? ""
    return (place + problem + advice).withoutControls
  }
}

// What can be wrong with a safetensors file or with a request to one.
// Each description is one line: what, where, and what to do about it.

/// An unusable safetensors file, or a tensor that is not in it as asked for.
public struct SafetensorsError: Error, Equatable, CustomStringConvertible {
  /// The kinds of things that go wrong.
  public enum Problem: Equatable, Sendable {
    /// The file could not be read or written.
    case file(FileError)
    /// The bytes are not a safetensors file, for the reason given.
    case malformed(String)
    /// The check of `tpsnet.checksum` failed.
    case corrupt(expected: String, found: String)
    /// No tensor has the name.
    case missing(String)
    /// The tensor holds another type than asked for.
    case type(name: String, found: SafetensorsFile.DataType, expected: String)
    /// The tensor cannot be added, for the reason given.
    case invalid(name: String, reason: String)
  }

  /// What is wrong.
  public let problem: Problem
  /// The file concerned, where there is one.
  public let path: String?

  /// A problem with the file at `path`, or with a value in memory.
  public init(_ problem: Problem, path: String? = nil) {
    self.problem = problem
    self.path = path
  }

  /// One line for the user.
  public var description: String {
    let subject = path ?? "safetensors"
    return switch problem {
    case .file(let error):
      error.description
    case .malformed(let reason):
      "\(subject): not a usable safetensors file: \(reason); fetch or export it again"
    case .corrupt(let expected, let found):
      "\(subject): corrupt: its content has checksum \(found) where \(expected) is recorded; restore a good copy, "
        + "or remove \(SafetensorsFile.checksumKey) from its metadata if it was edited on purpose"
    case .missing(let name):
      "\(subject): no tensor is named \(name.debugDescription); check that the file holds what is expected"
    case .type(let name, let found, let expected):
      "\(subject): tensor \(name.debugDescription) is \(found.rawValue), not \(expected); convert it before use"
    case .invalid(let name, let reason):
      "\(subject): cannot store tensor \(name.debugDescription): \(reason)"
    }
  }
}

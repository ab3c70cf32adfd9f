// One trial of a study: what was tried, how far it came and what it reached.
// A value: what a storage returns is a copy, changed only through the storage.
public import Foundation

/// Optuna's states of a trial.
///
/// A trial paused at a rung is `pruned`: that is what it stays unless it is promoted, and then it is `running` again.
/// So nothing has to be tidied up at a study's end, and other programs see no state that they do not know.
public enum TrialState: String, Sendable, CaseIterable {
  /// Enqueued, or given back: to be run by whoever takes it first.
  case waiting = "WAITING"
  /// Held by a worker.
  case running = "RUNNING"
  /// Trained to its end.
  case complete = "COMPLETE"
  /// Stopped at a rung.
  case pruned = "PRUNED"
  /// It could not be trained; the attribute `tpsnet:error` says why.
  case failed = "FAIL"

  /// Whether nobody works on it and nobody is to.
  public var isFinished: Bool { self != .waiting && self != .running }
}

/// A trial as the storage has it.
public struct Trial: Sendable, Equatable {
  /// The storage's key, unique over all its studies.
  public let id: Int
  /// Position in its study, from 0, without gaps.
  public let number: Int
  /// Where it stands.
  public var state: TrialState
  /// What was drawn, by the variable's path.
  public var parameters: [String: ParameterValue]
  /// The objective, the larger the better (`tpsnet`: validation accuracy, 0…1, of the best epoch), once complete or, if
  /// pruned, at the last rung.
  public var value: Double?
  /// The objective by epochs done.
  public var intermediateValues: [Int: Double]
  /// JSON texts by key, shown to people.
  public var userAttributes: [String: String]
  /// JSON texts by key, for programs.
  public var systemAttributes: [String: String]
  /// When it was first started, and when it ended, by the clock of whoever did that.
  public var started, ended: Date?

  /// A trial; see the properties.
  public init(
    id: Int, number: Int, state: TrialState, parameters: [String: ParameterValue] = [:], value: Double? = nil,
    intermediateValues: [Int: Double] = [:], userAttributes: [String: String] = [:],
    systemAttributes: [String: String] = [:], started: Date? = nil, ended: Date? = nil
  ) {
    self.id = id
    self.number = number
    self.state = state
    self.parameters = parameters
    self.value = value
    self.intermediateValues = intermediateValues
    self.userAttributes = userAttributes
    self.systemAttributes = systemAttributes
    self.started = started
    self.ended = ended
  }
}

/// What a sampler, or a user, wants tried.
public struct TrialProposal: Sendable, Equatable {
  /// The drawn values by the variable's path.
  public var parameters: [String: ParameterValue]
  /// The resolved configuration's digest: no study holds two trials of one. Nil is never a duplicate.
  public var fingerprint: String?
  /// JSON texts by key, shown to people.
  public var userAttributes: [String: String]
  /// JSON texts by key, for programs.
  public var systemAttributes: [String: String]

  /// A proposal; see the properties.
  public init(
    parameters: [String: ParameterValue], fingerprint: String?, userAttributes: [String: String] = [:],
    systemAttributes: [String: String] = [:]
  ) {
    self.parameters = parameters
    self.fingerprint = fingerprint
    self.userAttributes = userAttributes
    self.systemAttributes = systemAttributes
  }
}

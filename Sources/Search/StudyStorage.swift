// The contract of a study's storage: what workers of any process and machine may rely on.
// One conformance suite holds every implementation to it.

/// A study as the storage has it.
public struct StudyRecord: Sendable, Equatable {
  /// The storage's key.
  public let id: Int
  /// Its name, unique in the storage.
  public let name: String
  /// JSON texts by key, shown to people. `tpsnet:study` holds the study's definition.
  public var attributes: [String: String]

  /// A study; see the properties.
  public init(id: Int, name: String, attributes: [String: String]) {
    self.id = id
    self.name = name
    self.attributes = attributes
  }
}

/// The right to work on a trial. Every write names its claim, and a claim that was taken over writes nothing more.
public struct Claim: Sendable {
  /// The trial as it was when claimed.
  public let trial: Trial
  /// A word that no other claim has.
  public let token: String

  /// A claim on `trial`.
  public init(trial: Trial, token: String) {
    self.trial = trial
    self.token = token
  }
}

/// A running trial's lease, as anyone sees it. Whoever has watched it stand still for the lease's length, by a clock
/// that only goes forward and is never compared with another machine's, may take it over.
public struct Lease: Hashable, Sendable {
  /// The trial.
  public let trial: Int
  /// The holder's claim; nil where the trial was started by a program without leases.
  public let token: String?
  /// Number of heartbeats so far, of any holder: it never falls.
  public let beat: Int

  /// A lease; see the properties.
  public init(trial: Int, token: String?, beat: Int) {
    self.trial = trial
    self.token = token
    self.beat = beat
  }
}

/// A trial's place in a rung.
public struct RungStanding: Sendable, Equatable {
  /// Trials that have reached the rung, this one included.
  public let count: Int
  /// Those of a strictly higher value, or of the same value and a lower number.
  public let better: Int
  /// Those among the better that are of the same value.
  public let equal: Int

  /// A standing; see the properties.
  public init(count: Int, better: Int, equal: Int = 0) {
    self.count = count
    self.better = better
    self.equal = equal
  }
}

/// Why a storage cannot do what is asked.
public enum StorageError: Error, Hashable, CustomStringConvertible {
  /// The claim was taken over, or the trial is finished: stop working on it, nothing of it was written.
  case claimLost(trial: Int)
  /// A study of that name exists.
  case studyExists(String)
  /// One line: what is wrong and the remedy.
  case unusable(String)

  /// One line.
  public var description: String {
    switch self {
    case .claimLost(let trial): "trial \(trial) is held by another worker by now: its results here are dropped"
    case .studyExists(let name): "study \(name) exists: go on with it, or choose another --study"
    case .unusable(let reason): reason
    }
  }
}

/// Where studies live. All studies maximise one value. A study and a trial are named by their keys (`id`) unless a
/// parameter is called `number`. Every call is one transaction; a call that throws has changed nothing. Implementations
/// wait for locks (up to a minute) and reconnect to a server that was restarted, so what they throw is meant:
/// `StorageError`.
public protocol StudyStorage: Sendable {
  /// Makes a study. Throws `studyExists`.
  func createStudy(named name: String, attributes: [String: String]) throws -> StudyRecord
  /// The study called `name`.
  func study(named name: String) throws -> StudyRecord?
  /// All studies, by key.
  func studies() throws -> [StudyRecord]
  /// The attribute `key` of a study, set to `json` first where it has none: of several who ask, one sets it.
  func attribute(_ key: String, orSet json: String, ofStudy study: Int) throws -> String
  /// Sets an attribute of a study.
  func setAttribute(_ key: String, to json: String, ofStudy study: Int) throws

  /// Makes the study's next trial: `propose` is given its number and a test that tells whether a fingerprint is taken
  /// already, under the study's lock, so that trial n depends on the trials before it alone, whoever makes it.
  /// A claimed trial is `running`; otherwise it is `waiting`, as Optuna's enqueued trials are, and the claim's token is
  /// empty. Returns nil, and makes nothing, where `propose` does, or where the study has `limit` trials. `propose` may
  /// read this storage, and writes nothing.
  func createTrial(
    in study: Int, isClaimed: Bool, limit: Int?,
    propose: (_ number: Int, _ isTaken: (String) throws -> Bool) throws -> TrialProposal?
  ) throws -> Claim?

  /// The trials in order of number, those of `states` only if given.
  func trials(in study: Int, states: Set<TrialState>?) throws -> [Trial]
  /// One trial.
  func trial(number: Int, in study: Int) throws -> Trial?
  /// Number of trials in each state that occurs; its cost does not grow with what the trials hold.
  func counts(in study: Int) throws -> [TrialState: Int]

  /// Claims the waiting trial of the lowest number, if any: `waiting` → `running`.
  func claimWaiting(in study: Int) throws -> Claim?
  /// The leases of all running trials.
  func leases(in study: Int) throws -> [Lease]
  /// Takes over a trial whose lease has not moved since `lease` was read; nil where it has.
  func takeOver(_ lease: Lease) throws -> Claim?

  /// Says that the holder is alive. Throws `claimLost`.
  func beat(_ claim: Claim) throws
  /// Gives a trial values that it has not yet (one enqueued from Python has none, but wishes: the system attribute
  /// `fixed_params`), and its fingerprint. Throws `claimLost`.
  func setParameters(_ parameters: [String: ParameterValue], fingerprint: String?, of claim: Claim) throws
  /// Records the value after `epoch` epochs; the same epoch again replaces it. Throws `claimLost`.
  func report(_ value: Double, epoch: Int, of claim: Claim) throws
  /// Sets attributes of a trial. Throws `claimLost`.
  func setAttributes(user: [String: String], system: [String: String], of claim: Claim) throws
  /// Records that a trial reached `rung` (from 0) with `value`, as Optuna's `completed_rung_N`, and its place there.
  /// Throws `claimLost`.
  func complete(rung: Int, value: Double, of claim: Claim) throws -> RungStanding
  /// Ends the work on a trial: `complete` (with a value), `pruned` (with one or without) or `failed`, or `waiting` to
  /// give it back untouched. Throws `claimLost`.
  func finish(_ claim: Claim, as state: TrialState, value: Double?) throws

  /// Claims the best trial paused at `rung`, if it is among the best ⌊count / reductionFactor⌋ of those that have
  /// reached the rung: `pruned` → `running`. A trial is paused at the last rung that it reached, and is promoted from
  /// each rung once, whoever asks. The cost does not grow with the study.
  func promote(rung: Int, reductionFactor: Int, in study: Int) throws -> Claim?
  /// The values of all that reached `rung`, by trial number.
  func values(ofRung rung: Int, in study: Int) throws -> [(number: Int, value: Double)]
}

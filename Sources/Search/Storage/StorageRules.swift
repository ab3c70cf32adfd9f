// What all storages share: names of attributes, tokens, and refusals in the same words.
// Every rule here holds in memory and in a database alike.
import Foundation

enum StorageRules {
  /// Optuna's system attribute for the value at a rung.
  static func attribute(ofRung rung: Int) -> String { "\(rungPrefix)\(rung)" }

  /// What the names of all rungs' attributes begin with.
  static let rungPrefix = "completed_rung_"

  /// A word that no other claim has.
  static func newToken() -> String { String(UInt64.random(in: .min ... .max), radix: 16) }

  /// The time, for people, to the microsecond that a database keeps.
  static func now() -> Date { Timestamp(Date()).date }

  static func check(name: String) throws {
    guard (1...512).contains(name.unicodeScalars.count), !name.utf8.contains(0) else {
      throw StorageError.unusable("a study's name has 1 to 512 characters: choose another --study")
    }
  }

  static func check(finish state: TrialState, value: Double?) throws {
    guard state != .running else {
      throw StorageError.unusable("a trial cannot be finished as running: finish it as waiting to give it back")
    }
    if state == .complete, value?.isNaN ?? true {
      throw StorageError.unusable("a complete trial needs a value that is a number: finish it as failed instead")
    }
  }

  static func check(reductionFactor: Int) throws {
    guard reductionFactor >= 1 else { throw StorageError.unusable("the reduction factor must be at least 1") }
  }

  static var duplicate: StorageError {
    .unusable("the proposed trial repeats the configuration of another: propose one that is not taken")
  }

  static func noStudy(_ key: Int) -> StorageError { .unusable("there is no study \(key) any more: was it deleted?") }

  static func noTrial(_ key: Int) -> StorageError { .unusable("there is no trial \(key) any more: was it deleted?") }
}

extension TrialProposal {
  /// The system attributes to store: those given and, for an enqueued trial, Optuna's `fixed_params`.
  func systemAttributes(isEnqueued: Bool) -> [String: String] {
    guard isEnqueued, !parameters.isEmpty else { return systemAttributes }
    return systemAttributes.merging(["fixed_params": parameters.fixedParametersJSON]) { given, _ in given }
  }
}

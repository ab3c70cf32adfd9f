// Rows as another program, or a damaged file, may leave them: read as what they are or refused with the remedy.
// A trap here would take every worker of the study with it.
import Foundation
import Models
import Search
import TestSupport
import Testing

@Suite struct ForeignRowTests {
  private let folder: TemporaryFolder
  private let path: String
  private let storage: DatabaseStorage
  private let study: Int

  init() throws {
    folder = try TemporaryFolder()
    path = folder.path("study.db")
    storage = try DatabaseStorage(url: path)
    study = try storage.createStudy(named: "s", attributes: [:]).id
    _ = try storage.createTrial(in: study, isClaimed: true, limit: nil) { _, _ in
      TrialProposal(parameters: [:], fingerprint: nil)
    }
  }

  @Test(arguments: ["NULL", "-1", "1.5", "1e300", "9e999"]) func aNumberThatIsNoneIsRefused(number: String) throws {
    try runSQLite("UPDATE trials SET number = \(number)", at: path)
    let error = #expect(throws: StorageError.self) { try storage.trials(in: study, states: nil) }
    #expect(error?.description.contains("has no number from 0 on: delete it") == true)
  }

  @Test(arguments: [
    "", "soon", "2026-13-01 00:00:00", "2026-01-32 00:00:00", "2026-01-01 25:00:00", "2026-01-01 00:60:00",
    "2026-01-01 00:00:61", "2026-01-01 00:00:nan", "99999999999999999-01-01 00:00:00", "2026-01-01 00:00:1e300",
  ])
  func aTimeThatIsNoneIsMissing(text: String) throws {
    try runSQLite("UPDATE trials SET datetime_start = '\(text)', datetime_complete = '\(text)'", at: path)
    let trial = try #require(try storage.trials(in: study, states: nil).first)
    #expect(trial.started == nil && trial.ended == nil)
  }

  @Test func timesOfFourDigitYearsAreRead() throws {
    try runSQLite(
      "UPDATE trials SET datetime_start = '0001-01-01 00:00:00', datetime_complete = '9999-12-31'", at: path)
    let trial = try #require(try storage.trials(in: study, states: nil).first)
    #expect(try #require(trial.started) < Date(timeIntervalSince1970: -60e9) && trial.ended == nil)
  }

  @Test func aHeartbeatThatIsNoneIsTheFirst() throws {
    try runSQLite(
      "DELETE FROM tpsnet_leases; INSERT INTO trial_heartbeats (trial_id, heartbeat) SELECT trial_id, 'never' FROM trials",
      at: path)
    let lease = try #require(try storage.leases(in: study).first)
    #expect(lease.token == nil && lease.beat == 0)
  }

  @Test func ratesBeyondAllMemoryAreBeyondEveryBudget() throws {
    let rates = try JSONDecoder().decode(
      MachineRates.self,
      from: Data(
        """
        {"images": 1, "secondsPerMultiplyAdd": 1, "secondsPerActivation": 1, "bytesPerActivation": 1e300,
        "bytesPerParameter": 1e300}
        """.utf8))
    #expect(rates.memoryBytes(ResNetSpec(stem: 16, widthFactor: 2, blocks: [1, 1, 1]), batchSize: 1) == .max)
  }
}

// What befalls databases: locks held for long, full disks, servers that restart, clocks that step, workers that are
// killed. Nothing is lost, nothing is done twice, and errors say what to do.
import Foundation
import Randomness
import Search
import TestSupport
import Testing

@Suite struct FaultTests {
  @Test func aLockHeldForTwentySecondsIsWaitedFor() async throws {
    let place = try StorageKind.sqlite.place()
    let storage = try place.open()
    let study = try storage.createStudy(named: "s", attributes: [:]).id
    let claim = try storage.make(in: study)
    let start = ContinuousClock.now
    let holder = try StorageProcess(["hold", "--storage", place.url, "--study", "s", "--seconds", "20"])
    while try holder.printed().isEmpty, holder.isRunning { usleep(1000) }

    // Reading goes on meanwhile.
    #expect(try storage.trials(in: study, states: nil).count == 1)
    let impatient = try DatabaseStorage(url: place.url, patience: .milliseconds(200))
    let locked = #expect(throws: StorageError.self) { try impatient.make(in: study) }
    #expect("\(try #require(locked))".contains("locked by another program"))

    // On a thread of its own: other tests need the pool's meanwhile.
    try await withCheckedThrowingContinuation { (done: CheckedContinuation<Void, any Error>) in
      Thread.detachNewThread {
        done.resume(with: Result { try storage.finish(claim, as: .complete, value: 0.5) })
      }
    }
    #expect(!holder.isRunning || ContinuousClock.now - start > .seconds(15))
    _ = try holder.ended()
    #expect(try storage.counts(in: study) == [.complete: 1])
  }

  @Test(.enabled(if: SmallDisk.isPossible, "only root can mount a small file system")) func aFullDiskLosesNothing()
    throws
  {
    let disk = try #require(try SmallDisk(megabytes: 2))
    let url = disk.path + "/study.db"
    let storage = try DatabaseStorage(url: url)
    let study = try storage.createStudy(named: "s", attributes: [:]).id
    let claim = try storage.make(in: study)
    disk.fill()
    var made = 0
    let full = #expect(throws: StorageError.self) {
      while made < 10_000 {
        _ = try storage.make(in: study)
        made += 1
      }
    }
    #expect("\(try #require(full))".contains("no space is left on the disk"), "\(String(describing: full))")
    #expect(try storage.counts(in: study) == [.running: made + 1])
    // Still full, and still the same.
    #expect(throws: StorageError.self) {
      try storage.setAttributes(user: ["x": "\"\(String(repeating: "x", count: 100_000))\""], system: [:], of: claim)
    }
    disk.clear()
    try storage.finish(claim, as: .complete, value: 0.5)
    #expect(try storage.make(in: study).trial.number == made + 1)
    #expect(try storage.counts(in: study) == [.running: made + 1, .complete: 1])
    #expect(try runSQLite("PRAGMA integrity_check", at: url) == ["ok"])
  }

  /// Says so where all tests of storages leave one out.
  @Test(.enabled(if: PostgreSQLServer.isPresent, "no initdb here (Debian: postgresql)")) func postgreSQLIsTested() {
    #expect(StorageKind.shared.contains(.postgresql))
  }

  @Test(.enabled(if: PostgreSQLServer.isPresent, "no initdb here (Debian: postgresql)")) func aServerMayRestart() throws
  {
    let server = try PostgreSQLServer()
    let url = try server.newDatabase()
    let study = try DatabaseStorage(url: url).createStudy(named: "s", attributes: [:]).id
    let limit = 400
    let made = try inThreads(5) { index in
      if index == 4 {
        for _ in 0..<3 {
          Thread.sleep(forTimeInterval: 0.4)
          try server.stop()
          Thread.sleep(forTimeInterval: 0.1)
          try server.start()
        }
        return [Int]()
      }
      let storage = try DatabaseStorage(url: url)
      var numbers: [Int] = []
      while let claim = try storage.createTrial(
        in: study, isClaimed: true, limit: limit,
        propose: { number, _ in
          TrialProposal(parameters: [:], fingerprint: "\(number)", userAttributes: ["by": "\(index)"])
        })
      {
        try storage.beat(claim)
        try storage.report(0.5, epoch: 1, of: claim)
        _ = try storage.complete(rung: 0, value: Double(claim.trial.number), of: claim)
        try storage.finish(claim, as: .pruned, value: 0.5)
        // Another worker may promote it, or this one another's.
        if let again = try storage.promote(rung: 0, reductionFactor: 1, in: study) {
          try storage.finish(again, as: .complete, value: 0.75)
        }
        numbers.append(claim.trial.number)
        Thread.sleep(forTimeInterval: 0.02)
      }
      return numbers
    }
    // Each trial was made by one worker, who was told so.
    #expect(made.joined().sorted() == Array(0..<limit))
    let storage = try DatabaseStorage(url: url)
    let trials = try storage.trials(in: study, states: nil)
    #expect(trials.map(\.number) == Array(0..<limit))
    #expect(trials.filter { $0.state != .complete }.map(\.number) == [])
    // A crash may undo each worker's last report (Manual, "A study's database"), and nothing else.
    let undone = trials.filter { $0.intermediateValues.isEmpty }.count
    #expect(undone <= 3 * 4 && trials.allSatisfy { [[:], [1: 0.5]].contains($0.intermediateValues) })
    for (index, numbers) in made.enumerated() {
      #expect(numbers.allSatisfy { trials[$0].userAttributes == ["by": "\(index)"] })
    }
    let last = try storage.make(in: study)
    #expect(try storage.complete(rung: 0, value: -1, of: last) == RungStanding(count: limit + 1, better: limit))
  }

  @Test(.enabled(if: PostgreSQLServer.isPresent, "no initdb here (Debian: postgresql)"))
  func aServerThatStaysAwayIsNamedWithoutItsPassword() throws {
    let server = try PostgreSQLServer()
    let url = try server.newDatabase().replacing("tpsnet@", with: "tpsnet:se%2Fcret@")
    let storage = try DatabaseStorage(url: url, patience: .milliseconds(500))
    try server.stop()
    for attempt in [{ _ = try storage.studies() }, { _ = try DatabaseStorage(url: url) }] {
      let error = #expect(throws: StorageError.self) { try attempt() }
      let text = "\(try #require(error))"
      #expect(text.contains("postgresql://") && !text.contains("cret") && !text.contains("\n"), "\(text)")
    }
  }

  @Test(arguments: StorageKind.shared) func killedWorkersLoseNothing(_ kind: StorageKind) throws {
    let place = try kind.place()
    let arguments = [
      "work", "--storage", place.url, "--study", "s", "--trials", "300", "--rungs", "3", "--milliseconds", "2",
      "--lease", "300",
    ]
    var random = CounterRandom(seed: 9)
    var workers = try (0..<4).map { _ in try StorageProcess(arguments) }
    var lines: [Substring] = []
    var killed = 0
    for _ in 0..<16 {
      usleep(UInt32(20_000 + random.integer(below: 150_000)))
      let victim = random.integer(below: 4)
      if workers[victim].isRunning { killed += 1 }
      workers[victim].kill()
      lines += try workers[victim].printed().split(separator: "\n")
      workers[victim] = try StorageProcess(arguments)
    }
    #expect(killed >= 4)
    for worker in workers { lines += try worker.ended().split(separator: "\n") }
    try checkStudy(of: 300, at: place, lines)
    if kind == .sqlite {
      #expect(try runSQLite("PRAGMA integrity_check", at: place.url) == ["ok"])
    }
  }

  private static let clock = ["x86_64", "aarch64"].map { "/usr/lib/\($0)-linux-gnu/faketime/libfaketime.so.1" }
    .first { FileManager.default.fileExists(atPath: $0) }

  @Test(.enabled(if: clock != nil, "no libfaketime here (Debian: faketime)"), arguments: StorageKind.shared)
  func aClockThatStepsBackChangesNothing(_ kind: StorageKind) throws {
    let library = try #require(Self.clock)
    let place = try kind.place()
    let folder = try TemporaryFolder()
    let offset = folder.path("offset")
    try "+0".write(toFile: offset, atomically: true, encoding: .utf8)
    let environment = [
      "LD_PRELOAD": library, "FAKETIME_TIMESTAMP_FILE": offset, "FAKETIME_NO_CACHE": "1",
      "FAKETIME_DONT_FAKE_MONOTONIC": "1",
    ]
    let arguments = [
      "work", "--storage", place.url, "--study", "s", "--trials", "150", "--rungs", "3", "--milliseconds", "5",
      "--lease", "2000",
    ]
    let workers = try [
      StorageProcess(arguments, environment: environment), StorageProcess(arguments, environment: environment),
      StorageProcess(arguments),
    ]
    let watched = try place.open()
    let end = ContinuousClock.now + .seconds(60)
    func made() throws -> Int {
      try watched.study(named: "s").map { try watched.trials(in: $0.id, states: nil).count } ?? 0
    }
    while try made() < 20, ContinuousClock.now < end { usleep(5000) }
    try "-2d".write(toFile: offset, atomically: true, encoding: .utf8)
    let lines = try workers.flatMap { try $0.ended().split(separator: "\n") }
    #expect(lines.count { $0.contains("LOST") } == 0)
    let storage = try place.open()
    let study = try #require(try storage.study(named: "s")).id
    let times = try storage.trials(in: study, states: nil).compactMap(\.started)
    let span = try #require(times.max()).timeIntervalSince(try #require(times.min()))
    #expect(span > 100_000, "the clock was stepped while trials were made")
    try checkStudy(of: 150, at: place, lines)
  }
}

// A fuzzer of everything that reads files from elsewhere: damaged copies of valid files, as many as asked for.
// Each must give a value or an error of one line, in bounded time and memory.
import ArgumentParser
import Foundation

@main
struct Fuzzer: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "tpsnet-fuzz",
    abstract: "Read damaged files; every one has to end in a value or in an error.",
    discussion: """
      Input N of a seed is always the same: to see what one does, add --first N --inputs 1 --save FILE.
      """)

  @Option(help: "How many inputs.")
  var inputs = 20_000
  @Option(help: "The first input's number.")
  var first = 0
  @Option(help: "Seed of the damage.")
  var seed: UInt64 = 0
  @Option(help: "Only this reader, by its name in the output.")
  var only: String?
  @Option(help: "Folder of the valid files.")
  var fixtures = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .appendingPathComponent("Fixtures").path
  @Option(help: "Write the last input to this file before it is read.")
  var save: String?

  /// What became of a reader's inputs.
  private struct Tally {
    var inputs = 0
    var values = 0
    var slowest = 0.0
    var errors: Set<String> = []
  }

  func run() throws {
    let memory = URL(fileURLWithPath: "/dev/shm")
    let parent =
      FileManager.default.isWritableFile(atPath: memory.path) ? memory : FileManager.default.temporaryDirectory
    let scratch = parent.appendingPathComponent("tpsnet-fuzz-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: scratch) }
    let subjects = try Subject.all(fixtures: URL(fileURLWithPath: fixtures), scratch: scratch)
      .filter { only == nil || $0.name == only }
    guard !subjects.isEmpty else { throw ValidationError("--only \(only ?? ""): there is no such reader") }

    var tallies = [Tally](repeating: Tally(), count: subjects.count)
    var peak = 0
    Watch.start()
    for number in first..<first + inputs {
      let index = number % subjects.count
      try read(number, subjects[index], &tallies[index])
      guard let held = Watch.peak else { throw Failure(description: "/proc/self/status does not tell the memory held") }
      guard held <= Watch.mebibytes else {
        throw Failure(description: "input \(number) took the memory to \(held) MiB")
      }
      peak = held
    }
    Watch.end()
    for (subject, tally) in zip(subjects, tallies) {
      print(
        "\(subject.name): \(tally.inputs) inputs, \(tally.values) read, \(tally.errors.count) kinds of errors, "
          + "slowest \(Int(1000 * tally.slowest)) ms")
    }
    print("\(inputs) inputs of seed \(seed) from \(first) on: no crash, no hang, \(peak) MiB at the most")
  }

  private func read(_ number: Int, _ subject: Subject, _ tally: inout Tally) throws {
    var mutator = Mutator(seed: seed, input: number)
    var bytes = mutator.mutate(subject.files)
    if mutator.below(2) == 0 { bytes = subject.repair(bytes) }
    if let save, number == first + inputs - 1 { try Data(bytes).write(to: URL(fileURLWithPath: save)) }
    Watch.begin(number)
    let start = ContinuousClock.now
    do {
      try subject.read(bytes)
      tally.values += 1
    } catch {
      let text = "\(error)"
      guard !text.isEmpty, !text.contains(where: \.isNewline) else {
        throw Failure(description: "input \(number) of \(subject.name) gives an error that is no line: \(text)")
      }
      // Places, numbers and the damaged text itself do not make another kind.
      let reason = text.split(separator: ": ").dropFirst().joined(separator: " ")
      tally.errors.insert(String(reason.filter { $0.isLetter && $0.isASCII }.prefix(30)))
    }
    tally.inputs += 1
    tally.slowest = max(tally.slowest, (ContinuousClock.now - start) / .seconds(1))
  }

  private struct Failure: Error, CustomStringConvertible {
    let description: String
  }
}

// A short run of the fuzzer over every reader; long ones are in Experiments/fuzzing.
import Foundation
import Testing

@Suite struct FuzzTests {
  @Test func damagedFilesAreErrors() throws {
    let fuzzer = try Program.executable().deletingLastPathComponent().appendingPathComponent("tpsnet-fuzz")
    let outcome = try Program([], shell: "'\(fuzzer.path)' --inputs 22000 --seed 1").outcome()
    #expect(outcome.code == 0, "\(outcome.errors)")
    #expect(outcome.output.contains("no crash, no hang"))
    let lines = outcome.output.split(separator: "\n")
    #expect(lines.count == 12)
    // Inputs reach deep: each reader rejects for several reasons, and reads what is only slightly wrong.
    for line in lines.dropLast() {
      #expect(line.contains(" 2000 inputs") && !line.contains(" 0 kinds"), "\(line)")
    }
  }
}

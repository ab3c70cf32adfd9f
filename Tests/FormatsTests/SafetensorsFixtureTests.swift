// Files written by Python's safetensors: every type it was given, and the parity fixtures as a whole.
import Formats
import Foundation
import Testing

@Suite struct SafetensorsFixtureTests {
  @Test func filesOfPythonAreRead() throws {
    let file = try SafetensorsFile(contentsOf: fixtures.appendingPathComponent("safetensors/python.safetensors"))
    #expect(file.metadata == ["format": "pt", "note": "line\nbreak, \"quote\", ü"])
    #expect(file.tensors.count == 10)
    #expect(file["floats"]?.shape == [2, 3])
    #expect(try file.floats(named: "floats") == [1.5, -2.25, 3, 0, -0.0, 0x1p-140])
    #expect(try file.floats(named: "half") == [1.5, -2.25, 65504, 0x1p-24])
    #expect(try file.floats(named: "bfloat") == [1.5, -2.25, 0x1.C4p127])
    #expect(try file.int64s(named: "count") == [1_234_567_890_123])
    #expect(file["bytes"]?.bytes == Data([0, 1, 255]))
    #expect(file["flags"]?.type == .bool)
    #expect(file["doubles"]?.type == .float64)
    #expect(try file.floats(named: "empty") == [])
    #expect(file["empty"]?.shape == [0, 3])
    #expect(file["quote \" backslash \\ tab \t"]?.bytes == Data([7, 0, 0, 0]))
    #expect(file["größe 😀"]?.bytes == Data([255]))
  }

  @Test func parityFixturesAreWhole() throws {
    let folder = fixtures.appendingPathComponent("parity")
    let files = try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
    #expect(files.count == 13)
    for url in files {
      let file = try SafetensorsFile(contentsOf: url)
      #expect(file.metadata.keys.sorted() == ["imageSeed", "model", "seed", "torch"])
      #expect(try file.floats(named: "losses").count == 10)
      #expect(file["logits.train"]?.shape.first == 8)
    }
  }
}

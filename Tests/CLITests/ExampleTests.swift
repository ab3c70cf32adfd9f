// The programs in Examples do what they show.
import Foundation
import TestSupport
import Testing

@Suite struct ExampleTests {
  private func run(_ example: String, _ arguments: String = "", environment: [String: String] = [:]) throws -> Outcome {
    let program = try Program.executable().deletingLastPathComponent().appendingPathComponent(example)
    return try Program([], environment: environment, shell: "'\(program.path)' \(arguments)").outcome()
  }

  @Test func aNetworkIsTrainedAndItsGuessesMakeAnAlbum() throws {
    let workspace = try Workspace(imagesPerFile: 40)
    let folder = try TemporaryFolder()
    let trained = try run(
      "example-train", "&& cp -r runs \(folder.url.path)", environment: ["TPSNET_DATA": workspace.data])
    #expect(trained.code == 0, "\(trained.errors)")
    #expect(trained.output.hasPrefix("epoch 1: loss "))
    #expect(trained.output.contains("test accuracy 0."))

    let pictures = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .appendingPathComponent("Fixtures/pictures").path
    let album = try run("example-album", "\(folder.path("runs/example-1/checkpoints/last.safetensors")) '\(pictures)'")
    #expect(album.code == 0, "\(album.errors)")
    #expect(album.output.split(separator: "\n").filter { $0.hasPrefix("- ") }.count == 15)
    #expect(album.output.contains("# not readable"))
    #expect(try run("example-album").code == 2)
  }

  @Test func aSearchHasAMeasureOfItsOwn() throws {
    let workspace = try Workspace(imagesPerFile: 40)
    let search = try run("example-search", environment: ["TPSNET_DATA": workspace.data])
    #expect(search.code == 0, "\(search.errors)")
    let lines = search.output.split(separator: "\n")
    #expect(lines.count == 3 && lines.allSatisfy { $0.hasPrefix("trial ") && $0.hasSuffix(" parameters") })
  }

  @Test(arguments: ["bash", "zsh", "fish"]) func shellsCanCompleteCommands(shell: String) throws {
    let script = try tpsnet("--generate-completion-script", shell)
    #expect(script.code == 0 && script.output.contains("predict") && script.output.contains("saliency"))
  }
}
